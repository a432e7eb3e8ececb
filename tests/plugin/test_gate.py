"""The gate in somebody's repository: ``action.yml`` and ``.pre-commit-hooks.yaml``."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from forked import LEAN
from plugin.project import ROOT, Project

ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
HOOKS: list[dict[str, Any]] = yaml.safe_load(
    (ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")
)
STEPS: list[dict[str, Any]] = ACTION["runs"]["steps"]


def test_inputs_reach_scripts_through_the_environment_alone() -> None:
    for step in STEPS:
        assert "${{" not in step["run"], step["name"]
    named = set(re.findall(r"inputs\.([\w-]+)", yaml.safe_dump(STEPS)))
    assert named == set(ACTION["inputs"])


@pytest.mark.parametrize("step", STEPS, ids=lambda one: one["name"])
def test_bash_can_read_the_scripts(step: dict[str, Any]) -> None:
    assert subprocess.run(["bash", "-n"], input=step["run"].encode(), check=False).returncode == 0


@pytest.mark.parametrize("good", [True, False], ids=["good", "bad"])
def test_the_script_tests_and_writes_a_summary(
    project: Project, tmp_path: Path, good: bool
) -> None:
    if not good:
        project.service("web", image="nginx")
    (tmp_path / "pytest-platform").symlink_to(Path(sys.prefix))
    summary = tmp_path / "summary.md"
    env = {
        "ARGUMENTS": shlex.join((*LEAN, "-m", "contract")),
        "FOLDER": ".",
        "RUNNER_TEMP": str(tmp_path),
        "GITHUB_STEP_SUMMARY": str(summary),
        "PYTEST_PLATFORM_REMOTE_MODE": "skip",
    }
    outcome = project.run("bash", "-e", "-c", STEPS[1]["run"], env=env)
    assert outcome.code == (0 if good else 1), str(outcome)
    assert "web" in summary.read_text(encoding="utf-8")


def test_the_hooks_ask_for_what_there_is(project: Project) -> None:
    gate, validate = HOOKS
    for command in ("git init -q", "git add .", "git -c user.name=x -c user.email=x commit -qm x"):
        assert project.run(*shlex.split(command)).code == 0
    program, *words = shlex.split(gate["entry"])
    assert (program, gate["pass_filenames"]) == ("python", False)
    outcome = project.run(sys.executable, *words, *LEAN)
    assert outcome.code == 0, str(outcome)
    project.service("web", image="nginx")
    assert project.run(sys.executable, *words, *LEAN).code == 1
    program, *words = shlex.split(validate["entry"])
    file = "modules/web/module.yaml"
    assert re.search(validate["files"], file)
    assert project.run(sys.executable, *words, file).code == 0
