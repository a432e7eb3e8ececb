"""Modules on several hosts in one run: real ssh servers, all of them before the one Engine."""

from __future__ import annotations

import os
import re
import signal
import socket
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from e2e.claims import no_traceback
from e2e.conftest import NewProject, NewSshd
from e2e.hosts import client
from e2e.project import FOREVER, Project
from e2e.sshd import Sshd, free_port
from e2e.tree import Outcome, Tree, finish
from e2e.waiting import PATIENCE

pytestmark = pytest.mark.e2e

SSH = ("--remote-mode=ssh", "-p", "no:cacheprovider", "--json")
RUNNING = {"expected_state": "running"}
MANY = 20
PER_HOST = 2
SMOKE = """\
import pytest


@pytest.mark.module("first-0")
def test_beside_it(platform_host, platform_container):
    assert platform_host.transport.name == "first"
    assert platform_host.exec(["echo", "said"]).stdout == "said\\n"
    assert platform_host.transport.run(["echo", "there"], timeout=60).stdout == "there\\n"
    assert platform_container.status == "running"
"""


@dataclass
class Fleet:
    """A platform whose modules are on several hosts; ``servers`` are those hosts."""

    tree: Tree
    project: Project
    servers: dict[str, Sshd]
    env: dict[str, str]

    def run(self, *arguments: str) -> Outcome:
        """Run pytest over ssh."""
        return self.tree.pytest(*SSH, *arguments, env=self.env)

    def logins(self) -> dict[str, int]:
        """Count the logins at each host so far."""
        return {name: server.logins for name, server in self.servers.items()}


@pytest.fixture(scope="module")
def fleet(
    new_project: NewProject, new_sshd: NewSshd, tmp_path_factory: pytest.TempPathFactory
) -> Fleet:
    """Put modules on three hosts; at one of them nobody listens."""
    tree = Tree(tmp_path_factory.mktemp("fleet") / "platform")
    project = new_project(tree.root / "modules" / "compose.yaml", "fleet")
    servers = {name: new_sshd(alias=name) for name in ("first", "second")}
    services = {}
    for host in ("dead", *servers):
        for number in range(PER_HOST):
            name = f"{host}-{number}"
            services[name] = {"command": FOREVER}
            runtime = {**RUNNING, "host": host}
            tree.module(name, project.name, name, files="../compose.yaml", runtime=runtime)
    project.write(services)
    project.up()
    for name in services:
        project.wait_for(name, "running")
    (tree.root / "smoke").mkdir()
    (tree.root / "smoke" / "test_beside.py").write_text(SMOKE, encoding="utf-8")
    entries: list[tuple[str, Sshd, int | None]]
    entries = [(name, server, None) for name, server in servers.items()]
    entries.append(("dead", servers["first"], free_port()))
    return Fleet(tree, project, servers, client(tree.root / "ssh_config", entries))


def test_a_dead_host_is_told_once_and_spares_the_others(fleet: Fleet) -> None:
    before = fleet.logins()
    outcome = fleet.run("-m", "health or smoke")
    assert outcome.returncode == 1, outcome.stderr
    verdicts = {name: module["verdict"] for name, module in outcome.modules.items()}
    for number in range(PER_HOST):
        assert verdicts[f"dead-{number}"] == "error"
        assert verdicts[f"first-{number}"] == verdicts[f"second-{number}"] == "passed", outcome
    hosts = {name: module["host"] for name, module in outcome.modules.items()}
    assert hosts == {name: name.partition("-")[0] for name in hosts}
    told = [outcome.check(f"dead-{number}", "health::state") for number in range(PER_HOST)]
    assert {one["code"] for one in told} == {"ssh.refused"}
    assert told[1]["message"] == "dead could not be looked at; 'dead-0' says why"
    assert fleet.logins() == {name: count + 1 for name, count in before.items()}


def report(outcome: Outcome) -> dict[str, Any]:
    """Return all that a run has reported, but for how long this and that took."""
    section: dict[str, Any] = outcome.document["platform"]
    for module in section["modules"]:
        for check in module["checks"]:
            del check["seconds"]
            check["message"] = re.sub(r"for \d+ \w+", "for a while", check["message"])
    tests = [(test["nodeid"], test["outcome"]) for test in outcome.document["tests"]]
    return {"platform": section, "tests": tests, "code": outcome.returncode}


def test_the_report_is_the_same_however_many_workers_there_are(fleet: Fleet) -> None:
    runs: list[Any] = []
    for workers in "024":
        before = fleet.logins()
        runs.append(report(fleet.run("-m", "health or drift", "-n", workers)))
        assert fleet.logins() == {name: count + 1 for name, count in before.items()}
    assert len(runs[0]["tests"]) == 3 * PER_HOST * 2
    assert runs[1:] == [runs[0], runs[0]]


def test_waiting_for_modules_of_several_hosts(fleet: Fleet) -> None:
    outcome = fleet.run("-m", "health", "--wait=60s", "--module=first-0", "--module=second-1")
    assert outcome.returncode == 0, outcome.stderr
    for name in ("first-0", "second-1"):
        assert f"{name}: running" in outcome.stderr


def test_one_host_for_all_modules(fleet: Fleet) -> None:
    before = fleet.logins()
    outcome = fleet.run("-m", "health", "--ssh-host=first", "--module=dead-*")
    assert outcome.returncode == 0, outcome.stderr
    assert fleet.logins() == {**before, "first": before["first"] + 1}


def test_many_hosts(fleet: Fleet, new_sshd: NewSshd, tmp_path: Path) -> None:
    """One server is twenty hosts: each has a name, a login and a connection of its own."""
    server = new_sshd(lines=("MaxStartups 100", "MaxSessions 4"))
    tree = Tree(tmp_path / "platform")
    names = [f"host-{number}" for number in range(MANY)]
    for number, name in enumerate(names):
        service = f"{('first', 'second')[number % 2]}-{number % PER_HOST}"
        runtime = {**RUNNING, "host": name}
        tree.module(f"on-{name}", fleet.project.name, service, runtime=runtime)
    env = client(tmp_path / "ssh_config", [(name, server, None) for name in names])
    outcome = tree.pytest(*SSH, "-m", "health", env=env)
    assert outcome.returncode == 0, outcome.stderr
    assert len(outcome.modules) == MANY
    assert server.logins == MANY


def test_workers_on_other_machines(fleet: Fleet, new_sshd: NewSshd) -> None:
    """Machines that run workers have the same folder, and an ssh client's settings of their own."""
    runners = [new_sshd(alias=f"runner-{number}", env=fleet.env) for number in range(2)]
    expected = report(fleet.run("-m", "health", "-n", "0"))
    before = fleet.logins()
    specs = [f"--tx={_worker(runner, fleet.tree)}" for runner in runners]
    assert report(fleet.run("-m", "health", "-d", *specs)) == expected
    assert fleet.logins() == {name: count + 1 for name, count in before.items()}


def _worker(runner: Sshd, tree: Tree) -> str:
    way = f"ssh={runner.alias}//ssh_config={runner.config}"
    return f"{way}//python={sys.executable}//chdir={tree.root}"


def test_interrupted_while_a_host_hangs(fleet: Fleet, tmp_path: Path) -> None:
    """Nobody waits for a host that accepts and says nothing; no process is left behind."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        env = client(tmp_path / "ssh_config", [("first", fleet.servers["second"], port)])
        process = fleet.tree.start(*SSH, "-m", "health", "--module=first-0", env=env)
        silent.settimeout(PATIENCE)
        connection, _ = silent.accept()
        with connection:
            os.kill(process.pid, signal.SIGINT)
            outcome = finish(process)
    assert outcome.returncode == 2, outcome.stderr
    no_traceback(outcome)
