"""Where modules are: the options that name hosts, and who wins."""

from __future__ import annotations

import pytest

from plugin.project import Outcome, Project

SSH = ("--json", "-m", "health", "--remote-mode=ssh")
NOWHERE = "Host *\n  ProxyCommand false\n"
"""A configuration of the ssh client by which no host can be reached."""


@pytest.fixture
def offline(project: Project) -> Project:
    """Let the ssh client reach nobody."""
    project.env["PYTEST_PLATFORM_SSH_CONFIG"] = str(project.file("ssh_config", NOWHERE))
    return project


def ini(project: Project, *lines: str) -> None:
    """Write settings into the ini file."""
    project.file("pytest.ini", "\n".join(("[pytest]", *lines, "")))


def at(project: Project, host: str, name: str = "web") -> None:
    """Write a module that declares its host."""
    runtime = {
        "compose": {"files": ["../compose.yaml"], "project": "pp-plugin", "service": name},
        "expected_state": "running",
        "host": host,
    }
    project.module(name, runtime=runtime)


def told(outcome: Outcome, module: str = "web") -> str:
    """Return what the state check of a module says."""
    message: str = outcome.checks(module)["health::state"]["message"]
    return message


def test_without_a_host_it_is_an_error(offline: Project) -> None:
    outcome = offline.pytest(*SSH)
    assert outcome.code == 1, str(outcome)
    check = outcome.checks("web")["health::state"]
    assert (check["verdict"], check["code"]) == ("error", "host.undeclared")
    assert all(way in check["message"] for way in ("--ssh-host", "runtime.host", "platform_ssh"))


def test_each_is_stronger_than_the_next(offline: Project) -> None:
    ini(offline, "platform_ssh_host = by-ini", "platform_hosts =", "    named = by-name:2222")
    assert "by-ini" in told(offline.pytest(*SSH))
    at(offline, "by-module")
    assert "by-module" in told(offline.pytest(*SSH))
    assert "by-option" in told(offline.pytest(*SSH, "--ssh-host=by-option"))
    assert "named" in told(offline.pytest(*SSH, "--ssh-host=named"))


def test_a_dead_host_is_told_once_and_all_its_modules_are_errors(offline: Project) -> None:
    for name in ("one", "two"):
        at(offline, "nas", name)
    outcome = offline.pytest(*SSH, "--module=one", "--module=two")
    assert [one["verdict"] for one in outcome.modules.values()] == ["error", "error"]
    checks = [outcome.checks(name)["health::state"] for name in ("one", "two")]
    assert checks[0]["code"] == checks[1]["code"]
    assert checks[0]["code"].startswith("ssh."), str(outcome)
    assert checks[1]["message"] == "nas could not be looked at; 'one' says why"


def test_in_mode_local_the_declared_host_is_ignored(project: Project) -> None:
    at(project, "nas")
    outcome = project.pytest("--json", "-m", "health", "--remote-mode=local")
    assert "no Docker Engine answers on local" in told(outcome), str(outcome)


def test_a_bad_line_of_the_inventory(project: Project) -> None:
    ini(project, "platform_hosts =", "    nas")
    outcome = project.pytest("--json")
    assert outcome.code == 4, str(outcome)
    message = "platform_hosts: 'nas' is not of the form: name = [user@]host[:port]"
    assert message in outcome.error["message"], str(outcome)


@pytest.mark.parametrize("host", ["-oProxyCommand=touch", "a\nb"])
def test_a_bad_host_on_the_command_line(offline: Project, host: str) -> None:
    outcome = offline.pytest(*SSH, f"--ssh-host={host}")
    assert outcome.code == 4, str(outcome)
    assert "--ssh-host: " in outcome.error["message"], str(outcome)


def test_a_host_without_the_mode_is_a_mistake(project: Project) -> None:
    outcome = project.pytest("--json", "--ssh-host=nas")
    assert outcome.code == 4, str(outcome)
    assert "--ssh-host=nas is for --remote-mode ssh" in outcome.error["message"]


def test_a_configuration_that_is_not_there(project: Project) -> None:
    outcome = project.pytest(*SSH, env={"PYTEST_PLATFORM_SSH_CONFIG": "nothing"})
    assert outcome.code == 4, str(outcome)
    assert "PYTEST_PLATFORM_SSH_CONFIG: there is no file" in outcome.error["message"]


def test_the_configuration_may_be_named_in_the_ini_file(project: Project) -> None:
    project.file("etc/ssh_config", NOWHERE)
    ini(project, "platform_ssh_config = etc/ssh_config", "platform_ssh_host = nas")
    check = project.pytest(*SSH).checks("web")["health::state"]
    assert check["code"].startswith("ssh."), check


def test_collection_is_the_same_on_all_workers(offline: Project) -> None:
    """A host that is not declared, or cannot be reached, changes no node id."""
    for name in ("one", "two"):
        at(offline, name, name)
    args = ("--json", "--remote-mode=ssh")
    alone, shared = offline.pytest(*args), offline.pytest(*args, "-n", "2")
    ids = [[test["nodeid"] for test in one.document["tests"]] for one in (alone, shared)]
    assert ids[0] == ids[1]
    assert "modules/one/module.yaml::health::state" in ids[0]
