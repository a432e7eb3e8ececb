"""The terminal that pytest writes to: how wide it is, and what it can show."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from pytest_platform.report.fit import cut, wrapped

_LEAST_ROWS = 4


class Terminal:
    """pytest's own writer. Without the terminal plugin, or where output goes elsewhere, any width.

    ``writer`` is None without that plugin.
    """

    def __init__(self, config: pytest.Config) -> None:
        reporter: Any = config.pluginmanager.get_plugin("terminalreporter")
        self.writer: Any = config.get_terminal_writer() if reporter else None
        self._interactive = bool(reporter and reporter.isatty)

    @property
    def width(self) -> int | None:
        """The columns; None where lines may be of any length."""
        return int(self.writer.fullwidth) if self._interactive else None

    @property
    def redraws(self) -> bool:
        """Whether a line may be drawn over; colours are another question, which pytest answers."""
        return self._interactive and os.environ.get("TERM") != "dumb"

    @property
    def rows(self) -> int:
        """How many lines can be drawn over: what has left the screen cannot."""
        return max(_LEAST_ROWS, shutil.get_terminal_size().lines - 2)

    def lines(self, text: str) -> Iterator[str]:
        """Yield a line of text wrapped to the terminal."""
        yield from wrapped(shown(text), self.width)

    def cut(self, text: str, width: int | None = None) -> str:
        """Return a line of text cut to the terminal."""
        return cut_to(text, self.width if width is None else width)


def cut_to(text: str, width: int | None) -> str:
    """Return the beginning of a line that fits, in characters that the output can hold."""
    return shown(cut(text, width))


def shown(text: str) -> str:
    """Return a text in the characters of the output: what it cannot hold would be written out."""
    encoding = getattr(sys.__stdout__, "encoding", None) or "utf-8"
    return text.encode(encoding, "replace").decode(encoding)
