"""The hosts of a run, and one snapshot of each, shared by all its checks."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext, suppress
from functools import partial

from msgspec import Struct, field

from pytest_platform.docker.snapshot import Snapshot
from pytest_platform.errors import PlatformError
from pytest_platform.module.catalog import Catalog
from pytest_platform.module.loader import Module
from pytest_platform.run.engines import Host
from pytest_platform.run.graph import Plan, neighbours
from pytest_platform.run.observer import Observation, Observer, Show
from pytest_platform.run.on_compose import containers_in
from pytest_platform.run.remote_mode import RemoteMode
from pytest_platform.run.vault import Vault
from pytest_platform.workload.seen import HostView

Watch = Callable[[], AbstractContextManager[Show]]
"""Opens what shows people the progress of an observation, as long as the block runs."""


Meanwhile = Callable[[Iterable[Module]], None]
"""Does what the checks of modules will need, while their hosts are observed."""


_Place = tuple[Host, str]
"""A host, and the key of an engine on it."""


def unwatched() -> AbstractContextManager[Show]:
    """Show nothing."""
    return nullcontext(lambda _: None)


def idle(_: Iterable[Module]) -> None:
    """Do nothing meanwhile."""


class HostFailed(PlatformError):
    """A host could not be observed, as the check of another module has reported already."""

    def __init__(self, host: Host, first: str, cause: PlatformError) -> None:
        super().__init__(f"{host.name} could not be looked at; '{first}' says why")
        self.code = cause.code


class Fleet(Struct, frozen=True):
    """The hosts of a run. A host is made on first use, once, and observed once."""

    remote_mode: RemoteMode
    catalog: Catalog
    plan: Plan
    observer: Observer
    vault: Vault
    watch: Watch = unwatched
    meanwhile: Meanwhile = idle
    _hosts: dict[str, Host] = field(default_factory=dict)
    _observations: dict[_Place, Observation] = field(default_factory=dict)

    def host_of(self, module: Module) -> Host:
        """Return the host that a module runs on.

        Raises:
            NoHost: no host is named for it.
        """
        place = self.remote_mode.place_of(module)
        if place.address not in self._hosts:
            self._hosts[place.address] = Host.over(self.remote_mode.connect(place))
        return self._hosts[place.address]

    def host_named(self, name: str) -> Host | None:
        """Return the host that the inventory names so; None where it names none."""
        place = self.remote_mode.named(name)
        if place is None:
            return None
        if place.address not in self._hosts:
            self._hosts[place.address] = Host.over(self.remote_mode.connect(place))
        return self._hosts[place.address]

    def snapshot(self, module: Module, *, asker: Module | None = None) -> Snapshot:
        """Return what ``view`` does, as containers of Compose.

        Raises:
            PlatformError: as ``view``, or Compose does not run the module.
        """
        return containers_in(self.view(module, asker=asker))

    def view(self, module: Module, *, asker: Module | None = None) -> HostView:
        """Return the run's one look at a module's host, by its engine. A failure is kept too.

        The first module that asks gets the whole error, and others that this one has it:
        ``asker`` is the module whose check asks, where that is another one.

        On first use all hosts of the run, or of this worker's share of it, are observed,
        each in a thread of its own.

        Raises:
            NoHost: no host is named for it.
            EngineError: the Engine cannot be asked. Costs its deadline once, not once a check.
        """
        observation = self._observation(module)
        try:
            return self._awaited(observation)
        except PlatformError as error:
            name = asker.name if asker else module.name
            observation.first = observation.first or name
            if observation.first == name:
                raise error.with_traceback(None) from None
            raise HostFailed(self.host_of(module), observation.first, error) from None

    def beside(self, module: Module | None) -> HostView | None:
        """Return the snapshot with another module in it; None where it cannot be had.

        What is wrong with its host is reported by the checks of that module.
        """
        try:
            return self._awaited(self._observation(module)) if module else None
        except PlatformError:
            return None

    def has_snapshot(self, module: Module) -> bool:
        """Return whether the host of a module was observed already, with success."""
        if not self.remote_mode.live:
            return False
        with suppress(PlatformError):
            observation = self._observations.get((self.host_of(module), module.engine))
            return observation is not None and observation.over and bool(observation.snapshot)
        return False

    def forget(self, module: Module) -> None:
        """Drop the snapshots of all that a module concerns: something was or may be changed."""
        for one in (module, *neighbours(module, self.catalog)):
            with suppress(PlatformError):
                host = self.host_of(one)
                self._observations.pop((host, one.engine), None)
                host.forget()

    def close(self) -> None:
        """End all observations and close what is open towards hosts."""
        for observation in self._observations.values():
            observation.abandon()
        for host in list(self._hosts.values()):
            host.close()

    def _observation(self, module: Module) -> Observation:
        place = self.host_of(module), module.engine
        if place not in self._observations:
            self._observe_all(module)
        return self._observations[place]

    def _awaited(self, observation: Observation) -> HostView:
        if observation.over:
            return observation.result()
        with self.watch() as show:
            return observation.wait(show)

    def _observe_all(self, module: Module) -> None:
        with self.watch() as show:
            self.observer.prepare(self.plan.modules, show)
        wanted = self._wanted(module)
        for place, modules in wanted.items():
            if place not in self._observations:
                self._observations[place] = Observation(partial(self._take, place[0], modules))
        self.meanwhile(one for modules in wanted.values() for one in modules)

    def _take(self, host: Host, modules: list[Module], show: Show) -> HostView:
        snapshot = self.observer.snapshot(host, modules, show)
        self.vault.learn(snapshot)
        return snapshot

    def _wanted(self, module: Module) -> dict[_Place, list[Module]]:
        """Name the hosts that this process needs, with the modules on each that are observed."""
        hosts: dict[_Place, dict[str, Module]] = {(self.host_of(module), module.engine): {}}
        for one in self.plan.beside(module):
            for needed in (one, *neighbours(one, self.catalog)):
                # A missing host is reported by the checks of that module.
                with suppress(PlatformError):
                    place = self.host_of(needed), needed.engine
                    hosts.setdefault(place, {})[needed.name] = needed
        return {place: list(modules.values()) for place, modules in hosts.items()}
