"""An Engine that takes a request and never answers: every request has a deadline.

All runs of this file go on at the same time, since each of them waits for a deadline.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import docker
import pytest

from e2e.claims import could_not_look, no_traceback
from e2e.conftest import NewProject
from e2e.project import FOREVER
from e2e.proxy import Proxy
from e2e.tree import Outcome, Tree

pytestmark = pytest.mark.e2e

LIVE = ("--json", "--remote-mode", "local", "-m", "health or smoke")
STATE = "health::state"
PROBES = [{"name": f"probe {number}", "exec": {"command": ["true"]}} for number in range(8)]


@dataclass(frozen=True)
class Hang:
    """One way to hang: the request that is not answered, and what is run meanwhile."""

    request: str
    module: str
    arguments: tuple[str, ...] = ()


HANGS: Mapping[str, Hang] = {
    "from the first": Hang("", "web"),
    "at the look": Hang("GET /containers/json", "web"),
    "at the events": Hang("GET /events", "web", ("--wait", "1h")),
    "at a command": Hang("POST /containers", "one"),
    "in a command": Hang("GET /exec", "one"),
    "at a log": Hang("/logs", "job"),
}
Runs = Mapping[str, tuple[Outcome, list[str]]]


@pytest.fixture(scope="module")
def runs(
    new_project: NewProject, engine: docker.APIClient, tmp_path_factory: pytest.TempPathFactory
) -> Runs:
    """Run pytest against an Engine that hangs in each of the ways; give what was asked too."""
    tree = Tree(tmp_path_factory.mktemp("hanging"))
    project = new_project(tree.compose_file("web"), "hanging")
    project.write(
        {"web": {"command": FOREVER}, "job": {"command": ["sh", "-c", "echo no; exit 1"]}}
    )
    project.up()
    project.wait_for("web", "running")
    project.wait_for("job", "exited")
    running = {"expected_state": "running"}
    tree.module("web", project.name, "web", runtime=running, smoke=PROBES)
    tree.module("one", project.name, "web", runtime=running, smoke=PROBES[:1])
    tree.module("job", project.name, "job", runtime={"expected_state": "exited-success"})

    def run(hang: Hang) -> tuple[Outcome, list[str]]:
        with Proxy.of(engine) as proxy:
            proxy.when(hang.request, "hang")
            arguments = (*LIVE, "--module", hang.module, *hang.arguments)
            outcome = tree.pytest(*arguments, "-p", "no:cacheprovider", env=proxy.env)
            return outcome, list(proxy.requests)

    with ThreadPoolExecutor(len(HANGS)) as pool:
        return dict(zip(HANGS, pool.map(run, HANGS.values()), strict=True))


@pytest.mark.parametrize(
    ("way", "asked"),
    [
        ("from the first", ["GET /version"]),
        ("at the look", ["GET /version", "GET /containers/json"]),
        ("at the events", ["GET /version", "GET /events"]),
    ],
)
def test_the_deadline_is_paid_once(runs: Runs, way: str, asked: list[str]) -> None:
    outcome, requests = runs[way]
    message = could_not_look(outcome, "web", "engine.timeout")
    assert "did not answer within" in message
    assert len(outcome.modules["web"]["checks"]) == 9
    # And not once for each of the nine checks.
    assert requests == asked


@pytest.mark.parametrize("way", ["at a command", "in a command"])
def test_between_two_checks(runs: Runs, way: str) -> None:
    outcome, _ = runs[way]
    no_traceback(outcome)
    assert outcome.returncode == 1
    assert outcome.modules["one"]["verdict"] == "error"
    assert outcome.check("one", STATE)["verdict"] == "passed"
    check = outcome.check("one", "smoke::probe 0")
    assert (check["verdict"], check["code"]) == ("error", "engine.timeout")


def test_at_a_log(runs: Runs) -> None:
    outcome, _ = runs["at a log"]
    no_traceback(outcome)
    # The log is a help; what was judged stands without it.
    check = outcome.check("job", STATE)
    assert (check["verdict"], check["code"]) == ("failed", "container.state.exited_success")
