"""What a part of a module's checks says of the module, and what it cannot say. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from pytest_platform.checks.blocked import CODE as BLOCKED

Check = Mapping[str, Any]
"""One entry of ``checks`` in the JSON document."""

DRIFT: Final = "drift::none"
STATE: Final = "health::state"
"""The check without which nobody knows whether a module is in its declared state."""

_NAMES: Final = 6


def merged(checks: Iterable[Check]) -> list[Check]:
    """Return one record per id: the worst that is wrong, else the last.

    A test reports its call, its teardown and each of its subtests apart, itself after these.
    """
    by_id: dict[str, Check] = {}
    for check in checks:
        known = by_id.get(check["id"], check)
        by_id[check["id"]] = known if _badness(known) > _badness(check) else check
    return list(by_id.values())


def module_verdict(checks: Sequence[Check], remote_mode: str) -> str:
    """Return the worst verdict; ``unverified`` where the state of the module was not judged.

    Also where a probe was skipped because of the state of another module.
    """
    verdicts = {check["verdict"] for check in checks}
    for worst in ("error", "failed"):
        if worst in verdicts:
            return worst
    in_state = any(check["id"] == STATE and check["verdict"] == "passed" for check in checks)
    blocked = any(check["code"] == BLOCKED for check in checks)
    return "passed" if in_state and not blocked and remote_mode != "skip" else "unverified"


def judged(checks: Iterable[Check]) -> bool:
    """Tell whether the state of the module was judged, be it with an expected failure."""
    states = (check for check in checks if check["id"] == STATE)
    return any(check["verdict"] != "skipped" or "xfail" in check for check in states)


def state_codes(checks: Iterable[Check]) -> set[str]:
    """Return the code of a state that is not as declared, also where that was expected."""
    states = (check for check in checks if check["id"] == STATE)
    return {one["code"] for one in states if one["verdict"] == "failed" or _expected(one)}


def notes(section: Mapping[str, Any]) -> Iterator[str]:
    """Yield what the table of modules cannot show: parts of checks, and what contradicts them."""
    parts: dict[tuple[int, int], list[str]] = {}
    for module in section["modules"]:
        part = (module.get("selected", 0), module.get("total", 0))
        if part[0] < part[1]:
            parts.setdefault(part, []).append(module["name"])
    for (selected, total), names in parts.items():
        yield f"{selected} of {total} checks: {_listed(names)}"
    for module in section["modules"]:
        if contradiction := module.get("contradiction"):
            yield (
                f"{module['name']}: {STATE} was not judged, and what runs is not as declared: "
                f"{contradiction['message']} [{contradiction['code']}]"
            )
        for check in module["checks"]:
            if check["id"] == DRIFT and check["verdict"] == "passed" and module["drift"]:
                yield f"{module['name']}: {DRIFT}: {check['message']}"
            if check["id"] == STATE and "xfail" in check:
                yield f"{module['name']}: {STATE}: {check['message']} [{check['code']}]"


def _badness(check: Check) -> int:
    return {"error": 2, "failed": 1}.get(check["verdict"], 0)


def _expected(check: Check) -> bool:
    return "xfail" in check and check["code"] is not None


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMES} more" if len(names) > _NAMES else ""
    return ", ".join(names[:_NAMES]) + more
