"""What the checks of a run share. Made once, when the tests were collected."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime

from msgspec import Struct

from pytest_platform.compose.renderer import Renderer
from pytest_platform.module.catalog import Catalog
from pytest_platform.module.loader import Module
from pytest_platform.probes.kind import ProbeKind, Target
from pytest_platform.run.engines import engine_of
from pytest_platform.run.faults import FaultOwners
from pytest_platform.run.fleet import Fleet, Meanwhile, Watch, idle, unwatched
from pytest_platform.run.graph import Plan
from pytest_platform.run.observer import Observer
from pytest_platform.run.on_compose import containers_in
from pytest_platform.run.remote_mode import RemoteMode
from pytest_platform.run.vault import Vault
from pytest_platform.state.facts import ObservedState, seen_of
from pytest_platform.workload.seen import HostView, JudgedState, ServiceKey


class Context(Struct, frozen=True):
    """One process's view of one run.

    ``ephemeral`` tells that the run has a stack of its own, made from the files.
    """

    catalog: Catalog
    renderer: Renderer
    remote_mode: RemoteMode
    fleet: Fleet
    vault: Vault
    faults: FaultOwners
    probes: Mapping[str, ProbeKind]
    today: date
    plan: Plan
    ephemeral: bool = False

    @classmethod
    def of(  # noqa: PLR0913 - what a run is made of
        cls,
        *,
        catalog: Catalog,
        renderer: Renderer,
        remote_mode: RemoteMode,
        observer: Observer,
        probes: Mapping[str, ProbeKind],
        plan: Plan,
        vault: Vault | None = None,
        watch: Watch = unwatched,
        meanwhile: Meanwhile = idle,
        ephemeral: bool = False,
    ) -> Context:
        """Make the context of a run that was planned. Asks no host."""
        vault = vault or Vault(catalog, renderer)
        return cls(
            catalog=catalog,
            renderer=renderer,
            remote_mode=remote_mode,
            fleet=Fleet(remote_mode, catalog, plan, observer, vault, watch, meanwhile),
            vault=vault,
            faults=FaultOwners(plan.state_checks),
            probes=probes,
            today=datetime.now(UTC).date(),
            plan=plan,
            ephemeral=ephemeral,
        )

    def seen(self, module: Module) -> ObservedState:
        """Return what was observed of a module, and of the data of its owner.

        Raises:
            PlatformError: the host cannot be asked, or the owner does not exist or cannot be
                read.
        """
        snapshot, owner = self.fleet.snapshot(module), self.owner_of(module)
        beside = self.fleet.beside(owner)
        return seen_of(module, owner, snapshot, containers_in(beside) if beside else None)

    def state_of(self, module: Module) -> JudgedState:
        """Return the state of a module, and whether the data of its owner is newer.

        Raises:
            PlatformError: the host cannot be asked, or the owner does not exist or cannot be
                read.
        """
        view, owner = self.fleet.view(module), self.owner_of(module)
        return engine_of(module).state(module, view, owner, self.fleet.beside(owner))

    def state_alone(self, module: Module) -> JudgedState:
        """Return the state of a module, whatever its owner is.

        Raises:
            PlatformError: the host cannot be asked.
        """
        return engine_of(module).state(module, self.fleet.view(module), None, None)

    def target(self, module: Module, *, again: Collection[ServiceKey] = ()) -> Target:
        """Return what a probe of a module needs, with a new observation of services ``again``.

        The run's own snapshot stays.

        Raises:
            PlatformError: the host cannot be asked.
        """
        host, kind = self.fleet.host_of(module), engine_of(module)
        if again:
            host.engine.forget()
            view: HostView = kind.take(host, again, None)
            self.vault.learn(view)
        else:
            view = self.fleet.view(module)
        return kind.target(module, host, view, self.fleet.host_named)

    def owner_of(self, module: Module) -> Module | None:
        """Return the stateful module whose data ``module`` changes; None where it is no sidecar.

        Raises:
            ModuleBroken: the owner does not exist or cannot be read.
        """
        owner = module.manifest.spec.state.owner
        if owner is None:
            return None
        return self.catalog.require(owner, wanted_by=module.at("spec", "state", "owner"))
