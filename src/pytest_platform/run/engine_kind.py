"""What a run needs of an engine: looking, judging states, and running a one-shot again.

This is the seam. Nothing above it knows which engine runs a module; ``run.engines`` names those
that there are.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager
from typing import Any, Protocol

from pytest_platform.compose.service import Restart
from pytest_platform.docker.details import Digests
from pytest_platform.module.loader import Module
from pytest_platform.probes.kind import Target
from pytest_platform.run.host import Host, Reach
from pytest_platform.workload.seen import Changes, HostView, JudgedState, ServiceKey, Workload


class Again(Protocol):
    """Runs one workload again, and waits for its end. Nothing else of it is changed."""

    def start(self) -> None:
        """Start it.

        Raises:
            AlreadyStarted: somebody else has changed or started it since it was seen.
            PlatformError: the engine cannot be asked, or refuses.
        """

    def wait(self, timeout: float) -> int:
        """Wait at most ``timeout`` seconds for its end, and return the exit code.

        Raises:
            OneShotTimeout: it still runs, and is left running.
            PlatformError: contact was lost.
        """

    def now(self) -> str:
        """Say in a few words what it does now; ``running`` where that cannot be found out."""


class EngineKind(Protocol):
    """One kind of engine. ``Host`` leads to it; every method may be called from any thread."""

    ignores: Mapping[str, str]
    """Keys of a service in the files that a deployment ignores, with what to do instead."""

    def restart_of(self, service: Mapping[str, Any]) -> Restart:
        """Return the restart policy that a deployment of a rendered service sets."""

    def as_deployed(self, service: Mapping[str, Any]) -> Mapping[str, Any]:
        """Add to a service of the files what a deployment adds where they say nothing."""

    def take(self, host: Host, keys: Collection[ServiceKey], digests: Digests | None) -> HostView:
        """Look once at all that ``keys`` name.

        Raises:
            PlatformError: the engine cannot be asked.
        """

    def watch(self, host: Host, groups: Collection[str]) -> AbstractContextManager[Changes]:
        """Subscribe to changes of these projects or stacks."""

    def state(
        self, module: Module, view: HostView, owner: Module | None, beside: HostView | None
    ) -> JudgedState:
        """Judge the state of a module. Pure. ``beside`` is the look at the host of its owner."""

    def running_beside(self, module: Module, view: HostView) -> bool | None:
        """Tell whether another run of the module goes on; None where that is not known."""

    def target(self, module: Module, host: Host, view: HostView, reach: Reach) -> Target:
        """Return what a probe needs; ``reach`` finds other hosts by their names."""

    def tail(self, host: Host, workload: Workload, lines: int) -> str:
        """Return the last lines of its output.

        Raises:
            PlatformError: they cannot be had.
        """

    def again(
        self, host: Host, module: Module, workload: Workload
    ) -> AbstractContextManager[Again]:
        """Prepare to run again what was seen as ``workload``. Changes nothing yet."""
