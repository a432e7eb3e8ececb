"""The first minute with an existing Compose project, as the documentation shows it.

``PLATFORM_WRITE=1`` writes the transcript instead of comparing it.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from e2e.conftest import NewProject
from e2e.tree import ROOT, environment, pytest_command

pytestmark = pytest.mark.e2e

CASE = ROOT / "tests" / "cases" / "first_minute"
TRANSCRIPT = ROOT / "docs" / "first-minute.txt"
COLUMNS = 80
COMMANDS = (
    "pytest --compose --remote-mode local",
    "pytest-platform adopt --remote-mode local",
    "cat modules/page/module.yaml",
    "pytest --remote-mode local",
)
OF_THE_MACHINE = ("platform ", "rootdir: ", "plugins: ", "cachedir: ")


@pytest.fixture
def folder(new_project: NewProject, tmp_path: Path) -> Iterator[tuple[Path, str]]:
    folder = tmp_path / "home"
    shutil.copytree(CASE, folder)
    project = new_project(folder / "compose.yaml", "home")
    project.up("--no-build")
    project.wait_for("report", "exited")
    yield folder, project.name
    project.down()


def test_the_transcript_is_what_happens(folder: tuple[Path, str]) -> None:
    said = "\n".join(f"$ {command}\n{_said(command, *folder)}" for command in COMMANDS)
    if os.environ.get("PLATFORM_WRITE"):
        TRANSCRIPT.write_text(said, encoding="utf-8")
    assert said == TRANSCRIPT.read_text(encoding="utf-8")
    assert max(map(len, said.splitlines())) <= COLUMNS


def _said(command: str, folder: Path, project: str) -> str:
    words = command.split()
    argv = [*pytest_command(), *words[1:]] if words[0] == "pytest" else words
    # A shell cannot be given "home" here: every test has a project of its own.
    env = {"COMPOSE_PROJECT_NAME": project, "COLUMNS": str(COLUMNS)}
    done = subprocess.run(
        argv,
        cwd=folder,
        env={name: value for name, value in environment(env).items() if name != "CI"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=False,
    )
    return "".join(f"{line}\n" for line in _normal(done.stdout.replace(project, "home")))


def _normal(text: str) -> Iterator[str]:
    """Yield the lines as on any machine, with a time that is always the same."""
    for line in text.splitlines():
        if line.startswith(OF_THE_MACHINE):
            continue
        timed = re.sub(r" in [\d.]+s(?: \([\d:]+\))? ", " in 1.00s ", line)
        if timed != line:
            timed = f" {timed.strip('= ')} ".center(COLUMNS, "=")
        # A terminal breaks what is longer.
        yield from textwrap.wrap(timed, COLUMNS, subsequent_indent="  ") or [""]
