"""What a container is doing, in a few words for people. Pure."""

from __future__ import annotations

from datetime import datetime

from pytest_platform.docker.snapshot import Container
from pytest_platform.workload.words import age_of, exited


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
    return exited(container.exit_code, out_of_memory=container.oom_killed)


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


def _restarts(count: int) -> str:
    return f"{count} restart{'s' if count > 1 else ''}"


def in_containers(count: int) -> str:
    """Count containers."""
    return "1 container" if count == 1 else f"{count} containers"
