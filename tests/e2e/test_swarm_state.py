"""The truth table of services and jobs, row by row, on a real Swarm of two nodes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from e2e.conftest import NewSshd
from e2e.swarm_nodes import Swarm, possible, swarm, until
from e2e.tree import ROOT, Outcome, Tree

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(not possible(), reason="starting a Swarm needs root and dockerd"),
]

TABLE: dict[str, Any] = yaml.safe_load((ROOT / "tests/cases/swarm/live.yaml").read_text("utf-8"))
IMAGE = "pytest-platform-demo/busybox"
MOVING = {"new", "allocated", "assigned", "accepted", "preparing", "ready"}


@pytest.fixture(scope="module")
def nodes() -> Iterator[Swarm]:
    with swarm(2) as one:
        yield one


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    tree = Tree(tmp_path_factory.mktemp("swarm"))
    services = {name: {"image": IMAGE, **one} for name, one in TABLE["services"].items()}
    text = yaml.safe_dump({"version": "3.8", "services": services})
    (tree.root / "stack.yaml").write_text(text, encoding="utf-8")
    for name, row in TABLE["rows"].items():
        runtime = {"expected_state": row["expect"], "replicas": row.get("replicas", 1)}
        tree.module(name, "rows", name, runtime=runtime, files="../../stack.yaml", engine="swarm")
    return tree


@pytest.fixture(scope="module")
def outcome(nodes: Swarm, tree: Tree) -> Outcome:
    manager = nodes.manager
    manager.docker("stack", "deploy", "-c", str(tree.root / "stack.yaml"), "rows")
    until(lambda: _still(nodes, ("rows_job-older", "rows_web-paused", "rows_web-back")), "deployed")
    for words in TABLE["after"]:
        manager.docker(*(word.replace("STACK", "rows") for word in words))
    until(lambda: {"paused", "rollback_completed"} <= _updates(nodes), "updates have failed")
    until(lambda: _tries(nodes, "rows_web-loop") > 1, "it loops")
    until(lambda: _tries(nodes, "rows_job-retried") > 1, "it is tried again")
    return tree.pytest("-m", "health", "--json", "--remote-mode", "local", env=_at(manager.url))


def _at(url: str) -> dict[str, str]:
    return {"DOCKER_HOST": url}


def _still(nodes: Swarm, names: tuple[str, ...]) -> bool:
    services = {one["Spec"]["Name"]: one["ID"] for one in nodes.manager.get("/services")}
    wanted = {services[name] for name in names}
    tasks = [one for one in nodes.manager.get("/tasks") if one["ServiceID"] in wanted]
    return len(tasks) >= len(names) and not MOVING & {one["Status"]["State"] for one in tasks}


def _updates(nodes: Swarm) -> set[str]:
    found = nodes.manager.get("/services")
    return {(one.get("UpdateStatus") or {}).get("State", "") for one in found}


def _tries(nodes: Swarm, name: str) -> int:
    (service,) = (one for one in nodes.manager.get("/services") if one["Spec"]["Name"] == name)
    tasks = [one for one in nodes.manager.get("/tasks") if one["ServiceID"] == service["ID"]]
    return sum(one["Status"]["State"] == "failed" for one in tasks)


@pytest.mark.parametrize("name", TABLE["rows"])
def test_row(name: str, outcome: Outcome) -> None:
    row, check = TABLE["rows"][name], outcome.check(name, "health::state")
    assert check["code"] == row.get("code"), check["message"]
    assert check["verdict"] == ("failed" if "code" in row else "passed"), check["message"]
    assert re.search(row.get("message", ""), check["message"]), check["message"]


def test_the_log_of_a_failed_job_is_shown(nodes: Swarm, tree: Tree, outcome: Outcome) -> None:
    assert outcome.returncode == 1
    words = ("--module", "job-failed", "-m", "health", "--remote-mode", "local")
    assert "said before the end" in tree.pytest(*words, env=_at(nodes.manager.url)).stdout


def test_a_worker_is_no_host_to_ask(nodes: Swarm, tree: Tree, outcome: Outcome) -> None:
    assert outcome.modules
    words = ("--module", "web", "-m", "health", "--json", "--remote-mode", "local")
    check = tree.pytest(*words, env=_at(nodes.nodes[1].url)).check("web", "health::state")
    assert (check["verdict"], check["code"]) == ("error", "swarm.worker")


def test_over_ssh_the_manager_answers(
    nodes: Swarm, tree: Tree, outcome: Outcome, new_sshd: NewSshd
) -> None:
    assert outcome.modules
    server = new_sshd(env={"DOCKER_HOST": nodes.manager.url})
    ini = f"[pytest]\nplatform_ssh_config = {server.config}\n"
    (tree.root / "pytest.ini").write_text(ini, encoding="utf-8")
    words = ("-m", "health", "--json", "--remote-mode", "ssh", "--ssh-host", server.alias)
    seen = tree.pytest(*words)
    (tree.root / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    for name, row in TABLE["rows"].items():
        if name not in {"web-loop", "job-retried"}:
            assert seen.check(name, "health::state")["code"] == row.get("code"), seen.stderr


def test_a_job_on_a_node_that_dies_is_not_thought_to_run(nodes: Swarm, tree: Tree) -> None:
    """The node is killed as by a loss of power, and a job has run there."""
    second, manager = nodes.nodes[1], nodes.manager
    constraint = f"node.hostname=={second.namespace}"
    manager.docker(
        *("service", "create", "--detach", "--name", "lost_job", "--mode", "replicated-job"),
        *("--label", "com.docker.stack.namespace=lost", "--constraint", constraint),
        *(IMAGE, "sleep", "9999"),
    )
    tree.module(
        "lost",
        "lost",
        "job",
        runtime={"expected_state": "exited-success"},
        files="../../stack.yaml",
        engine="swarm",
    )
    until(lambda: "Running" in manager.docker("service", "ps", "lost_job"), "the job runs")
    second.kill()
    until(lambda: "Down" in manager.docker("node", "ls"), "the node is down")
    words = ("--module", "lost", "-m", "health", "--json", "--remote-mode", "local")
    check = tree.pytest(*words, env=_at(manager.url)).check("lost", "health::state")
    assert check["code"] == "task.node", check["message"]
    assert second.namespace in check["message"]
