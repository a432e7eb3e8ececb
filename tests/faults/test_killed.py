"""Runs that are killed at any moment: the next one cleans up, and nothing deployed is touched.

``PLATFORM_KILLS`` says how often; the moment comes from the number, so that a failure can be
repeated.
"""

from __future__ import annotations

import os
import random
import signal
import time
from pathlib import Path

import docker
import pytest

from e2e.conftest import NewProject
from e2e.project import FOREVER
from e2e.stacks import ONE_SHOT, OWN, RUNNING, parts, write
from e2e.tree import Tree
from e2e.waiting import until
from faults.inventory import Inventory
from pytest_platform.stack.owner import LABEL, Owner

pytestmark = pytest.mark.e2e

KILLS = int(os.environ.get("PLATFORM_KILLS", "9"))
WAYS = {
    "an ephemeral stack": (*OWN, "--remote-mode=local"),
    "waiting": ("--wait=30s", "--remote-mode=local", "-m", "health"),
    "a plan": ("--plan", "--module=web", "--remote-mode=local"),
}
LONGEST = 4.0
"""Seconds within which a run is killed: by then a stack is up, on a quiet machine."""


@pytest.mark.parametrize("number", range(KILLS))
def test_a_run_that_is_killed(
    number: int, tmp_path: Path, new_project: NewProject, engine: docker.APIClient
) -> None:
    way = list(WAYS)[number % len(WAYS)]
    tree = Tree(tmp_path / "tree")
    project = new_project(tree.compose_file("web"), "killed")
    tree.module("web", project.name, "web", runtime=RUNNING)
    tree.module("job", project.name, "job", runtime=ONE_SHOT, files="../web/compose.yaml")
    write(tree, "web", {"web": {"command": FOREVER}, "job": {"command": ["sleep", "1"]}})
    project.up()
    before = Inventory(tree.root, tmp_path / "tmp", engine, project.name)
    web = project.container("web")
    process = tree.start(*WAYS[way], env=before.env)
    time.sleep(random.Random(number).uniform(0, LONGEST))  # noqa: S311 - a moment, no secret
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    # What Compose is told to do it does to its end, and then it is gone.
    until(lambda: not before.processes(), f"{way}: no process is left")
    tree.pytest("--stack-clean", env=before.env)
    left = [stack for stack in _stacks_of(engine, process.pid) if parts(engine, stack)]
    assert not left, f"{way}: --stack-clean left {left}"
    after = project.container("web")
    assert (after["Id"], after["State"]["StartedAt"]) == (web["Id"], web["State"]["StartedAt"])
    project.wait_for("job", "exited")
    again = tree.pytest("--json", "-m", "health", "--remote-mode=local", env=before.env)
    assert again.returncode == 0, again.stdout + again.stderr
    assert {one["verdict"] for one in again.modules.values()} == {"passed"}


def _stacks_of(engine: docker.APIClient, pid: int) -> set[str]:
    """Name the stacks of one process, by what their labels say of their owner."""
    found: set[str] = set()
    for one in engine.containers(all=True, filters={"label": LABEL}):
        if Owner.of(one["Labels"]).pid == pid:
            found.add(one["Labels"][LABEL])
    return found
