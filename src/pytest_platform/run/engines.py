"""The engines there are, by their keys below ``spec.runtime``, and what a run needs of one.

This is the seam: looking, judging states, and running a one-shot again. Nothing above it knows
which engine runs a module. A new one is one line here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager
from functools import cache
from typing import Any, Final, Protocol

from msgspec import Struct

from pytest_platform.compose.remote import RemoteCompose
from pytest_platform.compose.service import RenderedService, Restart
from pytest_platform.docker.details import Digests
from pytest_platform.docker.engine import Engine
from pytest_platform.hosts.transport import Transport
from pytest_platform.module.loader import Module
from pytest_platform.probes.kind import Target
from pytest_platform.workload.seen import Changes, HostView, JudgedState, ServiceKey, Workload


class Host(Struct, frozen=True, eq=False):
    """One host. Asks nothing before it is asked."""

    transport: Transport
    engine: Engine
    compose: RemoteCompose

    @classmethod
    def over(cls, transport: Transport) -> Host:
        """Make the host that a transport leads to."""
        return cls(transport, Engine(transport), RemoteCompose(transport))

    @property
    def name(self) -> str:
        """The host's name as people are shown it."""
        return self.transport.name

    def forget(self) -> None:
        """Drop what was remembered of the host: something on it was or may be changed."""
        self.engine.forget()
        self.compose.forget()

    def close(self) -> None:
        """Close what is open towards the host. May be called twice, and from another thread."""
        self.engine.close()
        self.transport.close()


Reach = Callable[[str], Host | None]
"""Returns the host that the inventory names as a node is named; None where it names none."""


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

    def restart_of(self, service: RenderedService) -> Restart:
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


# Imported when a module needs it: a run of Compose projects has no use for the Swarm.
def _compose() -> EngineKind:
    from pytest_platform.run.on_compose import OnCompose

    return OnCompose()


def _swarm() -> EngineKind:
    from pytest_platform.run.on_swarm import OnSwarm

    return OnSwarm()


_KINDS: Final[Mapping[str, Callable[[], EngineKind]]] = {"compose": _compose, "swarm": _swarm}


@cache
def kind_of(engine: str) -> EngineKind:
    """Return the engine with a key such as ``swarm``."""
    return _KINDS[engine]()


def engine_of(module: Module) -> EngineKind:
    """Return the engine that runs a module."""
    return kind_of(module.engine)
