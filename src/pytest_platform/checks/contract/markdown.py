"""The sections of a Markdown text: its headings, and whether something stands below them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_COMMENT: Final = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_UNDERLINED: Final = re.compile(
    r"^ {0,3}(?![ \t#>`~]|[*+-][ \t]|[0-9]+[.)][ \t])(.+)\n {0,3}(?:=+|-+)[ \t]*$", re.MULTILINE
)
"""A heading with a line below it; list items and quotations are none."""

_HEADING: Final = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*))?")
_FENCE: Final = re.compile(r" {0,3}(`{3,}|~{3,})")
_NUMBER: Final = re.compile(r"^[0-9.]+[.)]?[ \t]+")


@dataclass(slots=True)
class Section:
    """A heading: ``title`` is in lower case without markup, ``line`` counts from 1."""

    title: str
    level: int
    line: int
    empty: bool = True


def sections(text: str) -> list[Section]:
    """List the sections. One is empty if nothing stands in it, nor in those below it."""
    found: list[Section] = []
    around: list[Section] = []
    for number, line, heading in _lines(text):
        if heading:
            section = Section(_title(heading[2] or ""), len(heading[1]), number)
            found.append(section)
            around = [*(one for one in around if one.level < section.level), section]
        elif line.strip():
            for one in around:
                one.empty = False
    return found


def _lines(text: str) -> Iterator[tuple[int, str, re.Match[str] | None]]:
    """Yield number and text of each line, and the heading that it is outside code."""
    fence = ""
    plain = _COMMENT.sub(lambda match: "\n" * match[0].count("\n"), text)
    for number, line in enumerate(_UNDERLINED.sub(_with_hash, plain).splitlines(), 1):
        yield number, line, None if fence else _HEADING.fullmatch(line)
        if not fence:
            opening = _FENCE.match(line)
            fence = opening[1] if opening else ""
        elif line.strip().startswith(fence) and not line.strip().strip(fence[0]):
            fence = ""


def _with_hash(match: re.Match[str]) -> str:
    level = "#" if match[0].rstrip().endswith("=") else "##"
    return f"{level} {match[1]}\n"


def _title(text: str) -> str:
    plain = _NUMBER.sub("", text.strip())
    return plain.strip().rstrip("#").strip(" \t*_`:").lower()
