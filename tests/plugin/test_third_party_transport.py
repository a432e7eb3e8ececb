"""Another plugin adds a transport. That an Engine answers over it is tested end to end."""

from __future__ import annotations

from pathlib import Path

import pytest

from plugin.project import Outcome, Project

EXAMPLE = Path(__file__).with_name("socket_transport.py")


def ask(project: Project, *args: str, hosts: str) -> Outcome:
    """Run the state check of a module on the host ``box``."""
    project.module("web")
    project.file("pytest.ini", f"[pytest]\nplatform_hosts = {hosts}\n")
    project.file("socket_transport.py", EXAMPLE.read_text(encoding="utf-8"))
    live = ("--remote-mode=ssh", "--ssh-host=box", "-k", "state", "-m", "health")
    return project.pytest("--json", *live, *args, env={"PYTHONPATH": str(project.root)})


@pytest.mark.parametrize("workers", ["0", "2"])
def test_it_is_used(project: Project, workers: str) -> None:
    arguments = ("-p", "socket_transport", "-n", workers)
    outcome = ask(project, *arguments, hosts="box = socket:///nowhere/engine.sock")
    check = outcome.checks("web")["health::state"]
    assert check["verdict"] == "error", str(outcome)
    assert "/nowhere/engine.sock" in check["message"] or "box" in check["message"], check
    assert check["code"].startswith("engine."), check


def test_without_the_plugin_the_scheme_is_unknown(project: Project) -> None:
    outcome = ask(project, hosts="box = socket:///nowhere/engine.sock")
    check = outcome.checks("web")["health::state"]
    assert (check["verdict"], check["code"]) == ("error", "host.transport"), str(outcome)
    assert "'socket://'" in check["message"]


def test_the_scheme_of_ssh_is_ours(project: Project) -> None:
    outcome = ask(project, "-p", "socket_transport", hosts="box = ssh://-oProxyCommand=x")
    assert outcome.code == 4, str(outcome)
