"""Taking the snapshot of one host, after waiting for its modules where that was asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from queue import SimpleQueue
from typing import TYPE_CHECKING, Protocol

from pytest_platform.docker.details import Digests
from pytest_platform.errors import PlatformError
from pytest_platform.hosts.background import in_background
from pytest_platform.module.catalog import Catalog
from pytest_platform.module.loader import Module
from pytest_platform.probes.kind import ProbeKind
from pytest_platform.run.engines import Host, engine_of, kind_of
from pytest_platform.run.graph import services_to_see
from pytest_platform.run.on_compose import runs_containers
from pytest_platform.state import table
from pytest_platform.state.wait import Status, wait
from pytest_platform.units import seconds
from pytest_platform.workload.seen import Awaited, HostView, JudgedState

if TYPE_CHECKING:
    from pytest_platform.stack.ephemeral import Ephemeral
    from pytest_platform.stack.startup import OnProgress, ServiceProgress

Show = Callable[[Sequence[Status]], None]
"""Takes the progress of the modules of one host, for people who watch."""


_AGAIN = 30.0
"""Seconds after which what has not changed is told once more."""


def telling(show: Show) -> OnProgress:
    """Return what shows how far a stack is that is just started."""

    def tell(coming: Sequence[ServiceProgress], waited: float) -> None:
        often = int(waited // _AGAIN)
        show(
            [
                Status(one.service, f"{one.text} {often}", one.text, one.started, waited)
                for one in coming
            ]
        )

    return tell


class Abandoned(PlatformError):
    """The run ended before the observation did."""

    code = "host.abandoned"


class Observation:
    """One snapshot of one host in the making, begun when this is made.

    ``first`` names the module whose check reported first that it failed; ``over`` tells that
    somebody has waited for its end.

    Its thread has no terminal; its progress is shown by the thread that waits for it.
    """

    def __init__(self, take: Callable[[Show], HostView]) -> None:
        self.first = ""
        self.over = False
        self._progress: SimpleQueue[Sequence[Status] | None] = SimpleQueue()
        self._abandoned = False
        self._future = in_background(partial(take, self._put))
        self._future.add_done_callback(lambda _: self._progress.put(None))

    def wait(self, show: Show) -> HostView:
        """Return the snapshot; calls ``show`` with the progress meanwhile.

        Raises:
            PlatformError: the host could not be observed.
        """
        while not self.over:
            statuses = self._progress.get()
            self.over = statuses is None
            if statuses:
                show(statuses)
        return self.result()

    def result(self) -> HostView:
        """Return the snapshot, as soon as it was taken.

        Raises:
            PlatformError: the host could not be observed.
        """
        return self._future.result()

    @property
    def snapshot(self) -> HostView | None:
        """The snapshot; None where there is none yet, or it could not be taken."""
        done = self._future.done() and self._future.exception() is None
        return self._future.result() if done else None

    def abandon(self) -> None:
        """End an observation that waits for something: its result is not wanted any more."""
        self._abandoned = True

    def _put(self, statuses: Sequence[Status]) -> None:
        if self._abandoned:
            raise Abandoned("the run has ended")
        self._progress.put(statuses)


class Observer(Protocol):
    """Takes snapshots of hosts for a run."""

    def prepare(self, modules: Iterable[Module], show: Show) -> None:
        """Do what only the main thread may do, before hosts are observed."""

    def snapshot(self, host: Host, modules: list[Module], show: Show) -> HostView:
        """Take the snapshot of a host with what the checks of its modules need.

        Raises:
            PlatformError: the host cannot be asked.
        """


class DeployedObserver:
    """Observes what was deployed. ``wait`` is a duration such as ``30s``; empty means none."""

    def __init__(
        self,
        catalog: Catalog,
        probes: Mapping[str, ProbeKind],
        wait: str = "",
        digests: Digests | None = None,
    ) -> None:
        self._catalog = catalog
        self._probes = probes
        self._wait = wait
        self._digests = digests

    def prepare(self, modules: Iterable[Module], show: Show) -> None:
        """Do nothing: it is deployed."""

    def snapshot(self, host: Host, modules: list[Module], show: Show) -> HostView:
        """Wait for the declared states if asked to, and take the snapshot."""
        return self.observe(host, modules, self._wait, show)

    def observe(self, host: Host, modules: list[Module], duration: str, show: Show) -> HostView:
        """Wait for at most ``duration``, and take the snapshot."""
        # Of these modules only: another host may have services of the same names.
        services = services_to_see(modules, self._catalog, self._probes)
        kind = engine_of(modules[0]) if modules else kind_of("compose")
        if not duration:
            return kind.take(host, services, self._digests)
        return wait(
            partial(kind.watch, host),
            lambda: kind.take(host, services, self._digests),
            [self.awaited(module) for module in modules],
            duration=seconds(duration),
            progress=show,
        )

    def awaited(self, module: Module) -> Awaited:
        """Say for which state of a module to wait."""

        def state(view: HostView) -> JudgedState:
            # Whether the owner's data is newer changes nothing about waiting longer.
            return engine_of(module).state(module, view, None, None)

        services = services_to_see([module], self._catalog, self._probes)
        return Awaited(module.name, frozenset(group for group, _ in services), state)


class EphemeralObserver:
    """Starts the ephemeral stack and observes it, waiting longer at first than afterwards.

    ``wait`` is a duration; empty means ``FIRST_WAIT``.
    """

    FIRST_WAIT, LATER_WAIT = "2m", "10s"

    def __init__(self, deployed: DeployedObserver, stack: Ephemeral, wait: str) -> None:
        self._deployed = deployed
        self._stack = stack
        self._wait = wait or self.FIRST_WAIT

    def prepare(self, modules: Iterable[Module], show: Show) -> None:
        """Start the stack: only the main thread may take over signals."""
        ours = [one for one in modules if runs_containers(one)]
        if not ours:
            return
        with suppress(PlatformError):  # raised again by ``snapshot``
            self._stack.start(ours, telling(show))

    def snapshot(self, host: Host, modules: list[Module], show: Show) -> HostView:
        """Take the snapshot of all members of the stack.

        Raises:
            PlatformError: the stack could not be started, and its state does not show why.
        """
        from pytest_platform.stack.parts import refuse_other_engine

        stack = self._stack
        for one in modules:
            refuse_other_engine(one)
        members = stack.start(modules)
        snapshot = self._deployed.observe(host, members, self._duration(), show)
        stack.waited_for = True
        if stack.trouble and not self._shows(snapshot, members):
            raise stack.trouble
        return snapshot

    def _duration(self) -> str:
        if self._stack.trouble:
            return ""
        return self.LATER_WAIT if self._stack.waited_for else self._wait

    def _shows(self, snapshot: HostView, modules: list[Module]) -> bool:
        """Tell whether the state of what was started explains why not all of it could be."""
        awaited = map(self._deployed.awaited, modules)
        codes = {found.code for one in awaited for found in one.state(snapshot).findings}
        return bool(codes) and table.MISSING not in codes
