"""The text of a failed check as pytest shows it: whole once, one line of it in the summary."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import pytest
from msgspec import Struct

from pytest_platform.plugin.terminal import Terminal
from pytest_platform.report.answers import CheckAnswer
from pytest_platform.report.faults import nameless

_SOURCE = re.compile(r"\s*\d* \| ?")
"""The margin of a source line, which is cut and not wrapped."""
_PLACE = re.compile(r"(\S.*:\d+): [a-z]+(?:\.[a-z_]+)+")
"""The line that ends the text of a finding: where it is, and its code."""

_OF_HOSTS: Final = ("ssh.", "engine.")
_MOST: Final = 12


class Headline(Struct, frozen=True):
    """What pytest's summary and JUnit take from a report: a message and its place."""

    path: str
    lineno: int
    message: str


class FailureText:
    """Takes the place of a traceback in a report, in the process that shows it.

    With a text alone, pytest's summary repeats all of it where the variable CI is set. What is
    written to the terminal is fitted to its width; files get the text as it is.
    """

    def __init__(self, report: pytest.TestReport, terminal: Terminal, module: str) -> None:
        self._text = str(report.longrepr)
        self._terminal = terminal
        path, line, _ = report.location
        message = self._text.lstrip("\n").partition("\n")[0]
        self.reprcrash = Headline(path, (line or 0) + 1, message)
        self.likeness = nameless("\n".join(_not_of_a_place(self._text)), module)

    def add(self, line: str) -> None:
        """Write one more line below."""
        self._text = f"{self._text}\n{line}"

    def __str__(self) -> str:
        return self._text

    def toterminal(self, out: Any) -> None:
        """Write the text; what is wider than the terminal is wrapped, source lines are cut."""
        if out is not self._terminal.writer:
            out.line(self._text)
            return
        for line in self._text.splitlines():
            for part in _fitted(line, self._terminal):
                out.line(part)


def _not_of_a_place(text: str) -> Iterator[str]:
    """Yield the lines that do not belong to the place of a finding."""
    for line in text.splitlines():
        if place := _PLACE.fullmatch(line):
            yield line.removeprefix(place[1])
        elif not _SOURCE.match(line):
            yield line


def _fitted(line: str, terminal: Terminal) -> Iterator[str]:
    if _SOURCE.match(line):
        yield terminal.cut(line)
    else:
        yield from terminal.lines(line)


def repeated(reports: Iterable[tuple[Any, Sequence[CheckAnswer]]]) -> list[Any]:
    """Return the reports that say what an earlier one has said, and name them there."""
    first: dict[tuple[str, ...], Any] = {}
    others: dict[tuple[str, ...], list[CheckAnswer]] = {}
    again: list[Any] = []
    for report, answers in reports:
        if len(answers) != 1 or not isinstance(report.longrepr, FailureText):
            continue
        key = _subject(answers[0], report.longrepr)
        if not key:
            continue
        if key in first:
            others.setdefault(key, []).append(answers[0])
            again.append(report)
        else:
            first[key] = report
    for key, answered in others.items():
        first[key].longrepr.add(_also(answered))
    return again


def _subject(answer: CheckAnswer, text: FailureText) -> tuple[str, ...]:
    """Say what a failure is about: a host that could not be asked, or words of any module."""
    check = answer.check
    if check is None or not check.message or not check.code:
        return ()
    if check.verdict == "error" and check.code.startswith(_OF_HOSTS):
        return check.code, answer.subject.host
    return check.verdict, check.code, text.likeness


def _also(answers: Sequence[CheckAnswer]) -> str:
    """Name the modules of the others, with their places, or how many of their checks."""
    placed = [one for one in answers if one.check and one.check.verdict == "failed"]
    count: Mapping[str, int] = Counter(one.subject.name for one in answers)
    named = [f"{name} ({number})" for name, number in count.items()]
    if len(placed) == len(answers):
        checks = ((one.subject.name, one.check) for one in placed if one.check)
        named = [f"{name} ({check.file}:{check.line})" for name, check in checks]
    more = [f"and {len(named) - _MOST} more"] if len(named) > _MOST else []
    return "the same: " + ", ".join([*named[:_MOST], *more])
