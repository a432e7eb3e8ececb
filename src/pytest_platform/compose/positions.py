"""Where a character of a YAML scalar stands in its file.

YAML takes away quotes, escapes, indentation and line breaks, and adds nothing but white space.
So the other characters of a value are those of the file, in the same order.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

_PROPERTIES: Final = re.compile(r"(?:[&!]\S*\s+)*")
_TOKENS: Final = {
    "'": re.compile(r"''|\S"),
    '"': re.compile(r"\\(?:x..|u.{4}|U.{8}|\r?\n|.)|\S", re.DOTALL),
}
_PLAIN: Final = re.compile(r"\S")
_BLANK_ESCAPES: Final = {r"\n": "\n", r"\t": "\t", r"\ ": " ", r"\r": "\r", "\\\t": "\t"}


def place(text: str, span: tuple[int, int], value: str, at: int) -> tuple[int, int]:
    """Return line and column, both from 1, of character ``at`` of the scalar within ``span``."""
    return of_index(text, _index(text, span, value, at))


def of_index(text: str, index: int) -> tuple[int, int]:
    """Return line and column, both from 1, of a character of a text."""
    return text.count("\n", 0, index) + 1, index - text.rfind("\n", 0, index)


def _index(text: str, span: tuple[int, int], value: str, at: int) -> int:
    tokens = _tokens(text, *span)
    token = next(tokens, None)
    here = token[0] if token else span[0]
    for char in value[: at + 1]:
        if token is None:
            break
        if char.isspace() and char != _BLANK_ESCAPES.get(token[1]):
            continue
        here, token = token[0], next(tokens, None)
    return here


def _tokens(text: str, start: int, end: int) -> Iterator[tuple[int, str]]:
    """Yield what stands for a character that is no plain white space, and where it begins."""
    properties = _PROPERTIES.match(text, start, end)
    start = properties.end() if properties else start
    style = text[start : start + 1]
    pattern = _TOKENS.get(style, _PLAIN)
    if style in _TOKENS:
        start, end = start + 1, end - 1
    elif style in {"|", ">"}:
        start = text.find("\n", start, end) + 1 or end
    for found in pattern.finditer(text, start, end):
        continues = style == '"' and found[0].rstrip("\r\n") == "\\"
        if not continues:
            yield found.start(), found[0]
