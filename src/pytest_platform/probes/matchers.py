"""Matchers on text and numbers, shared by all probe kinds."""

from __future__ import annotations

import operator
from collections.abc import Iterator
from difflib import unified_diff
from typing import Annotated

from msgspec import Meta

from pytest_platform.errors import PlatformError
from pytest_platform.module.forms import Base, Text
from pytest_platform.probes import patterns
from pytest_platform.units import amount
from pytest_platform.verdict import Finding

_NOT_EMPTY = {"minItems": 1}
_CONTEXT = 1
_COMPARED = 60
"""Lines that are compared for a diff: difflib takes far longer for many."""

Quantity = (
    int
    | Annotated[
        str,
        Meta(
            pattern=r"^[-+]?[0-9]{1,18}(\.[0-9]{1,18})?(B|KiB|MiB|GiB|TiB|ms|s|m|h|d)?$(?!\n)",
            extra_json_schema={
                "patternErrorMessage": (
                    "a number, a size with `B`, `KiB`, `MiB`, `GiB` or `TiB`, "
                    "or a duration with `ms`, `s`, `m`, `h` or `d`"
                )
            },
        ),
    ]
)
"""A number, or a text of a number with or without a unit: ``3``, ``10MiB``, ``30s``."""


class Unseen(PlatformError):
    """Output was cut, so whether something stands in the rest of it is not known."""

    code = "matcher.unseen"


class Bounds(Base, frozen=True):
    """What a number, a size or a duration must be like. At least one bound is needed."""

    equals: Annotated[Quantity | None, Meta(description="Exactly this.", examples=[1])] = None
    at_least: Annotated[Quantity | None, Meta(description="This or more.", examples=["1KiB"])] = (
        None
    )
    at_most: Annotated[Quantity | None, Meta(description="This or less.", examples=["1GiB"])] = None

    def __post_init__(self) -> None:
        _refuse_vacuous(self)
        _refuse_impossible(self.at_least, self.at_most)


class Matchers(Base, frozen=True):
    """What a text must be like. At least one expectation is needed."""

    contains: Annotated[
        tuple[Text, ...] | None,
        Meta(
            description="Texts that must all occur.",
            extra_json_schema=_NOT_EMPTY,
            examples=[["backups", "media"]],
        ),
    ] = None
    matches: Annotated[
        str | None,
        Meta(
            description=(
                "A regular expression (Python) that must be found; `^` and `$` match at lines."
            ),
            examples=["^ok$"],
        ),
    ] = None
    equals: Annotated[
        str | None,
        Meta(description="The whole text, apart from white space at its ends.", examples=["ready"]),
    ] = None
    at_least: Annotated[
        Quantity | None,
        Meta(description="The text is a number, a size or a duration: this or more.", examples=[1]),
    ] = None
    at_most: Annotated[
        Quantity | None,
        Meta(
            description="The text is a number, a size or a duration: this or less.",
            examples=["30s"],
        ),
    ] = None
    one_of: Annotated[
        tuple[Text, ...] | None,
        Meta(
            description="The whole text is one of these, apart from white space at its ends.",
            extra_json_schema=_NOT_EMPTY,
            examples=[["leader", "follower"]],
        ),
    ] = None
    none_of: Annotated[
        tuple[Text, ...] | None,
        Meta(
            description="Texts that must not occur.",
            extra_json_schema=_NOT_EMPTY,
            examples=[["panic", "FATAL"]],
        ),
    ] = None

    def __post_init__(self) -> None:
        _refuse_vacuous(self)
        _refuse_impossible(self.at_least, self.at_most)
        for key in ("contains", "one_of", "none_of"):
            if getattr(self, key) == ():
                message = f"an empty '{key}' asserts nothing; write what to expect"
                raise ValueError(message)
        if self.matches is not None:
            patterns.refuse(self.matches)


def _refuse_vacuous(matchers: Bounds | Matchers) -> None:
    keys = (Bounds if isinstance(matchers, Bounds) else Matchers).__struct_fields__
    if all(getattr(matchers, key) is None for key in keys):
        message = f"asserts nothing; give at least one of {', '.join(keys)}"
        raise ValueError(message)


def _refuse_impossible(least: str | int | None, most: str | int | None) -> None:
    if least is None or most is None:
        return
    low, high = amount(least), amount(most)
    if low is not None and high is not None and low > high:
        message = f"nothing is at least {least} and at most {most}"
        raise ValueError(message)


def mismatches(
    matchers: Matchers, text: str, *, code: str, what: str, cut: bool = False
) -> list[Finding]:
    """Compare a text with what is expected; ``what`` names it, for example ``stdout``.

    ``cut`` tells that only the beginning of it was read.

    Raises:
        PatternTimeout: a regular expression has no answer within its time.
        Unseen: a text that must not occur could stand in what was cut off.
    """
    shortened = f"{what}, of which only the beginning was read," if cut else what
    found = list(_mismatches(matchers, text, code, shortened))
    if matchers.none_of and cut and not found:
        message = f"{what} is too long to be read whole, so what must not occur may stand in it"
        raise Unseen(message)
    return found


def _mismatches(matchers: Matchers, text: str, code: str, what: str) -> Iterator[Finding]:
    for part in matchers.contains or ():
        if part not in text:
            message = f"{what} does not contain '{part}'"
            yield Finding(code, message, f"contains '{part}'", shown(text))
    pattern = matchers.matches
    if pattern is not None and patterns.search(pattern, text) is None:
        message = f"{what} does not match /{pattern}/"
        yield Finding(code, message, f"matches /{pattern}/", shown(text))
    if matchers.equals is not None and text.strip() != matchers.equals.strip():
        message = f"{what} is not '{matchers.equals}'"
        diff = difference(matchers.equals, text)
        yield Finding(code, message, matchers.equals, shown(text), diff=diff)
    if matchers.one_of is not None and text.strip() not in map(str.strip, matchers.one_of):
        words = " or ".join(f"'{one}'" for one in matchers.one_of)
        yield Finding(code, f"{what} is not {words}", words, shown(text))
    yield from _limits(matchers, text, code, what)
    for part in matchers.none_of or ():
        at = text.find(part)
        if at >= 0:
            message = f"{what} contains '{part}', which must not occur"
            lines = around(text, at, at + len(part))
            yield Finding(code, message, f"does not contain '{part}'", lines)


def out_of_bounds(bounds: Bounds, value: float | str, *, code: str, what: str) -> list[Finding]:
    """Compare a number with its bounds; a text may have a unit, such as ``10MiB``."""
    found = list(_limits(bounds, str(value), code, what))
    if bounds.equals is not None and amount(str(value)) != amount(bounds.equals):
        message = f"{what} is not {bounds.equals}"
        found.append(Finding(code, message, str(bounds.equals), str(value)))
    return found


def _limits(matchers: Bounds | Matchers, text: str, code: str, what: str) -> Iterator[Finding]:
    has = amount(text)
    limits = (
        ("at least", matchers.at_least, operator.ge),
        ("at most", matchers.at_most, operator.le),
    )
    for words, limit, holds in limits:
        wanted = None if limit is None else amount(limit)
        if wanted is None:
            continue
        if has is None:
            yield Finding(code, f"{what} is not a number", f"{words} {limit}", shown(text))
        elif not holds(has, wanted):
            yield Finding(code, f"{what} is not {words} {limit}", f"{words} {limit}", shown(text))


def difference(expected: str, actual: str) -> str:
    """Return what differs, line by line, around the first difference; nothing for one line."""
    before, after = expected.strip().splitlines(), actual.strip().splitlines()
    if max(len(before), len(after)) <= 1:
        return ""
    pairs = enumerate(zip(before, after, strict=False))
    same = next((at for at, (one, other) in pairs if one != other), min(len(before), len(after)))
    start = max(0, same - _CONTEXT)
    window = slice(start, start + _COMPARED)
    compared = unified_diff(before[window], after[window], "expected", "actual", n=1, lineterm="")
    return "\n".join(line for line in compared if not line.startswith("@@"))


def shown(text: str) -> str:
    """Return an output as a finding carries it: whole. Reports redact it, then shorten it."""
    return text.strip() or "nothing"


def around(text: str, start: int, end: int) -> str:
    """Return the whole lines of a part of a text: half a secret cannot be redacted."""
    first = text.rfind("\n", 0, start) + 1
    last = text.find("\n", max(start, end - 1))
    return shown(text[first : last if last >= 0 else len(text)])
