"""The truth table of services and jobs, row by row, on a real Swarm of two nodes."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from e2e.conftest import NewSshd
from e2e.swarm_node import until
from e2e.swarm_nodes import Swarm, possible, swarm
from e2e.swarm_seen import states, still, updates
from e2e.tree import ROOT, Outcome, Tree, environment

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(not possible(), reason="starting a Swarm needs root and dockerd"),
]

TABLE: dict[str, Any] = yaml.safe_load((ROOT / "tests/cases/swarm/live.yaml").read_text("utf-8"))
IMAGE = "pytest-platform-demo/busybox"


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
    until(lambda: still(nodes, "rows_job-older", "rows_web-paused", "rows_web-back"), "deployed")
    for words in TABLE["after"]:
        manager.docker(*(word.replace("STACK", "rows") for word in words))
    until(lambda: {"paused", "rollback_completed"} <= updates(nodes), "updates have failed")
    until(lambda: states(nodes, "rows_web-loop").count("failed") > 1, "it loops")
    until(lambda: states(nodes, "rows_job-retried").count("failed") > 1, "it is tried again")
    return _health(tree, manager.url)


def _at(url: str) -> dict[str, str]:
    return {"DOCKER_HOST": url}


def _health(tree: Tree, url: str, *names: str) -> Outcome:
    words = (word for name in names for word in ("--module", name))
    return tree.pytest(*words, "-m", "health", "--json", "--remote-mode", "local", env=_at(url))


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
    check = _health(tree, nodes.nodes[1].url, "web").check("web", "health::state")
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


@pytest.fixture(scope="module")
def files(tree: Tree, outcome: Outcome, tmp_path_factory: pytest.TempPathFactory) -> Tree:
    """Give the stack's file alone, in a folder without modules."""
    assert outcome.modules
    alone = Tree(tmp_path_factory.mktemp("files"))
    text = (tree.root / "stack.yaml").read_text("utf-8")
    (alone.root / "stack.yaml").write_text(text, encoding="utf-8")
    return alone


def _without_modules(files: Tree, url: str, *words: str, stack: str = "rows") -> Outcome:
    asked = ("--swarm=stack.yaml", f"--stack-name={stack}", "--remote-mode=local", "--json")
    return files.pytest(*asked, *(words or ("-m", "health")), env=_at(url))


def test_without_module_files(nodes: Swarm, files: Tree) -> None:
    outcome = _without_modules(files, nodes.manager.url)
    assert outcome.returncode == 1
    for name, row in TABLE["inferred"].items():
        check = outcome.check(name, "health::state")
        assert (name, check["code"]) == (name, row.get("code")), check["message"]
        assert re.search(row.get("message", ""), check["message"]), check["message"]
        assert outcome.modules[name]["expected_state"] == row["expect"]


def test_a_stack_that_is_none(nodes: Swarm, files: Tree) -> None:
    outcome = _without_modules(files, nodes.manager.url, stack="nosuch")
    for name in TABLE["services"]:
        check = outcome.check(name, "health::state")
        assert (check["verdict"], check["code"]) == ("failed", "container.missing")
        assert "has no stack 'nosuch' (its stacks: rows)" in check["message"]
        assert "docker stack deploy -c stack.yaml nosuch" in check["message"]


def test_without_module_files_a_worker_is_no_host_to_ask(nodes: Swarm, files: Tree) -> None:
    outcome = _without_modules(files, nodes.nodes[1].url)
    checks = [outcome.check(name, "health::state") for name in TABLE["services"]]
    assert {(one["verdict"], one["code"]) for one in checks} == {("error", "swarm.worker")}
    assert any("name a manager" in one["message"] for one in checks)


def _adopt(files: Tree, url: str, *words: str) -> subprocess.CompletedProcess[str]:
    command = (sys.executable, "-m", "pytest_platform", "adopt", *words, "stack.yaml")
    env = environment(_at(url))
    return subprocess.run(
        command, cwd=files.root, env=env, capture_output=True, text=True, check=False
    )


def test_modules_are_written_by_adopt(nodes: Swarm, files: Tree) -> None:
    words = ("--swarm", "--stack-name=rows", "--remote-mode=local")
    worker = _adopt(files, nodes.nodes[1].url, *words)
    assert (worker.returncode, "swarm.worker" in worker.stderr) == (1, True)
    assert not (files.root / "modules").exists()

    written = _adopt(files, nodes.manager.url, *words)
    assert written.returncode == 0, written.stderr
    defaults = yaml.safe_load((files.root / "modules/defaults.yaml").read_text("utf-8"))
    assert defaults["swarm"] == {"files": ["../stack.yaml"], "stack": "rows"}
    outcome = _health(files, nodes.manager.url)
    assert set(outcome.modules) == set(TABLE["services"])
    for name, row in TABLE["inferred"].items():
        # Whoever looks at what runs decides by it what nothing else decides.
        code = None if name == "classic-ok" else row.get("code")
        if name != "classic-failed":
            assert outcome.check(name, "health::state")["code"] == code, name
    assert "rows_job-failed" in (files.root / "modules/job-failed/runbook.md").read_text("utf-8")


def test_a_stack_may_have_capitals(nodes: Swarm, tmp_path: Path) -> None:
    """Swarm takes them; Compose, which renders the files, does not."""
    manager, files = nodes.manager, Tree(tmp_path)
    web = {"image": IMAGE, "command": ["sleep", "9999"], "volumes": ["data:/data"]}
    stack = {"version": "3.8", "services": {"web": web}, "volumes": {"data": {}}}
    (files.root / "stack.yaml").write_text(yaml.safe_dump(stack), encoding="utf-8")
    manager.docker("stack", "deploy", "-c", str(files.root / "stack.yaml"), "Cloud")
    words = ("-m", "health or drift", "--wait=5m")
    outcome = _without_modules(files, manager.url, *words, stack="Cloud")
    manager.docker("stack", "rm", "Cloud")
    for check in ("health::state", "drift::none"):
        found = outcome.check("web", check)
        assert found["verdict"] == "passed", found["message"]


def test_a_history_that_is_cut_to_nothing(nodes: Swarm, tree: Tree, outcome: Outcome) -> None:
    assert outcome.modules
    manager, names = nodes.manager, ("job-ok", "job-failed", "job-older")
    manager.docker("swarm", "update", "--task-history-limit", "0")
    for name in names:
        manager.docker("service", "update", "--detach", "--force", f"rows_{name}")
    ended = [["complete"], ["failed"], ["failed"]]
    until(
        lambda: [sorted({*states(nodes, f"rows_{name}")}) for name in names] == ended,
        "they have ended",
    )
    seen = _health(tree, manager.url, *names)
    manager.docker("swarm", "update", "--task-history-limit", "5")
    for name in names:
        assert seen.check(name, "health::state")["code"] == TABLE["rows"][name].get("code")


def test_a_drained_node_takes_nothing(nodes: Swarm, tree: Tree, outcome: Outcome) -> None:
    """What is bound to it waits, and what runs once on each node is not missed there."""
    assert outcome.modules
    manager, second = nodes.manager, nodes.nodes[1].namespace
    label = ("--label", "com.docker.stack.namespace=bound", "--name", "bound_web")
    bound = ("--constraint", f"node.hostname=={second}", IMAGE, "sleep", "9999")
    manager.docker("service", "create", "--detach", *label, *bound)
    until(lambda: "running" in states(nodes, "bound_web"), "it runs")
    manager.docker("node", "update", "--availability", "drain", second)
    until(lambda: "pending" in states(nodes, "bound_web"), "it waits")
    until(lambda: states(nodes, "rows_web-global").count("running") == 1, "it has moved")
    runtime = {"expected_state": "running"}
    tree.module("bound", "bound", "web", runtime=runtime, files="../../stack.yaml", engine="swarm")
    names = ("bound", "web-global", "job-global")
    seen = _health(tree, manager.url, *names)
    manager.docker("node", "update", "--availability", "active", second)
    check = seen.check("bound", "health::state")
    assert (check["code"], "no suitable node" in check["message"]) == ("task.pending", True)
    for name in names[1:]:
        assert seen.check(name, "health::state")["verdict"] == "passed", seen.stderr


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
    check = _health(tree, manager.url, "lost").check("lost", "health::state")
    assert check["code"] == "task.node", check["message"]
    assert second.namespace in check["message"]
