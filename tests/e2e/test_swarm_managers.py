"""Managers of a real Swarm: one that does not lead, one that is left alone, and who is refused."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from e2e.swarm_node import until
from e2e.swarm_nodes import Swarm, possible, swarm
from e2e.tree import Outcome, Tree
from pytest_platform.docker.writable import AlreadyStarted, WritableEngine
from pytest_platform.hosts.transport import Local
from pytest_platform.swarm.again import Altered, ServiceAgain

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(not possible(), reason="starting a Swarm needs root and dockerd"),
]

IMAGE = "pytest-platform-demo/busybox"
WEB = {"image": IMAGE, "command": ["sleep", "9999"]}
REPLICAS = {"one": 1, "two": 0}


class There(Local):
    """The Engine of one node."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url

    def engine_options(self) -> dict[str, Any]:
        return {"base_url": self._url}


@pytest.fixture(scope="module")
def managers() -> Iterator[Swarm]:
    with swarm(2, managers=2) as one:
        yield one


@pytest.fixture(scope="module")
def tree(managers: Swarm, tmp_path_factory: pytest.TempPathFactory) -> Tree:
    """Deploy the same service in two stacks, of which one has no task."""
    tree = Tree(tmp_path_factory.mktemp("managers"))
    for stack, replicas in REPLICAS.items():
        file = tree.root / f"{stack}.yaml"
        services = {"web": {**WEB, "deploy": {"replicas": replicas}}}
        file.write_text(yaml.safe_dump({"version": "3.8", "services": services}), encoding="utf-8")
        managers.manager.docker("stack", "deploy", "-c", str(file), stack)
        tree.module(
            *(stack, stack, "web"),
            runtime={"expected_state": "running"},
            files=f"../../{stack}.yaml",
            engine="swarm",
        )
    until(lambda: "one_web" in _running(managers), "one runs")
    return tree


def _running(managers: Swarm) -> set[str]:
    names = {one["ID"]: one["Spec"]["Name"] for one in managers.manager.get("/services")}
    tasks = managers.manager.get("/tasks")
    return {names[one["ServiceID"]] for one in tasks if one["Status"]["State"] == "running"}


def _look(tree: Tree, url: str) -> Outcome:
    words = ("-m", "health", "--json", "--remote-mode", "local")
    return tree.pytest(*words, env={"DOCKER_HOST": url})


def test_a_manager_that_does_not_lead_answers_too(managers: Swarm, tree: Tree) -> None:
    outcome = _look(tree, managers.nodes[1].url)
    assert outcome.check("one", "health::state")["verdict"] == "passed"
    assert outcome.check("two", "health::state")["code"] == "container.missing"


def test_who_has_seen_an_older_version_starts_nothing(managers: Swarm) -> None:
    manager = managers.manager
    words = ("--detach", "--name", "older", "--mode", "replicated-job", IMAGE, "true")
    manager.docker("service", "create", *words)
    (seen,) = (one for one in manager.get("/services") if one["Spec"]["Name"] == "older")
    version = str(seen["Version"]["Index"])
    manager.docker("service", "update", "--detach", "--env-add", "BY=another", "older")
    with WritableEngine(There(manager.url)) as engine:
        again = ServiceAgain(engine, seen["ID"], version)
        with pytest.raises(AlreadyStarted, match="somebody else"):
            again.start()
        # Swarm itself refuses, also where the look before it is passed over.
        with pytest.raises(AlreadyStarted, match="somebody else"):
            again._update(seen["Spec"])
    now = manager.get(f"/services/{seen['ID']}")
    assert now["Spec"]["TaskTemplate"].get("ForceUpdate", 0) == 0
    assert now["Spec"]["TaskTemplate"]["ContainerSpec"]["Env"] == ["BY=another"]


class Meddled(ServiceAgain):
    """An update at the same time as that of somebody else, whose settings remain."""

    def _update(self, spec: Any) -> None:
        spec = copy.deepcopy(spec)
        spec["TaskTemplate"]["ContainerSpec"]["Env"] = ["BY=somebody"]
        super()._update(spec)


def test_settings_that_are_others_afterwards_are_told(managers: Swarm) -> None:
    manager = managers.manager
    words = ("--detach", "--name", "meddled", "--mode", "replicated-job", IMAGE, "true")
    manager.docker("service", "create", *words)
    # Its version counts on until its task has been placed.
    until(lambda: "Complete" in manager.docker("service", "ps", "meddled"), "it has run")
    (seen,) = (one for one in manager.get("/services") if one["Spec"]["Name"] == "meddled")
    with WritableEngine(There(manager.url)) as engine:
        again = Meddled(engine, seen["ID"], str(seen["Version"]["Index"]))
        with pytest.raises(Altered, match="docker service inspect meddled") as caught:
            again.start()
    assert caught.value.code == "apply.altered"


def test_a_lost_quorum_is_an_error(managers: Swarm, tree: Tree) -> None:
    """The other manager is killed, so that one of two is left."""
    managers.nodes[1].kill()
    url = managers.manager.url

    def told() -> str:
        check = _look(tree, url).check("one", "health::state")
        assert check["verdict"] in {"passed", "error"}
        return str(check["code"])

    assert until(lambda: told() in {"swarm.quorum", "engine.timeout"}, "the leader steps down")
