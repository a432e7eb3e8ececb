"""A host that cannot be asked is shown once, with the modules that it concerns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from pytest_platform.plugin.failure_text import FailureText
from pytest_platform.report.answers import CheckAnswer

_OF_HOSTS: Final = ("ssh.", "engine.")
_MOST: Final = 12


def repeated(reports: Iterable[tuple[Any, Sequence[CheckAnswer]]]) -> list[Any]:
    """Return the reports of hosts of which an earlier one has said why, and name them there."""
    first: dict[tuple[str, ...], Any] = {}
    others: dict[tuple[str, ...], list[CheckAnswer]] = {}
    again: list[Any] = []
    for report, answers in reports:
        if len(answers) != 1 or not isinstance(report.longrepr, FailureText):
            continue
        key = _subject(answers[0])
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


def _subject(answer: CheckAnswer) -> tuple[str, ...]:
    """Say which host could not be asked, and why; nothing for any other failure."""
    check = answer.check
    if check is None or check.verdict != "error" or not check.code:
        return ()
    return (check.code, answer.subject.host) if check.code.startswith(_OF_HOSTS) else ()


def _also(answers: Sequence[CheckAnswer]) -> str:
    """Name the modules of the others, and how many of their checks it concerns."""
    count: Mapping[str, int] = Counter(one.subject.name for one in answers)
    named = [f"{name} ({number})" for name, number in count.items()]
    more = [f"and {len(named) - _MOST} more"] if len(named) > _MOST else []
    return "the same: " + ", ".join([*named[:_MOST], *more])
