"""One page that needs nothing else: what is wrong and what to do, then every module."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import resources
from typing import Any, Final, get_args

from jinja2 import Environment, StrictUndefined
from msgspec import UNSET

from pytest_platform.codes import CodeEntry, catalogue
from pytest_platform.report.check_report import ModuleVerdict
from pytest_platform.report.coverage import notes
from pytest_platform.report.document import Document
from pytest_platform.report.faults import ReportedFault, faults
from pytest_platform.report.fit import cut, one_line
from pytest_platform.report.formats.table import plan_lines, rows
from pytest_platform.report.module_report import ModuleReport
from pytest_platform.report.redact import SHOWN

_WIDTH: Final = 600
"""Units of the bar of verdicts."""
_MESSAGES, _PLACES = 60, 20
"""Messages of one code, and places of one message, that are listed: people are to read it."""


_BAD: Final[Sequence[tuple[ModuleVerdict, str]]] = (
    ("failed", "failed"),
    ("error", "could not be looked at"),
)


@dataclass(frozen=True, slots=True)
class Wrong:
    """All that is wrong under one code: places by message, and what the catalogue says of it."""

    code: str
    severity: str
    messages: Mapping[str, Sequence[ReportedFault]]
    entry: CodeEntry | None


@dataclass(frozen=True, slots=True)
class PagePart:
    """A part of the bar of verdicts, in units from its left end."""

    verdict: str
    count: int
    start: float
    width: float


def render(document: Document) -> str:
    """Return the page. Every text in it is escaped, and its control characters written out."""
    section = document.platform
    template = (resources.files(__package__) / "page.html.j2").read_text(encoding="utf-8")
    page = _environment().from_string(template)
    return page.render(
        headline=_headline(document),
        document=document,
        when=_when(document),
        bar=_bar(section.modules),
        width=_WIDTH,
        problems=_problems(faults(section, warnings=True)),
        rows=list(zip(rows(section), section.modules, strict=True)),
        notes=[*notes(section), *(line.removeprefix("  - ") for line in plan_lines(section))],
        slowest=max((_seconds(one) for one in section.modules), default=0) or 1,
        seconds=_seconds,
        limits=(_MESSAGES, _PLACES),
    )


def _environment() -> Environment:
    def finalised(value: Any) -> Any:
        return one_line(value) if isinstance(value, str) else value

    return Environment(
        autoescape=True,
        finalize=finalised,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _headline(document: Document) -> tuple[str, str]:
    """Return the verdict of the whole run, and the sentence that says it."""
    section = document.platform
    counts = Counter(module.verdict for module in section.modules)
    total = counts.total()
    if section.error:
        return "error", f"The run ended early: {section.error.message}"
    if not total:
        return "unverified", "No check was selected, so nothing is known"
    for verdict, words in _BAD:
        if counts[verdict]:
            return verdict, f"{counts[verdict]} of {total} modules {words}"
    if counts["unverified"]:
        return "unverified", f"Nothing failed; {counts['unverified']} of {total} are unverified"
    if document.exitcode:
        return "failed", f"All modules passed, and the run ended with {document.exitcode}"
    return "passed", f"All is well: {total} of {total} modules passed"


def _when(document: Document) -> str:
    if document.created is UNSET:
        return ""
    try:
        moment = datetime.fromtimestamp(document.created, UTC)
    except (OverflowError, ValueError, OSError):
        return ""
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def _bar(modules: Sequence[ModuleReport]) -> list[PagePart]:
    counts = Counter(module.verdict for module in modules)
    parts, start = [], 0.0
    for verdict in get_args(ModuleVerdict):
        width = _WIDTH * counts[verdict] / (len(modules) or 1)
        if width:
            parts.append(PagePart(verdict, counts[verdict], round(start, 1), round(width, 1)))
        start += width
    return parts


def _problems(found: Sequence[ReportedFault]) -> list[Wrong]:
    """Return what is wrong before what only warns, once for each code and message."""
    groups: dict[tuple[str, str], dict[str, list[ReportedFault]]] = {}
    for severity in ("failed", "error", "warning"):
        for one in (one for one in found if one.severity == severity):
            messages = groups.setdefault((one.code, severity), {})
            messages.setdefault(cut(one_line(one.message), SHOWN), []).append(one)
    return [Wrong(*key, messages, catalogue().get(key[0])) for key, messages in groups.items()]


def _seconds(module: ModuleReport) -> float:
    return sum(check.seconds for check in module.checks)
