"""What is equal is shown once: one host that cannot be reached, one fault of many modules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from pytest_platform.plugin.failure_text import FailureText
from pytest_platform.report.answers import CheckAnswer

_OF_HOSTS: Final = ("ssh.", "engine.")
_MOST: Final = 12


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
