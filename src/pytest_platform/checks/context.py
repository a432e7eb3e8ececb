"""What a run shares: the modules, the renderer, and one snapshot of each host."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from pytest_platform.checks.neighbours import neighbours
from pytest_platform.checks.probe import ProbeKind
from pytest_platform.errors import PlatformError
from pytest_platform.host.compose import Renderer
from pytest_platform.host.details import Digests
from pytest_platform.host.engine import Engine
from pytest_platform.host.snapshot import ServiceKey, Snapshot, take
from pytest_platform.host.transport import Transport
from pytest_platform.module.catalog import Catalog
from pytest_platform.module.loader import Module, Probe
from pytest_platform.secrets import Secrets

Look = Callable[[Engine, list[Module]], Snapshot]
"""Takes the snapshot for a run, after waiting for it where waiting was asked for."""


@dataclass(slots=True)
class Context:
    """One process's view of one run. ``remote_mode`` is ``skip`` or ``local``.

    ``digests`` are there where drift is asked for; the snapshot then keeps the details.
    ``state_checks`` names the checks of states in this run: a module, and what it looks at.
    """

    catalog: Catalog
    renderer: Renderer
    transport: Transport
    engine: Engine
    look: Look
    remote_mode: str
    today: date
    probes: Mapping[str, ProbeKind]
    selected: list[Module] = field(default_factory=list)
    digests: Digests | None = None
    state_checks: frozenset[tuple[str, str]] = frozenset()
    _snapshot: Snapshot | PlatformError | None = None
    _secrets: Secrets = field(default_factory=Secrets)
    _secrets_state: tuple[int, int, int] | None = None
    _met: Secrets = field(default_factory=Secrets)

    def snapshot(self) -> Snapshot:
        """Return the run's one look at the host. Taken on first use; a failure is kept too.

        Raises:
            EngineError: the Engine cannot be asked. Costs its deadline once, not once a check.
        """
        if self._snapshot is None:
            try:
                self._snapshot = self.look(self.engine, self.selected)
            except PlatformError as error:
                self._snapshot = error
        if isinstance(self._snapshot, PlatformError):
            raise self._snapshot.with_traceback(None)
        return self._snapshot

    def look_again(self, services: Collection[ServiceKey]) -> Snapshot:
        """Return a new look at some services, for who tries again; the run's own one stays.

        Raises:
            EngineError: the Engine cannot be asked.
        """
        self.engine.forget()
        snapshot = take(self.engine, services)
        self._met = self._met | snapshot.secrets
        return snapshot

    def refresh(self) -> None:
        """Forget the snapshot, because something was changed or may have been."""
        if isinstance(self._snapshot, Snapshot):
            self._met = self._met | self._snapshot.secrets
        self._snapshot = None
        self.engine.forget()

    def owner_of(self, module: Module) -> Module | None:
        """Return the stateful module whose data ``module`` changes; None where it is no sidecar.

        Raises:
            ModuleBroken: the owner does not exist or cannot be read.
        """
        owner = module.manifest.spec.state.owner
        if owner is None:
            return None
        return self.catalog.require(owner, wanted_by=module.at("spec", "state", "owner"))

    def learn_secrets(self, module: Module) -> None:
        """Find out what the output of a module may hold, before any of it is shown."""
        self.renderer.learn(module.compose_files, module.project)

    def secrets(self) -> Secrets:
        """Return all values met so far that no report may carry.

        A value that is also a public word, such as the name of a module, is no secret:
        to hide it would garble every report and keep nothing from anybody.
        """
        state = (self.renderer.count, id(self._snapshot), len(self._met))
        if state != self._secrets_state:
            seen = self._snapshot.secrets if isinstance(self._snapshot, Snapshot) else Secrets()
            met = self._met | seen | self.renderer.secrets()
            self._secrets, self._secrets_state = met.without(self._public()), state
        return self._secrets

    def _public(self) -> Iterator[str]:
        yield from self.catalog.names()
        for module in self.selected:
            yield module.source.text
        if isinstance(self._snapshot, Snapshot):
            for container in self._snapshot.containers:
                yield from (container.name, container.service, container.image)

    def close(self) -> None:
        """Close what is open towards hosts."""
        self.engine.close()


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
