"""What is wrong, why, and what to do: once for each code, with all of its places. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from msgspec import UNSET, Struct

from pytest_platform.codes import CodeEntry, catalogue
from pytest_platform.report.check_report import ExcerptReport
from pytest_platform.report.document import Platform
from pytest_platform.report.faults import Alike, ReportedFault, alike, faults
from pytest_platform.report.fit import cut, one_line
from pytest_platform.report.redact import SHOWN

MESSAGES: Final = 60
"""Messages of one code that are listed: people are to read it."""
PLACES: Final = 20
"""Places of one message that are listed."""
_EXCERPTS: Final = 120
_LINE: Final = 160
_SEVERITIES: Final = ("failed", "error", "warning")


class QuotedLine(Struct, frozen=True):
    """A line of a file; ``marked`` are its text before, in and after what is meant, if it is."""

    number: int
    text: str
    marked: tuple[str, str, str] | None


class FaultPlace(Struct, frozen=True):
    """Where a module has a fault, with the checks that say so."""

    module: str
    place: str
    checks: str


class Message(Struct, frozen=True):
    """One message with its places. What was compared is there where it is the same for all."""

    text: str
    places: Sequence[FaultPlace]
    count: int
    expected: str
    actual: str
    lines: Sequence[QuotedLine]


class PageProblem(Struct, frozen=True):
    """All that is wrong under one code; ``entry`` is what the catalogue says of it."""

    anchor: str
    code: str
    severity: str
    messages: Sequence[Message]
    entry: CodeEntry | None

    @property
    def count(self) -> int:
        """How many findings there are."""
        return sum(one.count for one in self.messages)


def problems(section: Platform) -> list[PageProblem]:
    """Return what is wrong before what only warns, each code once."""
    groups: dict[tuple[str, str], list[Alike]] = {}
    found = sorted(
        alike(faults(section, warnings=True)), key=lambda one: _SEVERITIES.index(one.severity)
    )
    for one in found:
        groups.setdefault((one.code, one.severity), []).append(one)
    quotable = [_EXCERPTS]
    return [
        PageProblem(
            f"p{number}",
            code,
            severity,
            [_message(one, quotable) for one in same],
            catalogue().get(code),
        )
        for number, ((code, severity), same) in enumerate(groups.items(), 1)
    ]


def _message(one: Alike, quotable: list[int]) -> Message:
    first = one.faults[0].finding
    same = all(
        (at.finding.expected, at.finding.actual) == (first.expected, first.actual)
        for at in one.faults
    )
    lines: list[QuotedLine] = []
    if quotable[0] and first.excerpt is not UNSET:
        quotable[0] -= 1
        lines = list(_quoted(first.excerpt))
    return Message(
        text=cut(one_line(one.message), SHOWN) or one.code,
        places=_places(one.faults),
        count=len(one.faults),
        expected=_compared(first.expected if same else None),
        actual=_compared(first.actual if same else None),
        lines=lines,
    )


def _places(found: Sequence[ReportedFault]) -> list[FaultPlace]:
    checks: dict[tuple[str, str], list[str]] = {}
    for one in found:
        checks.setdefault((one.module, one.place), []).append(one.check)
    return [FaultPlace(*key, ", ".join(dict.fromkeys(names))) for key, names in checks.items()]


def _compared(text: str | None) -> str:
    return cut(one_line(text or ""), SHOWN)


def _quoted(excerpt: ExcerptReport) -> Iterator[QuotedLine]:
    shown = [line[:_LINE].expandtabs(4) for line in excerpt.lines]
    indent = min((len(one) - len(one.lstrip(" ")) for one in shown if one.strip()), default=0)
    for number, line in enumerate(excerpt.lines, excerpt.first):
        text = line[:_LINE].expandtabs(4)[indent:]
        marked = None
        if number == excerpt.line:
            start = max(0, len(line[: excerpt.column].expandtabs(4)) - indent)
            end = start + (excerpt.width or len(text))
            marked = (text[:start], text[start:end], text[end:])
        yield QuotedLine(number, text, marked)
