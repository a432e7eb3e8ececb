"""What one pytest run holds: its settings, the modules, and the context of its checks."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_platform.checks.blocked import state_findings
from pytest_platform.checks.registry import PROBES, vocabulary
from pytest_platform.compose.renderer import Renderer
from pytest_platform.docker.snapshot import Snapshot, take
from pytest_platform.errors import PlatformError, UsageError
from pytest_platform.hosts.inventory import Place
from pytest_platform.hosts.transport import Local, Transport
from pytest_platform.module.catalog import Catalog
from pytest_platform.module.loader import Broken, Module, Vocabulary
from pytest_platform.module.model import seconds
from pytest_platform.plugin.changed_since import ChangedSince, narrow
from pytest_platform.plugin.options import STDOUT, Settings, usage_error
from pytest_platform.plugin.progress import Patience, Progress
from pytest_platform.probes.kind import ProbeKind
from pytest_platform.report.document import container_record, contradiction_record
from pytest_platform.run.context import Context, services_to_see
from pytest_platform.run.fleet import Host, Hosts, NoHost
from pytest_platform.run.known import known_of
from pytest_platform.run.observation import Show
from pytest_platform.secrets import Secrets
from pytest_platform.state import table
from pytest_platform.state.wait import Awaited, wait

if TYPE_CHECKING:
    from pytest_platform.change.apply import Setting
    from pytest_platform.stack.ephemeral import Ephemeral

STACK_WAIT, STACK_WAIT_AGAIN = "2m", "10s"
"""How long a stack of one's own has to come to the declared state, without ``--wait``.

It is shorter for a later look, after a test has changed something: most of it is there.
"""

RUN: pytest.StashKey[Run] = pytest.StashKey()
MARKED_FLAKY: pytest.StashKey[bool] = pytest.StashKey()
"""Whether a test that changes something carries the marker with which others rerun tests."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run. ``selected`` are the names that ``--module`` picked; None means all.

    ``workers`` is how many share the run where this process is one of xdist's; else 0.
    ``tests`` counts the collected tests in Python of each module, selected or not.
    """

    settings: Settings
    catalog: Catalog
    context: Context
    selected: frozenset[str] | None
    workers: int
    setting: Callable[[Context], Setting]
    changed_since: ChangedSince | None = None
    tests: dict[str, int] = field(default_factory=dict)


def start(config: pytest.Config, settings: Settings) -> Run:
    """Put a run together. Reads no module and talks to nobody.

    Raises:
        pytest.UsageError: ``--module`` names a module that does not exist.
    """
    probes = _probes(config)
    project = _new_project() if settings.stack.ephemeral else ""
    here = Local(waiting=Patience(config))
    renderer = Renderer(here, fetches=settings.remote_mode != "skip")
    catalog = _catalog(settings, vocabulary(probes), renderer, project)
    try:
        names = catalog.select(settings.patterns)
        if settings.way.ask and not names:
            names = catalog.names()
    except UsageError as error:
        raise usage_error(str(error)) from None
    if settings.change.plan not in {"", STDOUT} and len(names) != 1:
        raise usage_error("--plan=PATH holds one plan: name exactly one module with --module")

    def look(host: Host, modules: list[Module], show: Show) -> Snapshot:
        return _look(settings, context, host, modules, show)

    context = Context(
        catalog=catalog,
        renderer=renderer,
        hosts=_hosts(settings),
        look=look,
        remote_mode=settings.remote_mode,
        today=datetime.now(UTC).date(),
        probes=probes,
    )
    if settings.stack.ephemeral and settings.remote_mode == "local":
        from pytest_platform.stack.ephemeral import Ephemeral

        context.stack = Ephemeral(project, here, renderer, catalog, settings.root)
        context.stack.keep = settings.stack.keep
        context.stack.secrets = context.secrets
    if settings.wait or context.stack:
        context.watch = lambda: Progress(config)
    selected = frozenset(names) if names else None
    since = None
    if settings.changed_since is not None:
        since = narrow(config, settings, catalog, names)
        selected = frozenset(since.touched).intersection(names or since.touched)
    context.names = selected
    setting = _setting(config, settings)
    return Run(settings, catalog, context, selected, _workers(config), setting, since)


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


def _new_project() -> str:
    from pytest_platform.stack.owner import new_name

    return new_name()


def _hosts(settings: Settings) -> Hosts:
    """Return the hosts of a run; but for mode ``ssh`` there is this machine only."""
    if settings.remote_mode != "ssh":
        return Hosts.local()

    def find(module: Module) -> Place:
        place = settings.ssh.inventory.find(module.manifest.spec.runtime.host)
        if place is None:
            message = (
                f"no host is named for '{module.name}'; give --ssh-host, or write runtime.host "
                "into its module.yaml, or platform_ssh_host into the ini file"
            )
            raise NoHost(message, location=module.at("spec", "runtime"))
        return place

    def connect(place: Place) -> Transport:
        from pytest_platform.hosts.ssh.client import Ssh

        return Ssh(place.address, place.name, config=settings.ssh.config)

    return Hosts(find, connect)


def _setting(config: pytest.Config, settings: Settings) -> Callable[[Context], Setting]:
    """Return what makes the setting of a guarded apply, when there is one."""
    started: set[str] = set()
    turn = threading.Lock()

    def make(context: Context) -> Setting:
        from pytest_platform.change import apply, guard, plan
        from pytest_platform.change.refusal import Refusal

        change = settings.change
        request = guard.Request(
            apply=bool(change.apply),
            patterns=settings.patterns,
            allow_stateful=change.allow_stateful,
            backup_ref=change.backup_ref,
            confirmation=change.confirmation,
        )
        planned, unusable = None, None
        if change.apply not in {"", STDOUT}:
            try:
                planned = plan.load(Path(change.apply))
            except plan.PlanUnusable as error:
                unusable = Refusal(error.code, str(error))
        return apply.Setting(
            context=context,
            request=request,
            audit_log=change.audit_log,
            workers=_workers(config),
            reruns=_reruns(config),
            planned=planned,
            unusable=unusable,
            started=started,
            turn=turn,
        )

    return make


def _workers(config: pytest.Config) -> int:
    worker: Mapping[str, Any] = getattr(config, "workerinput", {})
    return int(worker.get("workercount", 0))


def _reruns(config: pytest.Config) -> bool:
    """Tell whether another plugin may run a test more than once."""
    options = ("reruns", "flake_finder_enable", "looponfail")
    if any(config.getoption(name, default=None) for name in options):
        return True
    if config.stash.get(MARKED_FLAKY, False):
        return True
    if (config.getoption("count", default=None) or 1) != 1:
        return True
    try:
        return str(config.getini("reruns") or "0") != "0"
    except ValueError:
        return False


def _probes(config: pytest.Config) -> Mapping[str, ProbeKind]:
    """Merge the probe kinds of other plugins into the built-in ones; a name is taken once."""
    probes: dict[str, ProbeKind] = dict(PROBES)
    for more in config.hook.pytest_platform_probes():
        for name, kind in more.items():
            if name in probes:
                raise usage_error(f"two plugins define the probe kind '{name}'; disable one")
            probes[name] = kind
    return probes


def _look(
    settings: Settings, context: Context, host: Host, modules: list[Module], show: Show
) -> Snapshot:
    stack = context.stack
    if stack:
        modules = stack.start(modules)
    # Not of all modules: another host may have services of the same names.
    services = services_to_see(modules, context.catalog, context.probes)
    duration = _patience(settings, stack)
    if not duration:
        snapshot = take(host.engine, services, context.digests)
    else:
        snapshot = wait(
            host.engine,
            lambda: take(host.engine, services, context.digests),
            [_awaited(module, context) for module in modules],
            duration=seconds(duration),
            progress=show,
        )
    if stack:
        stack.waited_for = True
    if stack and stack.trouble and not _shows(snapshot, modules, context):
        raise stack.trouble
    return snapshot


def _patience(settings: Settings, stack: Ephemeral | None) -> str:
    """Return how long to wait: for a stack that was just started always, if all of it was."""
    if stack is None:
        return settings.wait
    if stack.trouble:
        return ""
    return STACK_WAIT_AGAIN if stack.waited_for else settings.wait or STACK_WAIT


def _shows(snapshot: Snapshot, modules: list[Module], context: Context) -> bool:
    """Tell whether the state of what was started explains why not all of it could be."""
    awaited = [_awaited(module, context) for module in modules]
    codes = {
        found.code for one in awaited for found in table.judge(one.expected, one.seen(snapshot))
    }
    return bool(codes) and table.MISSING not in codes


def _awaited(module: Module, context: Context) -> Awaited:
    def seen(snapshot: Snapshot) -> table.Seen:
        # Whether the owner's data is newer changes nothing about waiting longer.
        return table.seen_of(module, None, snapshot)

    services = services_to_see([module], context.catalog, context.probes)
    projects = frozenset(project for project, _ in services)
    return Awaited(module.name, projects, table.expected_of(module), seen)


def host_shown(run: Run, module: Module | Broken) -> str:
    """Name the host of a module, where that is another than this one and known."""
    if run.settings.remote_mode != "ssh" or isinstance(module, Broken):
        return ""
    try:
        return run.context.hosts.place_of(module).name
    except PlatformError:
        return ""


def observed_record(run: Run, module: Module) -> dict[str, Any]:
    """Describe the containers of a module as the run's snapshot shows them.

    Keys are ``observed``, and ``contradiction``: what of it is not as declared, or None.
    """
    context = run.context
    seen = table.seen_of(module, None, context.snapshot(module))
    wrong = state_findings(module, context, asker=module)
    return {
        "observed": [container_record(one) for one in seen.containers],
        "contradiction": contradiction_record(wrong[0], context.secrets()) if wrong else None,
    }


def observed_already(run: Run, module: Module | Broken) -> dict[str, Any]:
    """Describe what another check or a fixture has seen of a module; asks nobody."""
    if isinstance(module, Module) and run.context.has_snapshot(module):
        with suppress(PlatformError):
            return observed_record(run, module)
    return {"observed": None}
