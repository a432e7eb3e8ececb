"""Hosts are looked at side by side, and each check waits for its own host alone."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

import inspected
from observers import Recorded, Take
from pytest_platform.checks.registry import PROBES, vocabulary
from pytest_platform.compose.renderer import Renderer
from pytest_platform.docker.engine import PROJECT, SERVICE
from pytest_platform.docker.snapshot import Container, Snapshot, read_container
from pytest_platform.errors import EngineError
from pytest_platform.hosts.inventory import HostPlace, Inventory
from pytest_platform.hosts.transport import Local
from pytest_platform.module.catalog import Catalog
from pytest_platform.module.loader import Module
from pytest_platform.plugin.item import observed_already
from pytest_platform.plugin.run import Run
from pytest_platform.report.answers import ObservedModule
from pytest_platform.run.context import Context
from pytest_platform.run.engines import Host
from pytest_platform.run.fleet import HostFailed, Meanwhile, Watch, idle, unwatched
from pytest_platform.run.graph import Plan
from pytest_platform.run.observer import Show
from pytest_platform.run.remote_mode import OverSsh
from pytest_platform.secrets import Secrets
from pytest_platform.state.wait import Status
from pytest_platform.verdict import Location

PATIENCE = 60.0
STATELESS = "{class: stateless}"
MODULE = """\
apiVersion: platform/v2
kind: Module
metadata: {{name: {name}, summary: A module., owner: me}}
spec:
  runtime:
    compose: {{files: [compose.yaml], project: p, service: {name}}}
    expected_state: running
    host: {host}
  state: {state}
"""
ON = {"slow-one": "slow", "slow-two": "slow", "quick-one": "quick"}


class Named(Local):
    """A machine of another name."""

    def __init__(self, name: str) -> None:
        self.name = name


class Hosts(OverSsh):
    """Hosts that are all this machine."""

    def connect(self, place: HostPlace) -> Named:
        return Named(place.name)


def _context(
    folder: Path, take: Take, watch: Watch = unwatched, meanwhile: Meanwhile = idle
) -> Context:
    for name, host in ON.items():
        file = folder / "modules" / name / "module.yaml"
        file.parent.mkdir(parents=True)
        file.write_text(MODULE.format(name=name, host=host, state=STATELESS))

    catalog = Catalog(folder / "modules", folder, vocabulary())
    modules = tuple(catalog.require(name, wanted_by=Location("", 0)) for name in ON)
    return Context.of(
        catalog=catalog,
        renderer=Renderer(Local()),
        remote_mode=Hosts(Inventory(), None),
        observer=Recorded(take),
        probes=PROBES,
        plan=Plan(modules),
        watch=watch,
        meanwhile=meanwhile,
    )


def _module(context: Context, name: str) -> Module:
    module = context.catalog.get(name)
    assert isinstance(module, Module)
    return module


def _snapshot(host: Host) -> Snapshot:
    return Snapshot(host.name, datetime.now(UTC), (), secrets=Secrets([f"secret-of-{host.name}"]))


def test_a_slow_host_delays_no_other(tmp_path: Path) -> None:
    quick_is_judged = threading.Event()
    looked: list[tuple[str, list[str]]] = []

    def look(host: Host, modules: list[Module], _: Show) -> Snapshot:
        looked.append((host.name, [module.name for module in modules]))
        if host.name == "slow":
            assert quick_is_judged.wait(PATIENCE), "the quick host waited for the slow one"
        return _snapshot(host)

    context = _context(tmp_path, look)
    assert context.fleet.snapshot(_module(context, "quick-one")).host == "quick"
    assert context.vault.secrets().hide("secret-of-quick secret-of-slow", "*") == "* secret-of-slow"
    quick_is_judged.set()
    for name in ("slow-one", "slow-two"):
        assert context.fleet.snapshot(_module(context, name)).host == "slow"
    assert sorted(looked) == [("quick", ["quick-one"]), ("slow", ["slow-one", "slow-two"])]
    assert context.vault.secrets().hide("secret-of-quick secret-of-slow", "*") == "* *"


def test_what_checks_need_is_made_ready_while_hosts_are_looked_at(tmp_path: Path) -> None:
    is_ready = threading.Event()
    ready: list[str] = []

    def look(host: Host, _: list[Module], __: Show) -> Snapshot:
        assert is_ready.wait(PATIENCE), "nothing was made ready meanwhile"
        return _snapshot(host)

    def get_ready(modules: Iterable[Module]) -> None:
        ready.extend(one.name for one in modules)
        is_ready.set()

    context = _context(tmp_path, look, meanwhile=get_ready)
    for name in ON:
        context.fleet.snapshot(_module(context, name))
    assert sorted(ready) == sorted(ON)


def test_a_dead_host_is_asked_once_and_told_once(tmp_path: Path) -> None:
    asked: list[str] = []

    def look(host: Host, _: list[Module], __: Show) -> Snapshot:
        asked.append(host.name)
        if host.name == "slow":
            raise EngineError("nobody answers")
        return _snapshot(host)

    context = _context(tmp_path, look)
    for _ in range(2):
        with pytest.raises(EngineError, match="nobody answers"):
            context.fleet.snapshot(_module(context, "slow-two"))
    with pytest.raises(
        HostFailed, match="slow could not be looked at; 'slow-two' says why"
    ) as seen:
        context.fleet.snapshot(_module(context, "slow-one"))
    assert seen.value.code == EngineError.code
    with pytest.raises(HostFailed, match="'slow-two' says why"):
        context.fleet.snapshot(_module(context, "slow-one"), asker=_module(context, "quick-one"))
    assert context.fleet.snapshot(_module(context, "quick-one")).host == "quick"
    assert sorted(asked) == ["quick", "slow"]


def test_it_is_told_of_who_has_asked(tmp_path: Path) -> None:
    """Others that stand on the same module say where the reason is to be read."""

    def look(host: Host, _: list[Module], __: Show) -> Snapshot:
        if host.name == "slow":
            raise EngineError("nobody answers")
        return _snapshot(host)

    context = _context(tmp_path, look)
    one, two, asker = (_module(context, name) for name in ("slow-one", "slow-two", "quick-one"))
    with pytest.raises(EngineError, match="nobody answers"):
        context.fleet.snapshot(one, asker=asker)
    for other in (one, two):
        with pytest.raises(HostFailed, match="'quick-one' says why"):
            context.fleet.snapshot(one, asker=other)


def test_only_the_host_that_was_changed_is_looked_at_again(tmp_path: Path) -> None:
    asked: list[str] = []

    def look(host: Host, _: list[Module], __: Show) -> Snapshot:
        asked.append(host.name)
        return _snapshot(host)

    context = _context(tmp_path, look)
    for name in ON:
        context.fleet.snapshot(_module(context, name))
    context.fleet.forget(_module(context, "quick-one"))
    assert context.vault.secrets().hide("secret-of-quick", "*") == "*", "what was met stays secret"
    for name in ON:
        context.fleet.snapshot(_module(context, name))
    assert sorted(asked) == ["quick", "quick", "slow"]


def test_who_waits_shows_how_far_its_own_host_is(tmp_path: Path) -> None:
    shown: list[str] = []
    ended = threading.Event()

    def look(host: Host, modules: list[Module], show: Show) -> Snapshot:
        show([Status(one.name, "", "", done=True, waited=0.0) for one in modules])
        return _snapshot(host)

    @contextmanager
    def watch() -> Iterator[Show]:
        def show(statuses: Sequence[Status]) -> None:
            assert threading.current_thread() is threading.main_thread()
            shown.extend(status.name for status in statuses)

        yield show
        ended.set()

    context = _context(tmp_path, look, watch)
    context.fleet.snapshot(_module(context, "slow-one"))
    # Where it was done before anybody waited, there is nothing to show.
    assert shown in ([], ["slow-one", "slow-two"])
    assert ended.is_set() or not shown


def test_a_look_ends_with_the_run(tmp_path: Path) -> None:
    told: list[str] = []
    over = threading.Event()

    def look(host: Host, _: list[Module], show: Show) -> Snapshot:
        if host.name == "quick":
            return _snapshot(host)
        try:
            while not over.wait(0.01):
                show([])
        except EngineError:
            raise
        except Exception as error:
            told.append(type(error).__name__)
            over.set()
            raise
        return _snapshot(host)

    context = _context(tmp_path, look)
    context.fleet.snapshot(_module(context, "quick-one"))
    context.fleet.close()
    assert over.wait(PATIENCE)
    assert told == ["Abandoned"]


def test_an_owner_may_be_on_another_host(tmp_path: Path) -> None:
    made = datetime(2026, 1, 2, tzinfo=UTC)
    owner = container("owner", volumes=("data",))

    asked: list[str] = []

    def look(host: Host, _: list[Module], __: Show) -> Snapshot:
        asked.append(host.name)
        if host.name == "gone":
            raise EngineError("nobody answers")
        here = (owner,) if host.name == "far" else ()
        return Snapshot(host.name, datetime.now(UTC), here, {"data": made})

    context = _context(tmp_path, look)
    for name, host, state in (
        ("job", "near", "{class: sidecar, owner: owner}"),
        ("owner", "far", "{class: stateful}"),
        ("other", "near", "{class: sidecar, owner: lost}"),
        ("lost", "gone", "{class: stateful}"),
    ):
        file = tmp_path / "modules" / name / "module.yaml"
        file.parent.mkdir()
        file.write_text(MODULE.format(name=name, host=host, state=state))
    assert context.seen(_module(context, "job")).data_created == made
    assert context.seen(_module(context, "other")).data_created is None, "told of the owner alone"
    context.fleet.forget(_module(context, "job"))
    context.seen(_module(context, "job"))
    assert sorted(asked) == ["far", "far", "gone", "near", "near", "quick", "slow"]


def test_the_state_of_a_job_depends_on_the_host_of_its_data(tmp_path: Path) -> None:
    finished, made = "2026-01-02T00:00:00Z", datetime(2026, 1, 3, tzinfo=UTC)
    ended = {"Status": "exited", "ExitCode": 0, "FinishedAt": finished}
    seen = {"near": container("job", (), ended), "far": container("owner", volumes=("data",))}

    def look(host: Host, _: list[Module], __: Show) -> Snapshot:
        here = (seen[host.name],) if host.name in seen else ()
        volumes = {"data": made} if host.name == "far" else {}
        return Snapshot(host.name, datetime.now(UTC), here, volumes)

    context = _context(tmp_path, look)
    job = MODULE.replace("expected_state: running", "expected_state: exited-success")
    for name, host, state, text in (
        ("job", "near", "{class: sidecar, owner: owner}", job),
        ("owner", "far", "{class: stateful}", MODULE),
    ):
        file = tmp_path / "modules" / name / "module.yaml"
        file.parent.mkdir()
        file.write_text(text.format(name=name, host=host, state=state))
    module = _module(context, "job")
    assert [one.code for one in context.state_of(module).findings] == ["container.state.stale"]
    assert not context.state_alone(module).findings, "whatever its owner is"


def test_a_report_says_what_was_seen_and_asks_no_host(tmp_path: Path) -> None:
    asked: list[str] = []

    def look(host: Host, _: list[Module], __: Show) -> Snapshot:
        asked.append(host.name)
        return _snapshot(host)

    context = _context(tmp_path, look)
    run = cast("Run", SimpleNamespace(begun=True, context=context, secrets=context.vault.secrets))
    module = _module(context, "quick-one")
    assert observed_already(run, module) == ObservedModule()
    assert not asked
    context.fleet.snapshot(module)
    assert observed_already(run, module).contradiction
    context.fleet.snapshot(_module(context, "slow-one"))
    assert sorted(asked) == ["quick", "slow"]


def container(
    service: str, volumes: tuple[str, ...], state: Mapping[str, Any] | None = None
) -> Container:
    """Make a container that runs, or is in another ``state``."""
    document = {
        "Id": service,
        "Name": service,
        "State": state or {"Status": "running", "ExitCode": 0},
        "Config": {"Labels": {PROJECT: "p", SERVICE: service}},
        "Mounts": [{"Type": "volume", "Name": volume, "Destination": "/d"} for volume in volumes],
    }
    return read_container(inspected.container(document))
