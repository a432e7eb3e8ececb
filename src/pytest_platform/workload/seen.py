"""What is seen of a module, whatever engine runs it: workloads, their state, one look at a host.

An engine implements ``Observing`` for its part. What is above asks for a ``JudgedState`` and never
for what an engine calls its things. How exit codes and times are said is the same for all.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from msgspec import Struct

from pytest_platform.secrets import Secrets
from pytest_platform.verdict import Finding

ServiceKey = tuple[str, str]
"""What holds services together, such as a project or a stack, and a service in it."""

_EXIT_HINTS = {
    125: "the container could not be started",
    126: "the command cannot be executed",
    127: "the command was not found",
    137: "killed",
    143: "terminated",
}


class Phase(StrEnum):
    """How far a workload is."""

    WAITING = "waiting"
    """It was not started yet, or never."""
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    """It ended with exit code 0."""
    FAILED = "failed"
    """It ended in another way, or was refused."""
    UNKNOWN = "unknown"


class Workload(Struct, frozen=True):
    """One thing that an engine runs or ran for a service. Times are in UTC.

    ``status`` is the engine's own word, ``words`` say in a few more what it is doing.
    ``exit_code`` is None where it has not ended. ``image`` is the reference, ``image_id`` what
    it was resolved to. ``revision`` changes with the settings. ``troubled`` tells that its output
    helps to understand why something is wrong. ``node`` is the machine, where there are several.
    ``ports`` are its own TCP ports that are published.
    """

    id: str
    name: str
    phase: Phase
    status: str
    words: str
    exit_code: int | None = None
    health: str | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    restart_count: int = 0
    image: str = ""
    image_id: str = ""
    revision: str = ""
    troubled: bool = False
    node: str = ""
    ports: tuple[int, ...] = ()


class JudgedState(Struct, frozen=True):
    """The state of one module: what was seen, what is wrong with it, the worst first.

    ``settled`` tells that waiting longer is of no use.
    """

    now: datetime
    workloads: tuple[Workload, ...]
    findings: tuple[Finding, ...]
    settled: bool = True


class HostView(Protocol):
    """One look at a host by one engine. ``secrets`` are the values met on the way."""

    @property
    def host(self) -> str:
        """The host's name as people are shown it."""

    @property
    def taken_at(self) -> datetime:
        """When it was taken."""

    @property
    def secrets(self) -> Secrets:
        """The values that no report may carry."""

    @property
    def public(self) -> Collection[str]:
        """The words that are no secrets, such as names of services."""

    def at(self, moment: datetime) -> HostView:
        """Return the same look as if it had been taken later: nothing has changed since."""


class Changes(Protocol):
    """Tells when it is worth while to look again."""

    def within(self, seconds: float) -> bool:
        """Wait for a change, at most ``seconds``; tell whether there may have been one.

        Raises:
            PlatformError: changes would go unnoticed from now on.
        """


class Awaited(Struct, frozen=True):
    """A module to wait for: its state by a look at its host.

    ``groups`` are the projects or stacks whose workloads its checks look at.
    """

    name: str
    groups: frozenset[str]
    state: Callable[[HostView], JudgedState]


class Watching(Protocol):
    """Subscribes to changes of some groups for the time of a block."""

    def __call__(self, groups: Collection[str]) -> AbstractContextManager[Changes]:
        """Subscribe before the first look, so that no change falls between the two."""


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
