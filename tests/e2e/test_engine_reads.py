"""The Engine that plans and judges offers nothing that changes anything."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from e2e.applying import mutating
from e2e.conftest import NewProject
from e2e.project import Project
from e2e.proxy import Proxy
from e2e.tree import Tree
from e2e.waiting import until
from pytest_platform.docker.api import InspectedContainer
from pytest_platform.docker.engine import Engine
from pytest_platform.docker.snapshot import read_container
from pytest_platform.errors import EngineError
from pytest_platform.hosts.transport import Local

pytestmark = pytest.mark.e2e

ASKED: dict[str, Callable[[Engine, str], object]] = {
    "host": lambda engine, _: engine.host,
    "prepare": lambda engine, _: engine.prepare(2),
    "ask": lambda engine, container: engine.ask([f"/containers/{container}/json", "/volumes"]),
    "api_version": lambda engine, _: engine.api_version(),
    "list_containers": lambda engine, _: engine.list_containers(),
    "inspect": lambda engine, container: engine.inspect(container),
    "inspect_all": lambda engine, container: engine.inspect_all([container, "none"]),
    "inspect_image": lambda engine, _: engine.inspect_image("none"),
    "list_images": lambda engine, _: engine.list_images(),
    "log_tail": lambda engine, container: engine.log_tail(container, 10),
    "log": lambda engine, container: engine.log(
        inspected(engine, container), since=0.0, streams=("stdout",), tail=None, limit=100
    ),
    "service_log": lambda engine, _: _no_service(engine),
    "kernel": lambda engine, _: engine.kernel(),
    "swarm_node": lambda engine, _: engine.swarm_node(),
    "path_stat": lambda engine, container: engine.path_stat(container, "/bin"),
    "archive": lambda engine, container: list(_read(engine, container)),
    "events": lambda engine, _: engine.events(["die"]).close(),
    "last_exit": lambda engine, container: engine.last_exit(container, 1.0),
    "forget": lambda engine, _: engine.forget(),
    "close": lambda engine, _: engine.close(),
}
"""Every public name of the Engine, and how it is used. A new one is to be tried here too."""


def inspected(engine: Engine, container: str) -> InspectedContainer:
    found = engine.inspect(container)
    assert found
    return found


def _no_service(engine: Engine) -> None:
    with pytest.raises(EngineError):
        engine.service_log("none", since=0.0, streams=("stdout",), tail=None, limit=100)


def _read(engine: Engine, container: str) -> Iterator[bytes]:
    with engine.archive(container, "/bin/busybox") as stream:
        yield stream.read(100)


@pytest.fixture
def project(new_project: NewProject, tree: Tree) -> Project:
    project = new_project(tree.compose_file("job"), "reads")
    project.write({"job": {"command": ["echo", "hello"]}})
    project.up()
    project.wait_for("job", "exited")
    return project


def test_the_exit_code_of_the_last_run_is_known_while_another_one_runs(
    new_project: NewProject, tree: Tree
) -> None:
    project = new_project(tree.compose_file("loop"), "last-exit")
    project.write({"loop": {"restart": "always", "command": ["sh", "-c", "sleep 0.2; exit 7"]}})
    project.up()
    engine = Engine(Local())

    def told() -> int | None:
        # Asked again: an Engine that much happens on forgets what was a while ago.
        seen = read_container(inspected(engine, project.container("loop")["Id"]))
        return engine.last_exit(seen.id, seen.started_at.timestamp()) if seen.started_at else None

    until(lambda: told() is not None, "the event of a run that ended")
    assert told() in {7, None}
    until(lambda: told() == 7, "its exit code")


def test_every_public_method_only_reads(
    project: Project, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert {name for name in dir(Engine) if not name.startswith("_")} == ASKED.keys()
    proxy.when("^(?!GET |HEAD )", "die")
    monkeypatch.setenv("DOCKER_HOST", proxy.url)
    engine = Engine(Local())
    container = project.container("job")["Id"]
    for ask in ASKED.values():
        ask(engine, container)
    assert proxy.count("GET /containers/json") == 1
    assert proxy.count("GET /events") == 2
    assert mutating(proxy) == []
