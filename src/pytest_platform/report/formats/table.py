"""The table of modules, with what is wrong below it, for a terminal."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Final

from pytest_platform.report.check_report import CheckReport
from pytest_platform.report.coverage import STATE, notes
from pytest_platform.report.document import Document, Platform
from pytest_platform.report.faults import ReportedFault, alike, faults
from pytest_platform.report.fit import cut, one_line, padded, width_of, wrapped
from pytest_platform.report.module_report import ApplyReport, ContainerReport

_MAX_OBSERVED: Final = 24
_WORST_FIRST: Final = ("error", "failed", "passed", "skipped")
_GIVES_WAY: Final = ("observed", "host", "module")
"""Columns that are cut where the terminal is too narrow, the first one first."""
_LEAST: Final = 8
_GAP: Final = "  "


def render(document: Document) -> str:
    """Return the table, as wide as it needs to be."""
    return fitted(document, None)


def fitted(document: Document, width: int | None) -> str:
    """Return the table in at most ``width`` columns."""
    return "".join(f"{line}\n" for line in _lines(document.platform, width))


def _lines(section: Platform, width: int | None) -> Iterator[str]:
    if error := section.error:
        yield from wrapped(one_line(f"error: {error.message} [{error.code}]"), width)
    yield from (line for line, _ in table(section, width))
    if section.modules:
        yield ""
    wrong = [line for one in together(faults(section)) for line in one]
    for line in [*wrong, *notes(section), *plan_lines(section)]:
        indent = " " * (len(line) - len(line.lstrip(" ")))
        yield from wrapped(indent + one_line(line), width)


def together(found: Sequence[ReportedFault]) -> Iterator[list[str]]:
    """Yield what is wrong, faults that are equal but for their places as one."""
    for one in alike(found):
        yield [f"- {one.message} [{one.code}]", *(f"  {at.place}: {at.name}" for at in one.faults)]


def rows(section: Platform) -> list[dict[str, str]]:
    """Return a row per module, by the headings; the host only where there are other ones."""
    elsewhere = any(module.host for module in section.modules)
    return [
        {
            "module": one_line(module.name),
            **({"host": one_line(module.host or "?")} if elsewhere else {}),
            "expected": module.expected_state or "?",
            "observed": _observed(module.observed),
            "contract": _part(module.checks, {"contract"}),
            "state": _state_part(module.checks),
            "verdict": module.verdict,
        }
        for module in section.modules
    ]


def table(section: Platform, width: int | None = None) -> list[tuple[str, str]]:
    """Return the lines of the table, each with the verdict that colours it."""
    body = rows(section)
    if not body:
        return []
    heads = list(body[0])
    cells = [heads, *(list(row.values()) for row in body)]
    widths = {
        head: max(map(width_of, column))
        for head, column in zip(heads, zip(*cells, strict=True), strict=True)
    }
    if width is not None:
        _narrow(widths, width)
    verdicts = ["", *(row["verdict"] for row in body)]
    lines = [cut(_line(row, list(widths.values())), width) for row in cells]
    return list(zip(lines, verdicts, strict=True))


def plan_lines(section: Platform) -> list[str]:
    """Return what is planned for each module: the drift, the decision and its reasons."""
    lines: list[str] = []
    for module in section.modules:
        if plan := module.plan:
            unseen = "not looked at" if section.remote_mode == "skip" else "none"
            drift = ", ".join(plan.drift) or unseen
            lines += [f"{module.name}: {plan.decision}", f"  drift: {drift}"]
            lines += [f"  - {one.message} [{one.code}]" for one in plan.reasons]
        if apply := module.apply:
            lines.append(f"{module.name}: {_applied(apply)}")
    return lines


def _narrow(widths: dict[str, int], width: int) -> None:
    """Take from the columns that give way until the table fits, or until they are as narrow."""
    surplus = sum(widths.values()) + len(_GAP) * (len(widths) - 1) - width
    for head in _GIVES_WAY:
        if surplus > 0 and head in widths:
            taken = min(surplus, max(0, widths[head] - _LEAST))
            widths[head] -= taken
            surplus -= taken


def _applied(apply: ApplyReport) -> str:
    if not apply.ran:
        return "not run"
    if apply.exit_code is None:
        return "was started, and its end was not seen"
    return f"ran once, exited {apply.exit_code} after {apply.seconds or 0:.1f} s"


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return _GAP.join(map(padded, cells, widths)).rstrip()


def _observed(containers: Sequence[ContainerReport] | None) -> str:
    if containers is None:
        return "not looked at"
    if not containers:
        return "missing"
    text = one_line(", ".join(sorted({_state(one) for one in containers})))
    return text if len(text) <= _MAX_OBSERVED else text[: _MAX_OBSERVED - 1] + "…"


def _part(checks: Sequence[CheckReport], groups: Collection[str]) -> str:
    """Return the worst verdict of some groups; a dash where none of them was asked."""
    verdicts = {check.verdict for check in checks if check.group in groups}
    return next((one for one in _WORST_FIRST if one in verdicts), "-")


def _state_part(checks: Sequence[CheckReport]) -> str:
    """Return the worst verdict of what looked at the host; never a pass without the state's own."""
    worst = _part(checks, {"health", "smoke", "drift", "apply"})
    in_state = any(check.id == STATE and check.verdict == "passed" for check in checks)
    return "unverified" if worst == "passed" and not in_state else worst


def _state(container: ContainerReport) -> str:
    if container.status == "exited":
        return f"exited {container.exit_code}"
    return f"{container.status}, {container.health}" if container.health else container.status
