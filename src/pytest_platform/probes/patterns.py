"""Regular expressions that cannot take for ever, and cannot take all memory."""

from __future__ import annotations

import math
import re
import warnings
from typing import TYPE_CHECKING

from pytest_platform.errors import PlatformError

if TYPE_CHECKING:
    import regex

SECONDS = 2.0
"""Processor time that one search may take."""

_LARGEST = 100_000
"""Characters of a pattern once its repeated groups are written out, as they are in memory."""

_OF_A_GROUP = re.compile(r"\)\{(\d+)")
_OF_ONE = re.compile(r"(?<!\))\{(\d+)")


class PatternTimeout(PlatformError):
    """A regular expression tries too many ways, so it has no answer."""

    code = "matcher.timeout"


def search(pattern: str, text: str) -> tuple[int, int] | None:
    """Return where a pattern that ``refuse`` lets pass first occurs in a text: start and end.

    Raises:
        PatternTimeout: it cannot be told within ``SECONDS``.
    """
    try:
        match = _compiled(pattern).search(text, timeout=SECONDS)
    except TimeoutError:
        message = (
            f"/{pattern[:80]}/ has no answer after {SECONDS:g} s; "
            "write it without a repetition inside a repetition"
        )
        raise PatternTimeout(message) from None
    return match.span() if match else None


def refuse(pattern: str) -> None:
    """Look at a pattern when the file is read.

    Raises:
        ValueError: it is no regular expression of Python, is too large, asserts nothing,
            or takes for ever on an empty text already.
    """
    try:
        with warnings.catch_warnings(action="ignore"):
            re.compile(pattern, re.MULTILINE)
    except (re.error, OverflowError, RecursionError) as error:
        message = f"'{pattern}' is not a regular expression: {error}"
        raise ValueError(message) from None
    if _size(pattern) > _LARGEST:
        message = f"'{pattern[:80]}' repeats too much to be looked for; use smaller numbers"
        raise ValueError(message)
    if _matches_nothing(pattern):
        message = f"'{pattern}' matches an empty text too, so it asserts nothing"
        raise ValueError(message)


def _matches_nothing(pattern: str) -> bool:
    import regex

    try:
        return search(pattern, "") is not None
    except (PatternTimeout, regex.error, MemoryError, RecursionError) as error:
        message = f"'{pattern[:80]}' cannot be used: {error}"
        raise ValueError(message) from None


def _compiled(pattern: str) -> regex.Pattern[str]:
    import regex

    with warnings.catch_warnings(action="ignore", category=FutureWarning):
        return regex.compile(pattern, regex.MULTILINE)


def _size(pattern: str) -> int:
    """Estimate the size in memory, where a repeated group is written out that many times."""
    groups = math.prod(max(1, int(number)) for number in _OF_A_GROUP.findall(pattern))
    inner = max((int(number) for number in _OF_ONE.findall(pattern)), default=1) or 1
    return groups * (inner if groups > 1 else 1) * len(pattern)
