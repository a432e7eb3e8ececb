"""Faults of what runs: containers on a real Engine, Engines and hosts that do not answer."""

from __future__ import annotations

import contextlib
from pathlib import Path

import docker
import pytest

from e2e.conftest import NewProject
from e2e.hosts import CONFIG
from e2e.project import FOREVER
from e2e.stacks import names_in, parts, write
from e2e.tree import Tree
from faults.answering import answering, engine_answering
from faults.judging import meets
from faults.rows import Row, bring_about, rows_of

pytestmark = pytest.mark.e2e

RUNNING = {"expected_state": "running"}
LIVE = ("-m", "health", "--remote-mode")


@pytest.mark.parametrize("row", rows_of("containers"), ids=lambda row: row.name)
def test_a_fault_of_containers(
    row: Row, tmp_path: Path, new_project: NewProject, engine: docker.APIClient
) -> None:
    tree = Tree(tmp_path / "tree")
    project = new_project(tree.compose_file("web"), "fault")
    tree.module("web", project.name, "web", runtime={**RUNNING, **row.runtime})
    write(tree, "web", {"web": {"command": FOREVER, **row.service}})
    project.up()
    for words in row.do:
        project.compose(words)
    if row.until:
        project.wait_for("web", row.until)
    for order, options in row.by_hand.items():
        getattr(engine, order)(project.container("web")["Id"], **options)
    bring_about(row, tree)
    meets(row, tree, *LIVE, "local", engine=engine, project=project.name)


@pytest.mark.parametrize("row", rows_of("stacks"), ids=lambda row: row.name)
def test_a_fault_of_stacks(row: Row, tmp_path: Path, engine: docker.APIClient) -> None:
    tree = Tree(tmp_path / "tree")
    tree.module("web", "pp-fault-never-deployed", "web", runtime=RUNNING)
    write(tree, "web", {"web": {"command": FOREVER, **row.service}}, **row.top)
    outcome = meets(row, tree, "--stack=ephemeral", *LIVE, "local")
    for name in names_in(outcome.stdout + outcome.stderr):
        assert not parts(engine, name), f"{name} is left"


@pytest.mark.parametrize("row", rows_of("engines"), ids=lambda row: row.name)
def test_a_fault_of_engines(row: Row, tmp_path: Path) -> None:
    tree = _declared(tmp_path)
    bring_about(row, tree)
    with contextlib.ExitStack() as stack:
        env = {}
        if "DOCKER_HOST" not in row.env:
            server = engine_answering(row.answers) if row.answers else answering(row.server)
            env["DOCKER_HOST"] = f"tcp://127.0.0.1:{stack.enter_context(server)}"
        meets(row, tree, *LIVE, "local", env=env)


@pytest.mark.parametrize("row", rows_of("ssh"), ids=lambda row: row.name)
def test_a_fault_of_ssh(row: Row, tmp_path: Path) -> None:
    tree = _declared(tmp_path)
    with answering(row.server) as port:
        config = tmp_path / "ssh_config"
        text = row.ssh.replace("PORT", str(port))
        config.write_text(f"Host nas\n {text}\n IdentityFile none\n IdentitiesOnly yes\n")
        meets(row, tree, *LIVE, "ssh", "--ssh-host", "nas", env={CONFIG: str(config)})


def _declared(folder: Path) -> Tree:
    tree = Tree(folder / "tree")
    tree.module("web", "pp-fault", "web", runtime=RUNNING)
    write(tree, "web", {"web": {"command": FOREVER}})
    return tree
