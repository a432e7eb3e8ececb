"""Two hosts with an Engine each, on which the same service of the same project differs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import docker
import pytest

from e2e.conftest import NewProject, NewSshd
from e2e.hosts import client
from e2e.private_engine import PrivateEngine, needs_root
from e2e.project import BUSYBOX, FOREVER, Project
from e2e.sshd import Sshd
from e2e.tree import Outcome, Tree

pytestmark = [pytest.mark.e2e, needs_root]

STOPPED = ["sh", "-c", "exit 3"]


@dataclass
class Apart:
    """A module on each of two hosts. Behind ``well`` its service runs, behind ``ill`` it does not.

    Project, service and container have the same names there: only the Engine tells them apart.
    """

    tree: Tree
    well: Sshd
    ill: Sshd
    folder: Path

    def run(self, left: Sshd, right: Sshd) -> Outcome:
        """Look at both modules, with these servers as their hosts."""
        places = [("left", left, None), ("right", right, None)]
        env = client(self.folder / "ssh_config", places)
        words = ("--remote-mode=ssh", "-m", "health", "--json", "-p", "no:cacheprovider")
        return self.tree.pytest(*words, env=env)


@pytest.fixture
def apart(
    engine: docker.APIClient, new_project: NewProject, new_sshd: NewSshd, tmp_path: Path
) -> Iterator[Apart]:
    """Let the service run on the one Engine, and stop on the other."""
    well = new_project(tmp_path / "well.yaml", "engines")
    tree = Tree(tmp_path / "platform")
    for name in ("left", "right"):
        runtime = {"expected_state": "running", "host": name}
        tree.module(name, well.name, "app", runtime=runtime)
    with PrivateEngine() as private:
        private.client.load_image(b"".join(engine.get_image(BUSYBOX)))  # type: ignore[no-untyped-call]
        address = {"DOCKER_HOST": private.url}
        ill = Project(well.name, tmp_path / "ill.yaml", private.client, address)
        for project, command, state in ((well, FOREVER, "running"), (ill, STOPPED, "exited")):
            project.write({"app": {"command": command}})
            project.up()
            project.wait_for("app", state)
        assert well.container("app")["Name"] == ill.container("app")["Name"]
        yield Apart(tree, new_sshd(), new_sshd(env=address), tmp_path)
        ill.compose("down -v -t 0")


def test_each_verdict_comes_from_the_engine_of_its_host(apart: Apart) -> None:
    well, ill = apart.well, apart.ill
    for left, right, failed in ((well, ill, "right"), (ill, well, "left")):
        outcome = apart.run(left, right)
        assert outcome.returncode == 1, outcome.stderr
        verdicts = {name: module["verdict"] for name, module in outcome.modules.items()}
        assert verdicts == {"left": "passed", "right": "passed", failed: "failed"}
        check = outcome.check(failed, "health::state")
        assert (check["code"], check["actual"]) == ("container.state.running", "exited 3")
        seen = {name: one["observed"][0]["exit_code"] for name, one in outcome.modules.items()}
        assert seen == {"left": None, "right": None, failed: 3}
    assert (well.logins, ill.logins) == (2, 2)
