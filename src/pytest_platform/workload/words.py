"""How exit codes and times are said, whatever engine runs the workload."""

from __future__ import annotations

from datetime import datetime, timedelta

_EXIT_HINTS = {
    125: "the container could not be started",
    126: "the command cannot be executed",
    127: "the command was not found",
    137: "killed",
    143: "terminated",
}


def exited(code: int, *, out_of_memory: bool = False) -> str:
    """Say how it ended."""
    hint = "out of memory" if out_of_memory else _EXIT_HINTS.get(code)
    return f"exited {code} ({hint})" if hint else f"exited {code}"


def in_times(count: int) -> str:
    """Say how often."""
    return f"{count} time{'s' if count > 1 else ''}"


def age_of(since: datetime | None, now: datetime) -> str:
    """Say how long ago something was."""
    return span_of(now - since) if since else "an unknown time"


def span_of(length: timedelta) -> str:
    """Say how long something takes, in one unit."""
    whole = max(0, int(length.total_seconds()))
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if whole >= 2 * size:
            return f"{whole // size} {unit}"
    return f"{whole} s"
