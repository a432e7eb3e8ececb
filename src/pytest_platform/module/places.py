"""Where each value of a file stands, and problems that point there."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from msgspec import Struct

from pytest_platform.errors import Problem
from pytest_platform.verdict import Excerpt, Location

CODE = "contract.schema"

Path_ = tuple[str | int, ...]
"""Where a value is in the data, for example ``("spec", "requires", 0)``."""

_SHOWN = 160
_LEFT_OF_CARET = 80


class Span(Struct, frozen=True):
    """A stretch of one line; ``line`` counts from 1, ``column`` from 0."""

    line: int
    column: int
    width: int


START = Span(1, 0, 1)


@dataclass(frozen=True, slots=True)
class ModuleSource:
    """A YAML file that was read: its data, and where each part of it stands."""

    file: str
    text: str
    data: Any
    keys: dict[Path_, Span] = field(default_factory=dict, repr=False)
    values: dict[Path_, Span] = field(default_factory=dict, repr=False)

    def span(self, path: Path_, *, key: bool = False) -> Span:
        """Return where ``path`` stands; the nearest parent where it is not in the file."""
        table = self.keys if key else self.values
        while path and path not in table:
            path = path[:-1]
        return table.get(path) or self.values.get((), START)

    def line(self, *path: str | int) -> int:
        """Return the line of the key (or list element) at ``path``."""
        return self.span(path, key=True).line

    def problem(self, message: str, path: Path_ = (), *, key: bool = False) -> Problem:
        """Make a problem that points at ``path``."""
        return problem_at(self.file, self.text, self.span(path, key=key), message)


class Unreadable(Exception):
    """The file gives no data at all; carries the one problem that says why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


def problem_at(file: str, text: str, span: Span, message: str) -> Problem:
    """Make a problem with the lines of ``text`` around ``span``."""
    return Problem(CODE, message, Location(file, span.line), _excerpt(text, span))


def _excerpt(text: str, span: Span) -> Excerpt | None:
    lines = _lines(text)
    first = max(1, span.line - 2)
    left = 0 if span.column < _SHOWN - _LEFT_OF_CARET // 2 else span.column - _LEFT_OF_CARET
    cut = [line[left : left + _SHOWN] for line in lines[first - 1 : span.line + 1]]
    if len(cut) <= span.line - first:
        return None
    column = span.column - left
    width = min(span.width, len(cut[span.line - first]) - column)
    return Excerpt(tuple(map(_printable, cut)), first, span.line, column, max(1, width))


def _printable(line: str) -> str:
    """Keep every character one column wide, and terminals safe."""
    if line.isprintable():
        return line
    return "".join(c if c.isprintable() else " " if c == "\t" else "\ufffd" for c in line)


@lru_cache(maxsize=2)
def _lines(text: str) -> list[str]:
    """Split a text once, however many problems it has."""
    return text.splitlines()
