"""Live progress of ``--wait``: a line per module on a terminal, plain lines elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Self

import pytest

if TYPE_CHECKING:
    from pytest_platform.checks.health.wait import Status

_UP_AND_CLEAR = "\x1b[A\x1b[2K"


class Progress:
    """Writes to pytest's terminal, past its capturing. Silent where there is no terminal plugin.

    In its block it shows what it is called with: how far each module of one host is.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._stack = ExitStack()
        self._drawn = 0
        self._said: dict[str, str] = {}

    def __enter__(self) -> Self:
        capture = self._config.pluginmanager.get_plugin("capturemanager")
        if capture is not None:
            self._stack.enter_context(capture.global_and_fixture_disabled())
        reporter = self._config.pluginmanager.get_plugin("terminalreporter")
        self._writer = self._config.get_terminal_writer() if reporter else None
        if self._writer:
            self._writer.line()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def __call__(self, statuses: Sequence[Status]) -> None:
        if self._writer is None:
            return
        if self._writer.hasmarkup:
            self._redraw(self._writer, statuses)
        else:
            self._append(self._writer, statuses)
        self._writer.flush()

    def _redraw(self, writer: Any, statuses: Sequence[Status]) -> None:
        width = writer.fullwidth - 1
        writer.write(_UP_AND_CLEAR * self._drawn)
        for status in statuses:
            writer.line(_text(status)[:width], green=status.done, yellow=not status.done)
        self._drawn = len(statuses)

    def _append(self, writer: Any, statuses: Sequence[Status]) -> None:
        for status in statuses:
            if self._said.get(status.name) != status.state:
                writer.line(_text(status))
                self._said[status.name] = status.state


def _text(status: Status) -> str:
    word = "ready" if status.done else "waiting"
    return f"{word} {status.waited:4.0f} s  {status.name}: {status.text}"
