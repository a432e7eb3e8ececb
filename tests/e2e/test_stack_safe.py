"""A stack of one's own beside a deployed one of the same files, and beside another of its kind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import gettempdir
from typing import Any

import docker
import pytest

from e2e.conftest import NewProject
from e2e.project import Project
from e2e.stacks import OWN, STORE, name_in, parts, store_and_job, write
from e2e.tree import Tree, finish

pytestmark = pytest.mark.e2e
BOTH = ("--module", "store", "--module", "job", *OWN)
WRITES = "echo again >>/data/runs; echo again >>/mine/runs; date >/data/last"


@dataclass(frozen=True)
class Deployed:
    """A deployed platform that claims all that can be claimed: names, a port, a network."""

    tree: Tree
    project: Project
    network: str

    def state(self, engine: docker.APIClient) -> list[Any]:
        """Return what must not change: containers, their starts, network, files."""
        containers = sorted(
            (one["Id"], one["State"]["StartedAt"], one["State"]["Status"], one["Image"])
            for one in self.project.containers()
        )
        network = engine.inspect_network(self.network)
        files = self.project.compose("exec -T store sh -c 'cat /data/* /mine/*'")
        return [containers, network["Id"], sorted(network["Containers"]), files]


@pytest.fixture(scope="module")
def deployed(
    new_project: NewProject, engine: docker.APIClient, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployed]:
    tree = Tree(tmp_path_factory.mktemp("safe"))
    project = new_project(tree.compose_file("store"), "safe")
    network = f"{project.name}-edge"
    store_and_job(tree, project.name)
    (tree.folder("store") / "mine").mkdir()
    mounts = ["data:/data", "./mine:/mine"]
    shared: dict[str, Any] = {"networks": ["edge"], "volumes": mounts}
    # One server for all: a port of the host, a chosen name, a label that a proxy would act on.
    store = {
        **STORE,
        **shared,
        "container_name": f"{project.name}-chosen",
        "ports": ["127.0.0.1:38917:80"],
        "labels": {"proxy.enable": "true"},
    }
    command = ["sh", "-euc", WRITES]
    job = {**shared, "command": command, "restart": "no", "depends_on": ["store"]}
    write(
        tree,
        "store",
        {"store": store, "job": job},
        volumes={"data": {"name": f"{project.name}-data"}},
        networks={"edge": {"name": network, "external": True}},
    )
    engine.create_network(network)
    try:
        project.up()
        project.wait_for("job", "exited")
        yield Deployed(tree, project, network)
    finally:
        project.down()
        engine.remove_network(network)


def test_what_is_deployed_is_not_touched(deployed: Deployed, engine: docker.APIClient) -> None:
    before = deployed.state(engine)
    outcome = deployed.tree.pytest(*BOTH, "--json")
    assert outcome.document["platform"]["stack"] == "ephemeral"
    # The one-shot writes a line each time, and that is found: in its own volume.
    check = outcome.check("job", "smoke::idempotent")
    assert (check["verdict"], check["code"]) == ("failed", "smoke.idempotent"), outcome.stderr
    for module in ("store", "job"):
        assert outcome.check(module, "health::state")["verdict"] == "passed"
    assert deployed.state(engine) == before
    assert "/mine is a new, empty volume" in outcome.stderr
    assert not parts(engine, name_in(outcome.stderr))


def test_two_at_once(deployed: Deployed, engine: docker.APIClient) -> None:
    before = deployed.state(engine)
    runs = [deployed.tree.start(*BOTH, "-k", "state") for _ in range(2)]
    outcomes = [finish(run) for run in runs]
    assert [one.returncode for one in outcomes] == [0, 0], outcomes
    names = {name_in(one.stdout) for one in outcomes}
    assert len(names) == 2
    assert not [part for name in names for part in parts(engine, name)]
    assert deployed.state(engine) == before


LOOKS_INSIDE = """
import pytest
pytestmark = pytest.mark.module("job")

def test_it(platform_stack, platform_host):
    print("stack", platform_stack.project, platform_stack.ephemeral)
    platform_host.exec(["sh", "-c", "echo hello >/tmp/index.html"], service="store")
    platform_host.exec(["httpd", "-p", "80", "-h", "/tmp"], service="store")
    from urllib.request import urlopen
    port = platform_stack.port("store", 80)
    assert urlopen(f"http://127.0.0.1:{port}/", timeout=30).read() == b"hello\\n"
    assert platform_stack.run_again("job") == 0

def test_no_port(platform_stack):
    platform_stack.port("store", 81)
"""


def test_the_fixture(deployed: Deployed) -> None:
    smoke = deployed.tree.root / "smoke"
    smoke.mkdir()
    (smoke / "test_it.py").write_text(LOOKS_INSIDE)
    own = deployed.tree.pytest("--module", "job", *OWN, "-k", "test_it", "-rA")
    assert "1 passed, 21 deselected, 1 error" in own.stdout, own.stdout
    assert "port 81/tcp of 'store' is not published" in own.stdout
    assert "smoke/test_it.py:15: stack.port" in own.stdout
    assert f"stack {name_in(own.stdout)} True" in own.stdout
    before = deployed.project.container("job")["State"]["StartedAt"]
    live = ("--module", "job", "--remote-mode", "local", "-k", "test_it", "-rA")
    told = deployed.tree.pytest(*live)
    assert told.returncode == 1
    assert "'job' is deployed" in told.stdout
    assert f"stack {deployed.project.name} False" in told.stdout
    assert deployed.project.container("job")["State"]["StartedAt"] == before


def test_an_image_is_built_under_a_name_of_its_own(tree: Tree, engine: docker.APIClient) -> None:
    """The name that the files give is that of a deployed image, and stays with it."""
    store_and_job(tree, "pp-e2e-never-deployed")
    image = "pytest-platform-demo/busybox"
    (tree.folder("store") / "Dockerfile").write_text(f"FROM {image}\nCOPY Dockerfile /built\n")
    build = {"build": {"context": "."}}
    job = {"image": image, "command": ["cat", "/built"], "restart": "no", **build}
    write(tree, "store", {"store": STORE, "job": job}, volumes={"data": {}})
    (before,) = engine.images(image, quiet=True)
    outcome = tree.pytest("--module", "job", *OWN, "-k", "state")
    assert outcome.returncode == 0, outcome.stdout
    assert engine.images(image, quiet=True) == [before]
    name = name_in(outcome.stdout)
    assert not parts(engine, name)
    tags = [tag for one in engine.images() for tag in one["RepoTags"] or ()]
    assert not [tag for tag in tags if name in tag]
    assert not (Path(gettempdir()) / name).exists()
