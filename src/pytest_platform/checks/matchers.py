"""Matchers on text, shared by all probe kinds."""

from __future__ import annotations

import re
from typing import Annotated

from msgspec import Meta

from pytest_platform.module.model import Base, Text
from pytest_platform.verdict import Finding


class Matchers(Base, frozen=True):
    """What a text must be like. At least one expectation is needed."""

    contains: Annotated[
        tuple[Text, ...] | None,
        Meta(
            description="Texts that must all occur.",
            extra_json_schema={"minItems": 1},
            examples=[["backups", "media"]],
        ),
    ] = None
    matches: Annotated[
        str | None,
        Meta(description="A regular expression (Python) that must be found.", examples=["^ok$"]),
    ] = None
    equals: Annotated[
        str | None,
        Meta(description="The whole text, apart from white space at its ends."),
    ] = None

    def __post_init__(self) -> None:
        if self.contains is None and self.matches is None and self.equals is None:
            message = "asserts nothing; give at least one of contains, matches, equals"
            raise ValueError(message)
        if self.contains is not None and not self.contains:
            message = "an empty 'contains' asserts nothing; name what must occur"
            raise ValueError(message)
        if self.matches is not None:
            _refuse_vacuous(self.matches)


def _refuse_vacuous(pattern: str) -> None:
    try:
        compiled = re.compile(pattern, re.MULTILINE)
    except re.error as error:
        message = f"'{pattern}' is not a regular expression: {error}"
        raise ValueError(message) from None
    if compiled.search(""):
        message = f"'{pattern}' matches an empty text too, so it asserts nothing"
        raise ValueError(message)


def mismatches(matchers: Matchers, text: str, *, code: str, what: str) -> list[Finding]:
    """Compare a text with what is expected; ``what`` names it, for example ``stdout``."""
    found: list[Finding] = []
    for part in matchers.contains or ():
        if part not in text:
            message = f"{what} does not contain '{part}'"
            found.append(Finding(code, message, f"contains '{part}'", shown(text)))
    if matchers.matches is not None and not re.search(matchers.matches, text, re.MULTILINE):
        message = f"{what} does not match /{matchers.matches}/"
        found.append(Finding(code, message, f"matches /{matchers.matches}/", shown(text)))
    if matchers.equals is not None and text.strip() != matchers.equals.strip():
        message = f"{what} is not '{matchers.equals}'"
        found.append(Finding(code, message, matchers.equals, shown(text)))
    return found


def shown(text: str) -> str:
    """Return an output as a finding carries it: whole. Reports redact it, then shorten it."""
    return text.strip() or "nothing"
