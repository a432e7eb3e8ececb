"""What a run shares: the modules, the renderer, and one look at each host."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from pytest_platform.compose.renderer import Renderer
from pytest_platform.docker.details import Digests
from pytest_platform.docker.snapshot import ServiceKey, Snapshot, take
from pytest_platform.errors import PlatformError
from pytest_platform.module.catalog import Catalog
from pytest_platform.module.loader import Module, Probe
from pytest_platform.probes.kind import ProbeKind, Target
from pytest_platform.run.faults import StateChecks
from pytest_platform.run.fleet import Host, Hosts
from pytest_platform.run.graph import neighbours
from pytest_platform.run.known import known_of
from pytest_platform.run.observation import Looking, Show, telling
from pytest_platform.secrets import Secrets
from pytest_platform.state.table import Seen, seen_of

if TYPE_CHECKING:
    from pytest_platform.stack.ephemeral import Ephemeral

Look = Callable[[Host, list[Module], Show], Snapshot]
"""Takes the snapshot of a host for a run, after waiting for its modules where that was asked."""

Watch = Callable[[], AbstractContextManager[Show]]
"""Shows people what is waited for, as long as the block runs."""


class HostFailed(PlatformError):
    """A host could not be looked at, as another module of it has told already."""

    def __init__(self, host: Host, first: str, cause: PlatformError) -> None:
        super().__init__(f"{host.name} could not be looked at; '{first}' says why")
        self.code = cause.code


@dataclass(slots=True)
class Context:
    """One process's view of one run. ``remote_mode`` is ``skip``, ``local`` or ``ssh``.

    ``names`` are those to which the run is narrowed; None means all.
    ``selected`` are the modules of the run; where workers share them, ``shares`` says by
    name which go together. ``digests`` are there where drift is asked for; the snapshots then
    keep the details. ``state_checks`` are the checks of states in this run, on which others
    rely. ``stack`` is there where the run has a stack of its own.
    """

    catalog: Catalog
    renderer: Renderer
    hosts: Hosts
    look: Look
    remote_mode: str
    today: date
    probes: Mapping[str, ProbeKind]
    watch: Watch = lambda: nullcontext(lambda _: None)
    names: Collection[str] | None = None
    selected: list[Module] = field(default_factory=list)
    shares: Mapping[str, int] = field(default_factory=dict)
    digests: Digests | None = None
    stack: Ephemeral | None = None
    state_checks: StateChecks = field(default_factory=StateChecks)
    _looks: dict[Host, Looking] = field(default_factory=dict)
    _known: Secrets | None = None
    _secrets: Secrets = field(default_factory=Secrets)
    _secrets_state: tuple[int, ...] = ()
    _met: Secrets = field(default_factory=Secrets)

    def host_of(self, module: Module) -> Host:
        """Return the host that a module runs on.

        Raises:
            NoHost: nobody has said which.
        """
        return self.hosts.of(module)

    def snapshot(self, module: Module, *, asker: Module | None = None) -> Snapshot:
        """Return the run's one look at a module's host. A failure is kept too.

        It is told in full to the first who asks, and to others that this one says why:
        ``asker`` is whose check it is, where that is another module.

        On first use all hosts of the run, or of this worker's share of it, are looked at,
        each in a thread of its own.

        Raises:
            NoHost: nobody has said which host it is.
            EngineError: the Engine cannot be asked. Costs its deadline once, not once a check.
        """
        looking = self._looking(module)
        try:
            return self._awaited(looking)
        except PlatformError as error:
            name = asker.name if asker else module.name
            looking.first = looking.first or name
            if looking.first == name:
                raise error.with_traceback(None) from None
            raise HostFailed(self.host_of(module), looking.first, error) from None

    def has_snapshot(self, module: Module) -> bool:
        """Tell whether the host of a module was looked at already, with success."""
        if self.remote_mode == "skip":
            return False
        with suppress(PlatformError):
            looking = self._looks.get(self.host_of(module))
            return looking is not None and looking.over and looking.snapshot is not None
        return False

    def _looking(self, module: Module) -> Looking:
        host = self.host_of(module)
        if host not in self._looks:
            self._look_at_all(module)
        return self._looks[host]

    def _awaited(self, looking: Looking) -> Snapshot:
        if looking.over:
            return looking.result()
        with self.watch() as show:
            return looking.wait(show)

    def _look_at_all(self, module: Module) -> None:
        if self.stack:
            # Here, because only the main thread may take over signals. Who looks tells of it.
            with suppress(PlatformError), self.watch() as show:
                self.stack.start(self.selected, telling(show))
        for host, modules in self._to_look_at(module).items():
            if host not in self._looks:
                self._looks[host] = Looking(self._look_at(host, modules))

    def _look_at(self, host: Host, modules: list[Module]) -> Callable[[Show], Snapshot]:
        return lambda show: self.look(host, modules, show)

    def _to_look_at(self, module: Module) -> dict[Host, list[Module]]:
        """Name the hosts that this run needs, with the modules on each that are looked at."""
        hosts: dict[Host, dict[str, Module]] = {self.host_of(module): {}}
        share = self.shares.get(module.name)
        for one in (one for one in self.selected if self.shares.get(one.name) == share):
            for needed in (one, *neighbours(one, self.catalog)):
                # Its own checks say so.
                with suppress(PlatformError):
                    hosts.setdefault(self.host_of(needed), {})[needed.name] = needed
        return {host: list(modules.values()) for host, modules in hosts.items()}

    def seen(self, module: Module) -> Seen:
        """Return what was seen of a module, and of the data of its owner.

        Raises:
            PlatformError: as ``snapshot``, or the owner does not exist or cannot be read.
        """
        snapshot, owner = self.snapshot(module), self.owner_of(module)
        return seen_of(module, owner, snapshot, self._beside(owner))

    def _beside(self, owner: Module | None) -> Snapshot | None:
        """Return the snapshot with the owner in it; that it cannot be had is told of the owner."""
        try:
            return self._awaited(self._looking(owner)) if owner else None
        except PlatformError:
            return None

    def target(self, module: Module, *, again: Collection[ServiceKey] = ()) -> Target:
        """Return what a probe of a module needs, with a new look at the services in ``again``.

        The run's own look stays.

        Raises:
            PlatformError: as ``snapshot``.
        """
        host = self.host_of(module)
        snapshot = self._look_again(host, again) if again else self.snapshot(module)
        return Target(module, host.transport, host.engine, snapshot)

    def _look_again(self, host: Host, services: Collection[ServiceKey]) -> Snapshot:
        host.engine.forget()
        snapshot = take(host.engine, services)
        self._met = self._met | snapshot.secrets
        return snapshot

    def refresh(self, module: Module) -> None:
        """Forget the looks at all that a module concerns: something was or may be changed."""
        for one in (module, *neighbours(module, self.catalog)):
            with suppress(PlatformError):
                self._forget(self.host_of(one))

    def _forget(self, host: Host) -> None:
        looking = self._looks.pop(host, None)
        if looking and looking.snapshot:
            self._met = self._met | looking.snapshot.secrets
        host.engine.forget()
        host.compose.forget()

    def owner_of(self, module: Module) -> Module | None:
        """Return the stateful module whose data ``module`` changes; None where it is no sidecar.

        Raises:
            ModuleBroken: the owner does not exist or cannot be read.
        """
        owner = module.manifest.spec.state.owner
        if owner is None:
            return None
        return self.catalog.require(owner, wanted_by=module.at("spec", "state", "owner"))

    def secrets(self) -> Secrets:
        """Return all values that no report may carry: of all files, and of the hosts looked at.

        A value that is also a public word, such as the name of a module, is no secret:
        to hide it would garble every report and keep nothing from anybody.
        """
        if self._known is None:
            self._known = known_of(self.catalog, self.names)
        snapshots = [one.snapshot for one in self._looks.values() if one.snapshot]
        state = (self.renderer.count, id(self._met), *map(id, snapshots))
        if state != self._secrets_state:
            met = self._known | self._met | self.renderer.secrets()
            for snapshot in snapshots:
                met = met | snapshot.secrets
            self._secrets, self._secrets_state = met.without(self._public(snapshots)), state
        return self._secrets

    def _public(self, snapshots: Iterable[Snapshot]) -> Iterator[str]:
        for snapshot in snapshots:
            yield snapshot.host
            for container in snapshot.containers:
                yield from (container.name, container.service, container.image)

    def close(self) -> None:
        """Close what is open towards hosts."""
        for looking in self._looks.values():
            looking.abandon()
        for host in self.hosts:
            host.close()


def services_to_see(
    modules: Iterable[Module], catalog: Catalog, probes: Mapping[str, ProbeKind]
) -> set[ServiceKey]:
    """Name the services that the checks of ``modules`` need in a snapshot."""
    wanted: set[ServiceKey] = set()
    for module in modules:
        for one in (module, *neighbours(module, catalog)):
            wanted.add((one.project, one.service))
        for probe in (*module.health, *module.smoke):
            wanted.update(services_of_probe(module, probe, probes))
    return wanted


def services_of_probe(
    module: Module, probe: Probe, probes: Mapping[str, ProbeKind]
) -> set[ServiceKey]:
    """Name the services that one probe of a module looks at, its own among them."""
    names = (module.service, *probes[probe.kind].services(probe.spec))
    return {(module.project, name) for name in names}
