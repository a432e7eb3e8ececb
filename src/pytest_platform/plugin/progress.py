"""Live progress of ``--wait``: a line per module on a terminal, plain lines elsewhere."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Self

import pytest

from pytest_platform.plugin.terminal import Terminal, cut_to

if TYPE_CHECKING:
    from pytest_platform.state.wait import Status

FIRST_REPORT = 5.0
"""Seconds after which a command that does not answer is reported."""
_UP_AND_CLEAR = "\x1b[A\x1b[2K"


class Progress:
    """Writes to pytest's terminal, past its capturing. Silent where there is no terminal plugin.

    In its block it shows what it is called with: how far each module of one host is.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._stack = ExitStack()
        self._begun = False
        self._drawn = 0
        self._said: dict[str, str] = {}

    def __enter__(self) -> Self:
        capture = self._config.pluginmanager.get_plugin("capturemanager")
        if capture is not None:
            self._stack.enter_context(capture.global_and_fixture_disabled())
        self._terminal = Terminal(self._config)
        self._writer = self._terminal.writer
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def __call__(self, statuses: Sequence[Status]) -> None:
        if self._writer is None:
            return
        self._begin(self._writer)
        if self._terminal.redraws:
            self._redraw(self._writer, statuses)
        else:
            self._append(self._writer, statuses)
        self._writer.flush()

    def line(self, text: str) -> None:
        """Write one line, where there is a terminal plugin."""
        if self._writer is not None:
            self._begin(self._writer)
            for line in self._terminal.lines(text):
                self._writer.line(line)
            self._writer.flush()

    def _begin(self, writer: Any) -> None:
        """End the line of the test that runs."""
        if not self._begun:
            self._begun = True
            writer.line()

    def _redraw(self, writer: Any, statuses: Sequence[Status]) -> None:
        width, rows = writer.fullwidth - 1, self._terminal.rows
        whole = len(statuses) <= rows
        # What is waited for is of interest, where there is no room for all.
        drawn = statuses if whole else sorted(statuses, key=_is_done)[: rows - 1]
        writer.write(_UP_AND_CLEAR * self._drawn)
        for status in drawn:
            text = cut_to(_text(status), width)
            writer.line(text, green=status.done, yellow=not status.done)
        if not whole:
            ready = sum(map(_is_done, statuses))
            writer.line(cut_to(f"{ready} of {len(statuses)} are ready", width))
        self._drawn = len(drawn) + (not whole)

    def _append(self, writer: Any, statuses: Sequence[Status]) -> None:
        for status in statuses:
            if self._said.get(status.name) != status.state:
                writer.line(cut_to(_text(status), self._terminal.width))
                self._said[status.name] = status.state


class Patience:
    """Reports a command that does not answer, ever more rarely."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._reported: dict[tuple[str, ...], float] = {}
        self._stopped = False

    def stop(self) -> None:
        """Let no command go on for which another thread than the main one waits."""
        self._stopped = True

    def __call__(self, argv: Sequence[str], seconds: float) -> None:
        """Write a line after 5 s, 10 s, 20 s and so on; only the main thread may."""
        if threading.current_thread() is not threading.main_thread():
            if self._stopped:
                raise KeyboardInterrupt
            return
        key = tuple(argv)
        known = self._reported.get(key, 0.0)
        due = FIRST_REPORT if seconds < known else max(FIRST_REPORT, 2 * known)
        if seconds < due:
            return
        self._reported[key] = seconds
        with Progress(self._config) as progress:
            progress.line(f"waiting {seconds:4.0f} s  for: {' '.join(argv[:2])}")


def _is_done(status: Status) -> bool:
    return status.done


def _text(status: Status) -> str:
    word = "ready" if status.done else "waiting"
    return f"{word} {status.waited:4.0f} s  {status.name}: {status.text}"
