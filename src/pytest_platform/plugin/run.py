"""What one pytest run holds: its settings, the modules, and the context of its checks."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from msgspec import Struct, field

from pytest_platform.checks.engines import get_ready
from pytest_platform.checks.registry import PROBES, vocabulary
from pytest_platform.compose.kept import KeepingLocal
from pytest_platform.compose.renderer import Renderer
from pytest_platform.docker.details import Digests
from pytest_platform.errors import UsageError
from pytest_platform.hosts.transport import Local
from pytest_platform.module.catalog import Catalog
from pytest_platform.module.loader import Vocabulary
from pytest_platform.plugin.change_options import usage_error
from pytest_platform.plugin.changed_since import ChangedSince, narrow
from pytest_platform.plugin.options import Settings
from pytest_platform.plugin.progress import Patience, Progress
from pytest_platform.plugin.report_options import STDOUT
from pytest_platform.probes.kind import ProbeKind
from pytest_platform.run.context import Context
from pytest_platform.run.fleet import idle, unwatched
from pytest_platform.run.graph import Plan
from pytest_platform.run.observer import DeployedObserver, EphemeralObserver, Observer
from pytest_platform.run.remote_mode import FilesOnly, OverSsh, RemoteMode, ThisMachine
from pytest_platform.run.vault import Vault, known_of
from pytest_platform.secrets import Secrets
from pytest_platform.stack.owner import new_name

if TYPE_CHECKING:
    from pytest_platform.change.apply import Setting
    from pytest_platform.stack.ephemeral import Ephemeral

RUN: pytest.StashKey[Run] = pytest.StashKey()


class Run(Struct):
    """One run. ``selected`` are the names that ``--module`` picked; None means all.

    ``tests`` counts the collected tests in Python of each module, selected or not, and
    ``checks`` its generated checks, once they were counted.
    ``stack`` is there where the run has an ephemeral one. ``files_only`` tells that nothing in
    the folders of modules is collected but the files of those that are selected.
    """

    config: pytest.Config
    settings: Settings
    catalog: Catalog
    renderer: Renderer
    remote_mode: RemoteMode
    vault: Vault
    probes: Mapping[str, ProbeKind]
    selected: frozenset[str] | None
    patience: Patience
    stack: Ephemeral | None = None
    changed_since: ChangedSince | None = None
    files_only: bool = False
    tests: dict[str, int] = field(default_factory=dict)
    checks: dict[str, int] = field(default_factory=dict)
    _context: Context | None = None
    _setting: Setting | None = None

    @property
    def context(self) -> Context:
        """What the checks share, from the end of the collection on."""
        if self._context is None:
            raise RuntimeError("no context before the tests were collected")
        return self._context

    @property
    def begun(self) -> bool:
        """Whether this process has a context. The controller of xdist's workers has none."""
        return self._context is not None

    def begin(self, plan: Plan) -> None:
        """Make the context, from what was collected. Asks no host."""
        observer = _observer(self, Digests() if plan.compares else None)
        self._context = Context.of(
            catalog=self.catalog,
            renderer=self.renderer,
            remote_mode=self.remote_mode,
            observer=observer,
            probes=self.probes,
            plan=plan,
            vault=self.vault,
            watch=partial(Progress, self.config) if self.settings.wait or self.stack else unwatched,
            meanwhile=(lambda ours: get_ready(ours, self.context)) if self.settings.wait else idle,
            ephemeral=self.stack is not None,
        )

    def setting(self) -> Setting:
        """Return what was ordered of a guarded apply, the same for all changes of this run."""
        if self._setting is None:
            self._setting = self.settings.change.setting(self.settings.patterns)
        return self._setting

    def total(self, name: str) -> int:
        """Count the checks of a module, selected or not, its tests in Python included."""
        return self.checks[name] + self.tests.get(name, 0)

    def secrets(self) -> Secrets:
        """Return what no report may carry."""
        return self.vault.secrets()

    def close(self) -> None:
        """Close what is open towards hosts."""
        if self._context is not None:
            self._context.fleet.close()


def start(config: pytest.Config, settings: Settings) -> Run:
    """Put a run together: the one place where its parts are made. Reads no module, asks no host.

    Raises:
        pytest.UsageError: ``--module`` names a module that does not exist.
    """
    probes = _probes(config)
    project = new_name() if settings.stack.ephemeral else ""
    remote_mode = _remote_mode(config, settings)
    patience = Patience(config)
    here = _here(config, patience)
    renderer = Renderer(here, fetches=remote_mode.live)
    catalog = _catalog(settings, vocabulary(probes), renderer, project)
    selected, since = _selection(config, settings, catalog)
    vault = Vault(catalog, renderer, selected)
    stack = None
    if settings.stack.ephemeral and remote_mode.live:
        stack = _stack(project, here, renderer, catalog, settings)
        stack.secrets = vault.secrets
    return Run(
        config=config,
        settings=settings,
        catalog=catalog,
        renderer=renderer,
        remote_mode=remote_mode,
        vault=vault,
        probes=probes,
        selected=selected,
        stack=stack,
        changed_since=since,
        patience=patience,
    )


def _selection(
    config: pytest.Config, settings: Settings, catalog: Catalog
) -> tuple[frozenset[str] | None, ChangedSince | None]:
    """Return the modules to which the run is narrowed, None for all, and what changed."""
    names = _names(catalog, settings)
    if settings.changed_since is None:
        return (frozenset(names) if names else None), None
    since = narrow(config, settings, catalog, names)
    return frozenset(since.touched).intersection(names or since.touched), since


def _stack(
    project: str, here: Local, renderer: Renderer, catalog: Catalog, settings: Settings
) -> Ephemeral:
    from pytest_platform.stack.ephemeral import Ephemeral

    stack = Ephemeral(project, here, renderer, catalog, settings.root)
    stack.keep = settings.stack.keep
    return stack


def _here(config: pytest.Config, patience: Patience) -> Local:
    """Return this machine, which keeps renderings in pytest's cache folder, where there is one."""

    def folder() -> Path | None:
        # Not earlier: pytest makes its cache after the plugins were set up.
        cache: Any = getattr(config, "cache", None)
        return Path(cache.mkdir("platform-renderings")) if cache else None

    return KeepingLocal(folder, waiting=patience)


def known_early(settings: Settings) -> Secrets:
    """Collect what the files of all modules hold, where there is no run yet."""
    return known_of(_catalog(settings, vocabulary(PROBES), Renderer(Local())))


def _catalog(settings: Settings, words: Vocabulary, renderer: Renderer, stack: str = "") -> Catalog:
    way = settings.way
    files = Catalog(settings.modules_dir, settings.root, words, stack, way.project)
    if way.ask is None:
        return files
    from pytest_platform.run.compose_catalog import ComposeCatalog

    return ComposeCatalog(way.ask, settings.root, words, renderer, files, stack)


def _names(catalog: Catalog, settings: Settings) -> list[str]:
    """Return the modules that ``--module`` selects, none for all."""
    try:
        names = catalog.select(settings.patterns)
        if settings.way.ask and not names:
            names = catalog.names()
    except UsageError as error:
        raise usage_error(str(error), error.code) from None
    if settings.change.plan not in {"", STDOUT} and len(names) != 1:
        raise usage_error("--plan=PATH holds one plan: name exactly one module with --module")
    return list(names)


def _remote_mode(config: pytest.Config, settings: Settings) -> RemoteMode:
    if settings.remote_mode == OverSsh.name:
        others = config.hook.pytest_platform_transport
        return OverSsh(settings.ssh.inventory, settings.ssh.config, others)
    return ThisMachine() if settings.remote_mode == ThisMachine.name else FilesOnly()


def _observer(run: Run, digests: Digests | None) -> Observer:
    deployed = DeployedObserver(run.catalog, run.probes, run.settings.wait, digests)
    if run.stack is None:
        return deployed
    return EphemeralObserver(deployed, run.stack, run.settings.wait)


def _probes(config: pytest.Config) -> Mapping[str, ProbeKind]:
    """Merge the probe kinds of other plugins into the built-in ones; a name is taken once."""
    probes: dict[str, ProbeKind] = dict(PROBES)
    for more in config.hook.pytest_platform_probes():
        for name, kind in more.items():
            if name in probes:
                raise usage_error(f"two plugins define the probe kind '{name}'; disable one")
            probes[name] = kind
    return probes


def workers_of(config: pytest.Config) -> int:
    """Return how many processes share the run where this is one of xdist's; else 0."""
    worker: Mapping[str, Any] = getattr(config, "workerinput", {})
    return int(worker.get("workercount", 0))
