"""What a part of a module's checks says of the module, and what it cannot say. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from msgspec import UNSET

from pytest_platform.checks.states import BLOCKED
from pytest_platform.report.check_report import CheckReport, ModuleVerdict
from pytest_platform.report.document import Platform
from pytest_platform.report.module_report import ModuleReport

DRIFT: Final = "drift::none"
STATE: Final = "health::state"
"""The check without which nobody knows whether a module is in its declared state."""

_NAMES: Final = 6


def merged(checks: Iterable[CheckReport]) -> list[CheckReport]:
    """Return one record per id: the worst that is wrong, else the last.

    A test reports its call, its teardown and each of its subtests apart, itself after these.
    """
    by_id: dict[str, CheckReport] = {}
    for check in checks:
        known = by_id.get(check.id, check)
        by_id[check.id] = known if _badness(known) > _badness(check) else check
    return list(by_id.values())


def module_verdict(checks: Sequence[CheckReport], remote_mode: str) -> ModuleVerdict:
    """Return the worst verdict; ``unverified`` where the state of the module was not judged.

    Also where a probe was skipped because of the state of another module.
    """
    verdicts = {check.verdict for check in checks}
    if "error" in verdicts:
        return "error"
    if "failed" in verdicts:
        return "failed"
    in_state = any(check.id == STATE and check.verdict == "passed" for check in checks)
    blocked = any(check.code == BLOCKED for check in checks)
    return "passed" if in_state and not blocked and remote_mode != "skip" else "unverified"


def judged(checks: Iterable[CheckReport]) -> bool:
    """Return whether the state of the module was judged, be it with an expected failure."""
    states = (check for check in checks if check.id == STATE)
    return any(check.verdict != "skipped" or check.xfail is not UNSET for check in states)


def state_codes(checks: Iterable[CheckReport]) -> set[str]:
    """Return the code of a state that is not as declared, also where that was expected."""
    states = (check for check in checks if check.id == STATE)
    wrong = (one.code for one in states if one.verdict == "failed" or _expected(one))
    return {code for code in wrong if code is not None}


def notes(section: Platform) -> Iterator[str]:
    """Yield what the table of modules cannot show: parts of checks, and what contradicts them."""
    parts: dict[tuple[int, int], list[str]] = {}
    for module in section.modules:
        part = (module.selected or 0, module.total or 0)
        if part[0] < part[1]:
            parts.setdefault(part, []).append(module.name)
    for (selected, total), names in parts.items():
        yield f"only {selected} of {total} checks ran: {_listed(names)}"
    for module in section.modules:
        yield from _contradictions(module)


def _contradictions(module: ModuleReport) -> Iterator[str]:
    if found := module.contradiction:
        yield (
            f"{module.name}: {STATE} was not judged, and what runs is not as declared: "
            f"{found.message} [{found.code}]"
        )
    for check in module.checks:
        if check.id == DRIFT and check.verdict == "passed" and module.drift:
            yield f"{module.name}: {DRIFT}: {check.message}"
        if check.id == STATE and check.xfail is not UNSET:
            yield f"{module.name}: {STATE}: {check.message} [{check.code}]"


def _badness(check: CheckReport) -> int:
    return {"error": 2, "failed": 1}.get(check.verdict, 0)


def _expected(check: CheckReport) -> bool:
    return check.xfail is not UNSET and check.code is not None


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMES} more" if len(names) > _NAMES else ""
    return ", ".join(names[:_NAMES]) + more
