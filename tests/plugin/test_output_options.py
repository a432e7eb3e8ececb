"""Targets and sources on the command line: what cannot be used ends the run before any test."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from plugin.project import Project

FULL = ("-p", "no:cacheprovider", "--module=web")
UNUSABLE = ["pipe", "folder", "x" * 300, "pytest.ini/it"]


@pytest.mark.parametrize("name", [*UNUSABLE, "missing/it"])
@pytest.mark.parametrize("option", ["--plan", "--apply", "--json"])
def test_what_cannot_be_used_is_refused_at_once(project: Project, option: str, name: str) -> None:
    if (option, name) == ("--json", "missing/it"):
        pytest.skip("the folder of a report is made")
    os.mkfifo(project.root / "pipe")
    (project.root / "folder").mkdir()
    outcome = project.pytest(f"{option}={name}", *FULL)
    assert outcome.code == 4, str(outcome)
    assert option in outcome.stderr, str(outcome)
    assert "Traceback" not in outcome.stderr, str(outcome)
    assert stat.S_ISFIFO((project.root / "pipe").stat().st_mode)


@pytest.mark.parametrize("option", ["--plan", "--json"])
@pytest.mark.parametrize("target", ["/dev/null", "link"])
def test_a_device_stays_one(project: Project, option: str, target: str) -> None:
    (project.root / "link").symlink_to("/dev/null")
    outcome = project.pytest(f"{option}={target}", *FULL)
    assert outcome.code in {0, 1}, str(outcome)
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)
    assert (project.root / "link").is_symlink()


def test_a_plan_and_a_report_go_to_stdout(project: Project) -> None:
    assert '"digest"' in project.pytest("--plan=/dev/stdout", *FULL).stdout
    assert '"platform"' in project.pytest("--json=/dev/stdout", *FULL).stdout


def test_a_plan_into_a_link_replaces_its_target(project: Project) -> None:
    (project.root / "link").symlink_to("plan.json")
    project.pytest("--plan=link", *FULL)
    assert (project.root / "link").is_symlink()
    assert '"digest"' in (project.root / "plan.json").read_text(encoding="utf-8")
