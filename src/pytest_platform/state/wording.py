"""What a container is doing, in a few words for people. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from pytest_platform.docker.snapshot import Container

_EXIT_HINTS = {
    125: "the container could not be started",
    126: "the command cannot be executed",
    127: "the command was not found",
    137: "killed",
    143: "terminated",
}


def describe(container: Container, now: datetime) -> str:
    """Say in a few words what a container is doing, for people."""
    if container.status == "exited":
        count = container.restart_count if container.restart_limit else 0
        return exit_of(container) + (f" after {_restarts(count)}" if count else "")
    if container.status == "created":
        return "created, never started"
    if container.status != "running":
        return container.status
    words = f"running for {age_of(container.started_at, now)}"
    return f"{words}, {container.health}" if container.health else words


def exit_of(container: Container) -> str:
    """Name the exit code, and what is known of its cause."""
    if container.oom_killed:
        return f"exited {container.exit_code} (out of memory)"
    hint = _EXIT_HINTS.get(container.exit_code)
    return f"exited {container.exit_code} ({hint})" if hint else f"exited {container.exit_code}"


def reason_of(container: Container) -> str:
    """Give the Engine's own words, where it could not start or run the container."""
    return f" ({container.error})" if container.error else ""


def last_exit_of(container: Container) -> str:
    """Give the exit code of the last run; while another one runs, the Engine says 0."""
    if container.status != "running":
        return f", last exit code {container.exit_code}"
    if container.last_exit is None:
        return ", running just now"
    return f", last exit code {container.last_exit}, running just now"


def in_times(count: int) -> str:
    """Count events: ``1 time``, ``2 times``."""
    return f"{count} time{'s' if count > 1 else ''}"


def _restarts(count: int) -> str:
    return f"{count} restart{'s' if count > 1 else ''}"


def age_of(since: datetime | None, now: datetime) -> str:
    """Say how long ago something was."""
    return span_of(now - since) if since else "an unknown time"


def span_of(length: timedelta) -> str:
    """Say a length of time in the largest unit of which there are two."""
    whole = max(0, int(length.total_seconds()))
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if whole >= 2 * size:
            return f"{whole // size} {unit}"
    return f"{whole} s"


def in_containers(count: int) -> str:
    """Count containers."""
    return "1 container" if count == 1 else f"{count} containers"
