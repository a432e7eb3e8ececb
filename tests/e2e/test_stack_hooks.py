"""Hooks of an ephemeral stack reach nothing that was there before it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import docker
import pytest

from e2e.project import FOREVER
from e2e.stacks import OWN, RUNNING, name_in, parts, write
from e2e.tree import Tree

pytestmark = pytest.mark.e2e
KEPT_BY = "com.example.pytest-platform.hooks"
IMAGE = "pytest-platform-demo/busybox"


@pytest.fixture
def outside(engine: docker.APIClient, tree: Tree) -> Iterator[str]:
    """Return the name of a volume that a deployed stack has."""
    name = f"pp-e2e-hooks-{tree.root.name}-{id(tree)}".lower().replace("_", "-")
    engine.create_volume(name, labels={KEPT_BY: "yes"})
    yield name
    engine.remove_volume(name, force=True)


def _app(tree: Tree, hook: dict[str, Any], **rest: Any) -> None:
    write(tree, "app", {"app": {"command": FOREVER, "pre_start": [hook]}}, **rest)
    tree.module("app", "pp-e2e-never-deployed", "app", runtime=RUNNING)


def _files(engine: docker.APIClient, volume: str) -> str:
    made = engine.create_container(
        IMAGE, ["ls", "/v"], host_config=engine.create_host_config(binds=[f"{volume}:/v"])
    )
    try:
        engine.start(made)
        engine.wait(made)
        return str(engine.logs(made).decode())
    finally:
        engine.remove_container(made, force=True)


@pytest.mark.parametrize("exits", [0, 3])
def test_it_writes_into_nothing_of_the_host(
    tree: Tree, engine: docker.APIClient, outside: str, exits: int
) -> None:
    folder = tree.folder("app") / "data"
    folder.mkdir(parents=True)
    before = {one["Name"] for one in engine.volumes()["Volumes"] or ()}
    script = f"touch /folder/x /outside/x /bare/x /anonymous/x; exit {exits}"
    mounts = ["./data:/folder", "outside:/outside", "bare:/bare", "/anonymous"]
    _app(
        tree,
        {"command": ["sh", "-c", script], "volumes": mounts},
        volumes={"outside": {"external": True, "name": outside}, "bare": {}},
    )
    outcome = tree.pytest("--module", "app", *OWN, "-k", "state")
    assert outcome.returncode == (1 if exits else 0), outcome.stdout
    assert not list(folder.iterdir())
    assert _files(engine, outside) == ""
    assert not parts(engine, name_in(outcome.stdout))
    after = {one["Name"] for one in engine.volumes()["Volumes"] or ()}
    assert "bare" not in after - before


def test_it_gets_no_orders_to_the_engine(tree: Tree) -> None:
    _app(tree, {"command": ["true"], "volumes": ["/var/run/docker.sock:/engine.sock"]})
    outcome = tree.pytest("--module", "app", *OWN, "-k", "state")
    assert outcome.returncode == 1
    assert "stack.refused" in outcome.stdout
    assert "'app pre_start 1' mounts /var/run/docker.sock" in outcome.stdout
