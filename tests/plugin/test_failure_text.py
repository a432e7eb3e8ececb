"""A failure is shown once in full; pytest's summary has a line of it, also in CI."""

from __future__ import annotations

import os
import pty
import subprocess
import sys

import pytest
import yaml

from plugin.project import Project

MESSAGE = "no restart policy is set, so it stays down after a crash or a reboot"


@pytest.fixture
def failing(project: Project) -> Project:
    """Give a project with a module that has no restart policy."""
    project.module("web")
    del project.services["web"]["restart"]
    project.file("modules/compose.yaml", yaml.safe_dump({"services": project.services}))
    return project


@pytest.mark.parametrize("workers", ["0", "2"])
def test_in_ci_it_is_not_told_twice(failing: Project, workers: str) -> None:
    outcome = failing.pytest("-m", "contract", "-n", workers, env={"CI": "true"})
    summary = outcome.stdout.partition("short test summary")[2].splitlines()
    (line,) = [one for one in summary if one.startswith("FAILED ")]
    assert f"contract::restart - {MESSAGE}" in line, str(outcome)
    assert outcome.stdout.count("restart: unless-stopped") == 2, str(outcome)
    assert outcome.stdout.count("expected: ") == 1, str(outcome)


def test_nothing_is_wider_than_a_terminal(failing: Project) -> None:
    argv = [sys.executable, "-m", "pytest", *failing.lean, "-m", "contract"]
    main, terminal = pty.openpty()
    process = subprocess.Popen(
        argv,
        cwd=failing.root,
        env={**failing.env, "COLUMNS": "60", "NO_COLOR": "1"},
        stdin=subprocess.DEVNULL,
        stdout=terminal,
        stderr=terminal,
    )
    os.close(terminal)
    told = bytearray()
    while True:
        try:
            data = os.read(main, 4096)
        except OSError:
            break
        if not data:
            break
        told += data
    os.close(main)
    assert process.wait() == 1
    lines = told.decode().split("= FAILURES =")[1].splitlines()
    assert [line for line in lines if len(line) > 60] == []
    assert "no restart policy is set" in told.decode()


def test_junit_has_the_message_and_the_text(failing: Project) -> None:
    failing.pytest("-m", "contract", "--junitxml=out.xml")
    told = (failing.root / "out.xml").read_text(encoding="utf-8")
    assert f'<failure message="{MESSAGE}' in told
    assert "modules/compose.yaml:" in told
