"""The table of modules at the end of a run."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

_MAX_OBSERVED = 24
_WORST_FIRST = ("error", "failed", "passed", "skipped")


def rows(section: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return a row per module, by the headings; the host only where there are other ones."""
    elsewhere = any("host" in module for module in section["modules"])
    return [
        {
            "module": module["name"],
            **({"host": module.get("host", "?")} if elsewhere else {}),
            "expected": module["expected_state"] or "?",
            "observed": _observed(module["observed"]),
            "contract": _part(module["checks"], {"contract"}),
            "state": _part(module["checks"], {"health", "smoke", "drift", "apply"}),
            "verdict": module["verdict"],
        }
        for module in section["modules"]
    ]


def table(section: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the lines of the table, each with the verdict that colours it."""
    body = rows(section)
    cells = [list(body[0]), *(list(row.values()) for row in body)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    verdicts = ["", *(row["verdict"] for row in body)]
    return [(_line(row, widths), verdict) for row, verdict in zip(cells, verdicts, strict=True)]


def plan_lines(section: Mapping[str, Any]) -> list[str]:
    """Return what is planned for each module: the drift, the decision and its reasons."""
    lines: list[str] = []
    for module in section["modules"]:
        if plan := module.get("plan"):
            unseen = "not looked at" if section["remote_mode"] == "skip" else "none"
            drift = ", ".join(plan["drift"]) or unseen
            lines += [f"{module['name']}: {plan['decision']}", f"  drift: {drift}"]
            lines += [f"  - {one['message']} [{one['code']}]" for one in plan["reasons"]]
        if apply := module.get("apply"):
            lines.append(f"{module['name']}: {_applied(apply)}")
    return lines


def _applied(apply: Mapping[str, Any]) -> str:
    if not apply["ran"]:
        return "not run"
    if apply["exit_code"] is None:
        return "was started, and its end was not seen"
    return f"ran once, exited {apply['exit_code']} after {apply['seconds']:.1f} s"


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
    return "  ".join(padded).rstrip()


def _observed(containers: Sequence[Mapping[str, Any]] | None) -> str:
    if containers is None:
        return "not looked at"
    if not containers:
        return "missing"
    text = ", ".join(sorted({_state(one) for one in containers}))
    return text if len(text) <= _MAX_OBSERVED else text[: _MAX_OBSERVED - 1] + "…"


def _part(checks: Sequence[Mapping[str, Any]], groups: Collection[str]) -> str:
    """Return the worst verdict of some groups; a dash where none of them was asked."""
    verdicts = {check["verdict"] for check in checks if check["group"] in groups}
    return next((one for one in _WORST_FIRST if one in verdicts), "-")


def _state(container: Mapping[str, Any]) -> str:
    status = container["status"]
    if status == "exited":
        return f"exited {container['exit_code']}"
    return f"{status}, {container['health']}" if container["health"] else status
