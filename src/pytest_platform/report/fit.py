"""Text in the columns of a terminal, where some characters take two and some none. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import Final

from pytest_platform.report.redact import Safe, visible

_WIDE: Final = frozenset({"W", "F"})


def one_line(text: str) -> Safe:
    """Return a redacted text on one line, its control characters written out."""
    return visible(" ".join(text.split()))


def width_of(text: str) -> int:
    """Return how many columns a text takes."""
    return len(text) if text.isascii() else sum(map(_columns, text))


def cut(text: str, width: int | None) -> str:
    """Return a text, or its beginning and an ellipsis, in at most ``width`` columns."""
    if width is None or width_of(text) <= width:
        return text
    return _head(text, width - 1) + "…"


def padded(text: str, width: int) -> str:
    """Return a text, cut or filled up with blanks to ``width`` columns."""
    shown = cut(text, width)
    return shown + " " * (width - width_of(shown))


def wrapped(text: str, width: int | None) -> Iterator[str]:
    """Yield the lines of a text; each but the first is indented as the first, and two more."""
    if width is None or width_of(text) <= width:
        yield text
        return
    line = " " * (len(text) - len(text.lstrip(" ")))
    words, indent = text.lstrip(" ").split(" "), line + "  "
    while words:
        word = words.pop(0)
        longer = f"{line} {word}" if line.strip() else line + word
        if width_of(longer) <= width:
            line = longer
        elif line.strip():
            yield line
            line, words = indent, [word, *words]
        else:
            part = _head(longer, width)
            yield part
            line, words = indent, [longer[len(part) :], *words]
    if line.strip():
        yield line


def _head(text: str, width: int) -> str:
    taken = 0
    for index, one in enumerate(text):
        taken += _columns(one)
        if taken > width:
            return text[:index]
    return text


def _columns(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in _WIDE else 1
