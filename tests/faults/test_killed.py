"""Runs that are killed at any moment: the next one cleans up, and nothing deployed is touched."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import docker
import pytest

from e2e.conftest import NewProject, NewSshd
from e2e.hosts import CONFIG
from e2e.project import FOREVER
from e2e.stacks import ONE_SHOT, OWN, RUNNING, parts, write
from e2e.tree import Tree
from faults.inventory import Inventory
from faults.killing import kill, numbers
from pytest_platform.stack.owner import LABEL, Owner

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("remains")]

HEALTH = ("-m", "health", "--remote-mode=local")
SSH = ("--wait=30s", "-m", "health", "--remote-mode=ssh", "--ssh-host=nas")
WORDS: Mapping[str, tuple[str, ...]] = {
    "an ephemeral stack": (*OWN, "--remote-mode=local"),
    "waiting": ("--wait=30s", *HEALTH),
    "a plan": ("--plan", "--module=web", "--remote-mode=local"),
    "waiting over ssh": SSH,
}


@pytest.mark.parametrize(("number", "way"), numbers(*WORDS))
def test_a_run_that_is_killed(  # noqa: PLR0913, PLR0917 - as many as it needs
    number: int,
    way: str,
    tmp_path: Path,
    new_project: NewProject,
    new_sshd: NewSshd,
    engine: docker.APIClient,
) -> None:
    tree = Tree(tmp_path / "tree")
    project = new_project(tree.compose_file("web"), "killed")
    tree.module("web", project.name, "web", runtime=RUNNING)
    tree.module("job", project.name, "job", runtime=ONE_SHOT, files="../web/compose.yaml")
    write(tree, "web", {"web": {"command": FOREVER}, "job": {"command": ["sleep", "1"]}})
    project.up()
    before = Inventory(tree.root, tmp_path / "tmp", engine, project.name)
    web = project.container("web")
    env = {**before.env, CONFIG: str(new_sshd().config)} if "ssh" in way else before.env
    process = tree.start(*WORDS[way], env=env)
    kill(number, process, before)
    tree.pytest("--stack-clean", env=before.env)
    left = [stack for stack in _stacks_of(engine, process.pid) if parts(engine, stack)]
    assert not left, f"{way}: --stack-clean left {left}"
    after = project.container("web")
    assert (after["Id"], after["State"]["StartedAt"]) == (web["Id"], web["State"]["StartedAt"])
    project.wait_for("job", "exited")
    again = tree.pytest("--json", *HEALTH, env=before.env)
    assert again.returncode == 0, again.stdout + again.stderr
    assert {one["verdict"] for one in again.modules.values()} == {"passed"}
    assert not before.differences(), f"{way}: {before.differences()}"


def _stacks_of(engine: docker.APIClient, pid: int) -> set[str]:
    """Name the stacks of one process, by what their labels say of their owner."""
    found: set[str] = set()
    for one in engine.containers(all=True, filters={"label": LABEL}):
        if Owner.of(one["Labels"]).pid == pid:
            found.add(one["Labels"][LABEL])
    return found
