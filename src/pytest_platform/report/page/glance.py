"""What the page says first: is all well, since when, and what was looked at. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final, get_args

from msgspec import UNSET, Struct

from pytest_platform.report.check_report import ModuleVerdict
from pytest_platform.report.document import Document
from pytest_platform.report.module_report import ModuleReport
from pytest_platform.report.page.moments import moment, span, took
from pytest_platform.report.past import Past, Streak, changes, flaps, streak

BAR: Final = 600
"""Units of the bar of verdicts."""
_BAD: Final[Sequence[tuple[ModuleVerdict, str]]] = (
    ("failed", "failed"),
    ("error", "could not be looked at"),
)
_PLACES: Final = {
    "skip": "files only",
    "local": "the Engine of this machine",
    "ssh": "hosts over ssh",
}
_NAMES: Final = 6
_MINUTE: Final = 60
_RANK: Final = {"failed": 0, "error": 1}
_UNWELL: Final = 8
"""Modules that are not well and are named at once."""


class BarPart(Struct, frozen=True):
    """A part of the bar of verdicts, in units from its left end."""

    verdict: str
    count: int
    start: float
    width: float


class Unwell(Struct, frozen=True):
    """A module that is not well, and for how long, where that is known."""

    name: str
    verdict: str
    lasted: str


class Glance(Struct, frozen=True):
    """The verdict of the whole run, the sentence that says it, and what is said beneath."""

    verdict: str
    sentence: str
    since: str
    unwell: Sequence[Unwell]
    more: int
    flapping: str
    facts: Sequence[tuple[str, str]]
    bar: Sequence[BarPart]


def glance(document: Document, past: Past) -> Glance:
    """Sum a run up."""
    modules = document.platform.modules
    verdict, sentence = _headline(document)
    now = _created(document)
    unwell = sorted(
        (one for one in modules if one.verdict in _RANK), key=lambda one: _RANK[one.verdict]
    )
    return Glance(
        verdict=verdict,
        sentence=sentence,
        since=_since(verdict, modules, past, now),
        unwell=[_unwell(one, past, now) for one in unwell[:_UNWELL]],
        more=max(0, len(unwell) - _UNWELL),
        flapping=_flapping(modules, past),
        facts=list(_facts(document)),
        bar=_bar(modules),
    )


def _headline(document: Document) -> tuple[str, str]:
    section = document.platform
    counts = Counter(module.verdict for module in section.modules)
    total = counts.total()
    if section.error:
        return "error", f"The run ended early: {section.error.message}"
    if not total:
        return "unverified", "No check was selected, so nothing is known"
    for verdict, words in _BAD:
        if counts[verdict]:
            return verdict, f"{counts[verdict]} of {_modules(total)} {words}"
    if counts["unverified"]:
        return "unverified", f"Nothing failed; {counts['unverified']} of {total} are unverified"
    if document.exitcode:
        return "failed", f"All modules passed, and the run ended with {document.exitcode}"
    return "passed", f"All is well: {total} of {_modules(total)} passed"


def _modules(count: int) -> str:
    return f"{count} module" if count == 1 else f"{count} modules"


def _since(verdict: str, modules: Sequence[ModuleReport], past: Past, now: float) -> str:
    if not past:
        unknown = "Since when is not known: no history is kept (--platform-history keeps one)."
        return unknown if modules and verdict != "unverified" else ""
    found = [(one.name, said) for one in modules if (said := streak(past.get(one.name, ())))]
    bad = [(name, said) for name, said in found if not said.well]
    if verdict == "passed" and len(found) == len(modules):
        return f"All has been well {lasting(max((said for _, said in found), key=_start), now)}."
    if bad:
        _, first = min(bad, key=lambda one: one[1].since)
        return f"Not well {lasting(first, now)}."
    return ""


def _unwell(module: ModuleReport, past: Past, now: float) -> Unwell:
    found = streak(past.get(module.name, ()))
    return Unwell(module.name, module.verdict, _lasted(found, now) if found else "")


def _start(one: Streak) -> float:
    return one.since


def lasting(found: Streak, now: float) -> str:
    """Return since when a module is as it is: ``since 1 May 2026, 08:00 UTC (3 runs, 2 days)``."""
    reach = "since" if found.known else "since the history began,"
    return f"{reach} {moment(found.since)} ({_lasted(found, now)})"


def _lasted(found: Streak, now: float) -> str:
    runs = f"{found.runs} run{'s' if found.runs > 1 else ''}"
    return f"{runs}, {span(now - found.since)}" if now - found.since >= _MINUTE else runs


def _flapping(modules: Sequence[ModuleReport], past: Past) -> str:
    names = [one.name for one in modules if flaps(past.get(one.name, ()))]
    if not names:
        return ""
    names.sort(key=lambda name: -changes(past[name]))
    more = f" and {len(names) - _NAMES} more" if len(names) > _NAMES else ""
    return ", ".join(names[:_NAMES]) + more


def _created(document: Document) -> float:
    return 0.0 if document.created is UNSET else document.created


def _facts(document: Document) -> Iterator[tuple[str, str]]:
    section = document.platform
    if when := moment(_created(document)) if document.created is not UNSET else "":
        yield "run", when
    if document.duration is not UNSET:
        yield "took", took(document.duration)
    if section.remote_mode:
        yield "looked at", _PLACES[section.remote_mode]
    if section.stack and section.remote_mode != "skip":
        yield "stack", section.stack
    hosts = {one.host for one in section.modules if one.host is not UNSET}
    if len(hosts) > 1:
        yield "hosts", str(len(hosts))
    yield "checks", str(sum(len(one.checks) for one in section.modules))
    if section.changed_since is not UNSET:
        yield "changed since", section.changed_since.ref


def _bar(modules: Sequence[ModuleReport]) -> list[BarPart]:
    counts = Counter(module.verdict for module in modules)
    parts, start = [], 0.0
    for verdict in get_args(ModuleVerdict):
        width = BAR * counts[verdict] / (len(modules) or 1)
        if width:
            parts.append(BarPart(verdict, counts[verdict], round(start, 1), round(width, 1)))
        start += width
    return parts
