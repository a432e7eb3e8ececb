"""Whatever answers, and wherever it runs: one line with a code, and never a traceback."""

from __future__ import annotations

import os
import shutil
import stat
import sys

import pytest

from plugin.project import Outcome, Project

TRACES = ("Traceback", "INTERNALERROR", "most recent call")
LONG = 400 * "x"
RENDERED = ("-m", "contract", "-k", "compose or restart")
HANG = """\
import sys

from pytest_platform.plugin import progress
from pytest_platform.compose import program

progress.FIRST_REPORT = 0.5
program.TIMEOUT = 3.0
sys.executable = "/nowhere/python"
"""


def in_one_line(outcome: Outcome) -> None:
    """Find no trace of Python in what people read."""
    for word in TRACES:
        assert word not in outcome.stdout + outcome.stderr, str(outcome)


def fake(project: Project, body: str) -> dict[str, str]:
    """Put a program ``docker`` first on PATH; return the environment for it."""
    program = project.file("bin/docker", f"#!/bin/sh\n{body}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return {"PATH": f"{program.parent}:{project.env['PATH']}"}


VERSION = 'case "$*" in *version*) echo 2.40.0; exit 0;; esac\n'
ANSWERS = {
    "number": "echo 7",
    "null": "echo null",
    "list": "echo '[1]'",
    "text": "echo '\"x\"'",
    "garbage": "echo 'no json {'",
    "nothing": "true",
    "services-list": "echo '{\"services\": [1]}'",
    "service-number": 'echo \'{"services": {"web": 7}}\'',
    "volumes-text": 'echo \'{"services": {}, "volumes": "x"}\'',
    "service-null": 'echo \'{"services": {"web": null}}\'',
    "environment-list": 'echo \'{"services": {"web": {"environment": [1]}}}\'',
    "ports-numbers": 'echo \'{"services": {"web": {"ports": [80]}}}\'',
    "hooks-text": 'echo \'{"services": {"web": {"pre_start": "x"}}}\'',
    "nested": "python3 -c 'print(200000 * \"[\")'",
}


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_compose_answers_with_no_project(project: Project, answer: str) -> None:
    outcome = project.pytest("--json", *RENDERED, env=fake(project, VERSION + answer))
    assert outcome.code == 1, str(outcome)
    check = outcome.checks("web")["contract::compose"]
    assert (check["verdict"], check["code"]) == ("failed", "contract.compose"), check
    assert outcome.checks("web")["contract::restart"]["code"] == "compose.render", str(outcome)
    assert "no project" in check["message"], check
    in_one_line(outcome)


@pytest.mark.parametrize(("signal", "name"), [("KILL", "SIGKILL"), ("TERM", "SIGTERM")])
def test_compose_is_killed(project: Project, signal: str, name: str) -> None:
    env = fake(project, f"{VERSION}kill -{signal} $$")
    outcome = project.pytest("--json", *RENDERED, env=env)
    check = outcome.checks("web")["contract::compose"]
    assert f"ended by {name}" in check["message"], str(outcome)
    in_one_line(outcome)


def test_docker_never_answers(project: Project) -> None:
    """It is awaited once, with progress, and named."""
    project.file("conftest.py", HANG)
    fake(project, "exec sleep 60")
    env = {"PATH": f"{project.root}/bin:/usr/bin:/bin"}
    outcome = project.pytest("--json", *RENDERED, env=env)
    check = outcome.checks("web")["contract::restart"]
    assert (check["verdict"], check["code"]) == ("error", "compose.timeout"), str(outcome)
    assert "docker compose did not answer within 3 s" in check["message"], check
    assert outcome.stderr.count("waiting    1 s  for: docker compose") == 1, str(outcome)
    in_one_line(outcome)


@pytest.mark.parametrize(
    "text",
    ["[]", "7", "null", '"x"', "{", '{"HttpHeaders": 7}', "[" * 200_000],
    ids=lambda text: text[:20],
)
def test_the_configuration_of_docker(project: Project, text: str) -> None:
    project.file("docker/config.json", text)
    env = {"DOCKER_CONFIG": str(project.root / "docker")}
    outcome = project.pytest("--json", "-m", "health", "--remote-mode", "local", env=env)
    assert outcome.code == 1, str(outcome)
    check = outcome.checks("web")["health::state"]
    assert check["verdict"] == "error", check
    assert check["code"] in {"engine.unreachable", "engine.configuration"}, check
    in_one_line(outcome)


USAGE = {
    "modules-dir": ["--modules-dir", LONG],
    "backup-ref": ["--backup-ref", LONG, "--module", "nowhere"],
    "module": ["--module", LONG],
    "loop": ["--modules-dir", "loop"],
    "file": ["--modules-dir", "pytest.ini"],
}


@pytest.mark.parametrize("args", USAGE.values(), ids=USAGE)
def test_options(project: Project, args: list[str]) -> None:
    (project.root / "loop").symlink_to("loop")
    outcome = project.pytest(*args)
    assert outcome.code == 4, str(outcome)
    assert "[platform.usage]" in outcome.stderr, str(outcome)
    in_one_line(outcome)


INI = {
    "ssh-config": f"[pytest]\nplatform_ssh_config = {LONG}\n",
    "home": "[pytest]\nplatform_ssh_config = ~nobody-of-this-name/x\n",
    "modules-dir": f"[pytest]\nplatform_modules_dir = {LONG}\n",
    "nul": "[pytest]\nplatform_modules_dir = mod\0ules\n",
}


@pytest.mark.parametrize("text", INI.values(), ids=INI)
def test_the_ini_file(project: Project, text: str) -> None:
    project.file("pytest.ini", text)
    outcome = project.pytest("--remote-mode", "ssh", "--ssh-host", "nowhere.invalid")
    assert outcome.code == 4, str(outcome)
    assert "[platform.usage]" in outcome.stderr, str(outcome)
    in_one_line(outcome)


@pytest.mark.parametrize(
    "line", ["platform_modules_dir = 7", "platform_remote_mode = []", "platform_hosts = 'x'"]
)
def test_types_of_toml(project: Project, line: str) -> None:
    (project.root / "pytest.ini").unlink()
    project.file("pytest.toml", f"[pytest]\n{line}\n")
    outcome = project.pytest()
    assert outcome.code == 4, str(outcome)
    assert line.partition(" ")[0] in outcome.stderr, str(outcome)
    in_one_line(outcome)


def test_a_folder_without_permission(project: Project) -> None:
    """Root may read everything, so the run is without that privilege."""
    (project.root / "modules").chmod(0)
    argv = [sys.executable, "-m", "pytest"]
    if os.geteuid() == 0:
        setpriv = shutil.which("setpriv") or pytest.skip("there is no setpriv")
        argv = [setpriv, "--bounding-set=-dac_override,-dac_read_search", *argv]
    try:
        outcome = project.run(*argv, "--module", "web")
    finally:
        (project.root / "modules").chmod(0o700)
    assert outcome.code == 4, str(outcome)
    assert "cannot be read: Permission denied" in outcome.stderr, str(outcome)
    in_one_line(outcome)


def test_a_name_that_is_no_utf8(project: Project) -> None:
    odd = os.fsencode(project.root) + b"/modules/b\xffd"
    os.mkdir(odd)  # noqa: PTH102 - a name of bytes
    with open(odd + b"/module.yaml", "wb"):  # noqa: PTH123
        pass
    outcome = project.pytest("--module", "web")
    assert outcome.code == 4, str(outcome)
    assert "is no UTF-8" in outcome.stderr, str(outcome)
    assert "b\\xffd" in outcome.stderr, str(outcome)
    in_one_line(outcome)


def test_compose_files_that_are_links_in_a_circle(project: Project) -> None:
    file = project.root / "modules" / "compose.yaml"
    file.unlink()
    file.symlink_to(file)
    outcome = project.pytest("--json", "-m", "contract")
    assert outcome.code == 1, str(outcome)
    assert outcome.modules["web"]["verdict"] in {"failed", "error"}, str(outcome)
    in_one_line(outcome)


def test_a_fault_of_ours(project: Project) -> None:
    """It costs the check that meets it, and is one line; ``--full-trace`` shows more."""
    project.file(
        "conftest.py",
        "from pytest_platform.checks.contract import runbook\n"
        "def judge(facts): raise KeyError('x')\n"
        "from pytest_platform.checks import registry\n"
        "registry.CONTRACT['contract.runbook'] = judge\n",
    )
    outcome = project.pytest("--json", "-k", "schema or runbook")
    check = outcome.checks("web")["contract::runbook"]
    assert (check["verdict"], check["code"]) == ("error", "platform.internal"), check
    assert "KeyError: 'x'" in check["message"], check
    in_one_line(outcome)
    assert "def judge(facts)" in project.pytest("-k", "runbook", "--full-trace").stdout


@pytest.mark.parametrize("argv", [("schema", LONG), ("schema", "pytest.ini"), ("summary", LONG)])
def test_commands(project: Project, argv: tuple[str, str]) -> None:
    outcome = project.run(sys.executable, "-m", "pytest_platform", *argv)
    assert outcome.code == 1, str(outcome)
    assert len(outcome.stderr.splitlines()) == 1, str(outcome)
    in_one_line(outcome)
