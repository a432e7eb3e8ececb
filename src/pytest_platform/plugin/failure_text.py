"""The text of a failed check as pytest shows it: whole once, one line of it in the summary."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

_SOURCE = re.compile(r"\s*\d* \| ?")
"""The margin of a source line, which is cut and not wrapped."""


@dataclass(frozen=True, slots=True)
class Headline:
    """What pytest's summary and JUnit take from a report: a message and its place."""

    path: str
    lineno: int
    message: str


class FailureText:
    """Takes the place of a traceback in a report, in the process that shows it.

    With a text alone, pytest's summary repeats all of it where the variable CI is set.
    ``terminal`` is the writer whose width the text is fitted to, if any.
    """

    def __init__(self, report: pytest.TestReport, terminal: Any = None) -> None:
        self._text = str(report.longrepr)
        self._terminal = terminal
        path, line, _ = report.location
        message = self._text.lstrip("\n").partition("\n")[0]
        self.reprcrash = Headline(path, (line or 0) + 1, message)

    def add(self, line: str) -> None:
        """Write one more line below."""
        self._text = f"{self._text}\n{line}"

    def __str__(self) -> str:
        return self._text

    def toterminal(self, out: Any) -> None:
        """Write the text; what is wider than the terminal is wrapped, source lines are cut."""
        if out is not self._terminal:
            out.line(self._text)
            return
        for line in self._text.splitlines():
            for part in _fitted(line, out.fullwidth):
                out.line(part)


def _fitted(line: str, width: int) -> Iterator[str]:
    if len(line) <= width:
        yield line
    elif _SOURCE.match(line):
        yield line[: width - 1] + "…"
    else:
        indent = " " * (len(line) - len(line.lstrip()) + 2)
        yield from textwrap.wrap(
            line, width, subsequent_indent=indent, break_on_hyphens=False, break_long_words=False
        )
