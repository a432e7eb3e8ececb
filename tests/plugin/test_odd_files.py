"""What stands in the place of a module's file and is none: a check that fails, never silence."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from plugin.project import Project


def _folder(path: Path) -> None:
    path.mkdir()
    (path / "test_inside.py").write_text("def test_inside(): pass\n", encoding="utf-8")


def _fifo(path: Path) -> None:
    os.mkfifo(path)


def _dead_link(path: Path) -> None:
    path.symlink_to("nowhere")


def _circle(path: Path) -> None:
    path.symlink_to(path)


def _leads_out(path: Path) -> None:
    path.symlink_to(OUTSIDE)


OUTSIDE = "/etc/passwd"
ODD: dict[str, tuple[Callable[[Path], None], str]] = {
    "folder": (_folder, "is a folder; it must be a file"),
    "fifo": (_fifo, "is not a regular file"),
    "dead-link": (_dead_link, "cannot be read: no such file or directory"),
    "circle": (_circle, "its links lead in a circle"),
    "leads-out": (_leads_out, "leads out of the repository"),
}


@pytest.fixture
def odd(project: Project) -> Project:
    """Put everything odd beside one good module."""
    for name, (make, _) in ODD.items():
        file = project.root / "modules" / name / "module.yaml"
        file.parent.mkdir()
        make(file)
    return project


ASKED = {
    "a full run": [],
    "selected": [f"--module={name}" for name in ("web", *ODD)],
    "as paths": [f"modules/{name}" for name in ("web", *ODD)],
}


@pytest.mark.parametrize("asked", ASKED.values(), ids=ASKED)
def test_each_fails_and_says_why(odd: Project, asked: list[str]) -> None:
    outcome = odd.pytest("--json", "-m", "contract", "-k", "schema", *asked)
    assert outcome.code == 1, str(outcome)
    assert outcome.modules.keys() == {"web", *ODD}, str(outcome)
    for name, (_, message) in ODD.items():
        (check,) = outcome.checks(name).values()
        assert (check["id"], check["verdict"]) == ("contract::schema", "failed"), str(outcome)
        assert message in check["message"], str(outcome)
    assert outcome.modules["web"]["verdict"] == "unverified", str(outcome)
    for not_ours in ("test_inside", "root:"):
        assert not_ours not in outcome.stdout + outcome.stderr, str(outcome)


PIPES = {
    "runbook": ("modules/web/runbook.md", "contract::runbook", "is missing or cannot be read"),
    "compose": ("modules/compose.yaml", "contract::compose", "is a pipe or a device"),
    "env": ("modules/.env", "", ""),
    "env-file": ("modules/app.env", "", ""),
}


@pytest.mark.parametrize(("name", "check", "message"), PIPES.values(), ids=PIPES)
def test_a_pipe_without_a_writer(project: Project, name: str, check: str, message: str) -> None:
    """Nobody waits for it; what a check does not need is judged without it."""
    compose = "services: {web: {image: x, env_file: app.env, restart: always}}"
    project.file("modules/compose.yaml", compose)
    project.file("modules/app.env", "A=b")
    (project.root / name).unlink(missing_ok=True)
    os.mkfifo(project.root / name)
    outcome = project.pytest("--json", "-m", "contract")
    checks = outcome.checks("web")
    assert all(one["seconds"] < 30 for one in checks.values()), str(outcome)
    if check:
        assert message in checks[check]["message"], str(outcome)
    else:
        assert not [one for one in checks.values() if one["verdict"] == "error"], str(outcome)
