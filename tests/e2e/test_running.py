"""The ways in which people run pytest: the verdicts are the same in all of them."""

from __future__ import annotations

from typing import Any

import pytest

from e2e.claims import could_not_look, no_traceback
from e2e.conftest import NewProject
from e2e.project import FOREVER, Project
from e2e.tree import Outcome, Tree

pytestmark = pytest.mark.e2e

LIVE = ("--json", "--remote-mode", "local")
EXPECTED = {"job": "passed", "broken": "failed", "missing": "failed", "web": "error"}


@pytest.fixture(scope="module")
def project(new_project: NewProject, tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = new_project(tmp_path_factory.mktemp("running") / "compose.yaml", "running")
    project.write(
        {
            "job": {"command": ["sh", "-c", "exit 0"]},
            "broken": {"command": ["sh", "-c", "echo no; exit 1"]},
            "web": {"command": FOREVER},
        }
    )
    project.up()
    project.wait_for("job", "exited")
    project.wait_for("broken", "exited")
    project.wait_for("web", "running")
    return project


@pytest.fixture
def platform(tree: Tree, project: Project) -> Tree:
    """Four modules, one of each kind of verdict, and one that is missing."""
    for name in ("job", "broken", "missing"):
        tree.module(name, project.name, name, runtime={"expected_state": "exited-success"})
    probes = [
        {"name": "it answers", "exec": {"command": ["echo", "yes"]}},
        {"name": "nobody there", "exec": {"service": "missing", "command": ["true"]}},
    ]
    tree.module("web", project.name, "web", runtime={"expected_state": "running"}, smoke=probes)
    return tree


def _section(outcome: Outcome) -> list[dict[str, Any]]:
    """Return the modules of the document without what differs between any two runs."""
    modules: list[dict[str, Any]] = outcome.document["platform"]["modules"]
    for module in modules:
        for check in module["checks"]:
            del check["seconds"]
            if check["message"].startswith("running for"):
                check["message"] = "running"
    return modules


def test_two_workers_tell_the_same_in_the_same_order(platform: Tree) -> None:
    live = (*LIVE, "-m", "health or smoke")
    alone, shared = platform.pytest(*live, "-n", "0"), platform.pytest(*live, "-n", "2")
    assert {name: one["verdict"] for name, one in alone.modules.items()} == EXPECTED
    assert _section(shared) == _section(alone)
    assert shared.returncode == alone.returncode == 1
    no_traceback(shared)


def test_without_terminal_plugin(platform: Tree) -> None:
    outcome = platform.pytest(*LIVE, "-m", "health or smoke", "-p", "no:terminal")
    assert outcome.returncode == 1
    assert {name: one["verdict"] for name, one in outcome.modules.items()} == EXPECTED
    no_traceback(outcome)


def test_without_terminal_plugin_and_engine(platform: Tree) -> None:
    nowhere = {"DOCKER_HOST": f"unix://{platform.root}/none.sock"}
    outcome = platform.pytest(*LIVE, "-m", "health", "-p", "no:terminal", env=nowhere)
    assert outcome.returncode == 1
    assert {one["verdict"] for one in outcome.modules.values()} == {"error"}
    no_traceback(outcome)


@pytest.mark.parametrize("workers", ["0", "2"])
def test_stop_at_the_first(platform: Tree, workers: str) -> None:
    outcome = platform.pytest(*LIVE, "-m", "health", "-x", "-n", workers)
    assert outcome.returncode in {1, 2}
    assert outcome.document["exitcode"] == outcome.returncode
    no_traceback(outcome)
    assert outcome.modules["broken"]["verdict"] == "failed"
    assert outcome.modules["web"]["verdict"] == "unverified" or workers == "2"


def test_stop_at_the_first_error(platform: Tree) -> None:
    nowhere = {"DOCKER_HOST": f"unix://{platform.root}/none.sock"}
    outcome = platform.pytest(*LIVE, "-m", "health", "-x", env=nowhere)
    assert outcome.returncode == 1
    verdicts = {name: one["verdict"] for name, one in outcome.modules.items()}
    assert verdicts.pop("broken") == "error"
    assert set(verdicts.values()) == {"unverified"}
    no_traceback(outcome)


def test_warnings_as_errors(platform: Tree) -> None:
    """Nothing is left open: a connection that is not closed would be an error here."""
    outcome = platform.pytest(*LIVE, "-m", "health", "--module", "job", "-W", "error")
    assert outcome.returncode == 0, outcome.stderr
    no_traceback(outcome)


def test_warnings_as_errors_without_engine(platform: Tree) -> None:
    nowhere = {"DOCKER_HOST": f"unix://{platform.root}/none.sock"}
    live = (*LIVE, "-m", "health", "--module", "job", "-W", "error")
    outcome = platform.pytest(*live, env=nowhere)
    assert could_not_look(outcome, "job", "engine.unreachable")


def test_warnings_as_errors_after_waiting(platform: Tree) -> None:
    wait = ("--wait", "1s")
    outcome = platform.pytest(*LIVE, *wait, "-m", "health", "--module", "broken", "-W", "error")
    assert outcome.returncode == 1
    assert outcome.modules["broken"]["verdict"] == "failed"
    no_traceback(outcome)
