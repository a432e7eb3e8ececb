"""The modules of each host, the worst first: states, checks, and what earlier runs say. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from msgspec import UNSET, Struct

from pytest_platform.report.check_report import CheckReport
from pytest_platform.report.document import Document, Platform
from pytest_platform.report.formats.table import rows
from pytest_platform.report.module_report import ContainerReport, ModuleReport
from pytest_platform.report.page.drawing import needs_of
from pytest_platform.report.page.glance import lasting
from pytest_platform.report.page.moments import moment, parsed, span
from pytest_platform.report.page.strips import Plot, Strip, plot, strip
from pytest_platform.report.past import Past, flaps, streak

_WORST: Final = {"failed": 0, "error": 1, "unverified": 2, "passed": 3}
_ALL_CHECKS: Final = 1000
"""Checks of a run up to which each is listed; of more, those that did not pass, and the slowest."""
_SLOWEST: Final = 3
_LISTED: Final = 60
"""Checks of a module that are listed."""


class ModuleCard(Struct, frozen=True):
    """One module. ``row`` are the cells of the table, by their headings."""

    anchor: str
    module: ModuleReport
    row: Mapping[str, str]
    seconds: float
    lasting: str
    flapping: bool
    strip: Strip | None
    plot: Plot | None
    containers: Sequence[tuple[ContainerReport, str]]
    needs: Mapping[str, str]
    needed_by: Sequence[str]
    checks: Sequence[CheckReport]
    unlisted: int


class HostCards(Struct, frozen=True):
    """The modules of one host; ``name`` is empty where the run looked at no other machine."""

    name: str
    cards: Sequence[ModuleCard]


def hosts(document: Document, past: Past) -> list[HostCards]:
    """Return the modules by their hosts."""
    section = document.platform
    now = 0.0 if document.created is UNSET else document.created
    whole = sum(len(one.checks) for one in section.modules) <= _ALL_CHECKS
    needed = _needed_by(section)
    groups: dict[str, list[ModuleCard]] = {}
    for number, (row, module) in enumerate(zip(rows(section), section.modules, strict=True)):
        card = _card(f"m{number}", row, module, (past, now, whole, needed))
        groups.setdefault(row.get("host", ""), []).append(card)
    for cards in groups.values():
        cards.sort(key=lambda one: _WORST[one.module.verdict])
    return [HostCards(name, cards) for name, cards in sorted(groups.items())]


def anchors(found: Sequence[HostCards]) -> dict[str, str]:
    """Return the anchor of each module by its name."""
    return {one.module.name: one.anchor for host in found for one in host.cards}


def _card(
    anchor: str,
    row: Mapping[str, str],
    module: ModuleReport,
    about: tuple[Past, float, bool, Mapping[str, Sequence[str]]],
) -> ModuleCard:
    past, now, whole, needed = about
    runs = past.get(module.name, ())
    found = streak(runs)
    wanted = module.checks if whole else _telling(module.checks)
    return ModuleCard(
        anchor=anchor,
        module=module,
        row=row,
        seconds=sum(map(_seconds, module.checks)),
        lasting=lasting(found, now) if found else "",
        flapping=flaps(runs),
        strip=strip(runs) if runs else None,
        plot=plot(runs),
        containers=[(one, " ".join(_life(one, now))) for one in module.observed or ()],
        needs=needs_of(module),
        needed_by=needed.get(module.name, ()),
        checks=wanted[:_LISTED],
        unlisted=len(module.checks) - len(wanted[:_LISTED]),
    )


def _telling(checks: Sequence[CheckReport]) -> list[CheckReport]:
    """Return the checks that did not pass, and the slowest that did."""
    passed = sorted((one for one in checks if one.verdict == "passed"), key=_seconds, reverse=True)
    return [*(one for one in checks if one.verdict != "passed"), *passed[:_SLOWEST]]


def _seconds(check: CheckReport) -> float:
    return check.seconds


def _needed_by(section: Platform) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for module in section.modules:
        for name in needs_of(module):
            found.setdefault(name, []).append(module.name)
    return found


def _life(container: ContainerReport, now: float) -> Iterator[str]:
    """Yield what is known of a container's life: its state, since when, and its restarts."""
    ended = container.status in {"exited", "dead"}
    yield f"{container.status} {container.exit_code}" if ended else container.status
    if container.health:
        yield f"({container.health})"
    at = container.finished_at if ended else container.started_at
    began = parsed(at)
    if began is not None:
        yield f"since {moment(began)}"
        if now > began:
            yield f"({span(now - began)})"
    if container.restart_count:
        yield f"after {container.restart_count} restarts"
