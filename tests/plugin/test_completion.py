"""The console script completes its commands in a shell, as argcomplete asks it to."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from plugin.project import Project

PROTOCOL = {
    "_ARGCOMPLETE": "1",
    "_ARGCOMPLETE_IFS": "\n",
    "_ARGCOMPLETE_COMP_WORDBREAKS": " \n",
    "_ARGCOMPLETE_SUPPRESS_SPACE": "1",
    "COMP_TYPE": "9",
}


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("pytest-platform ad", ["adopt"]),
        ("pytest-platform adopt --remote-mode ", ["skip", "local", "ssh"]),
        ("pytest-platform adopt --platf", ["--platform-project"]),
        ("pytest-platform explain container.m", ["container.missing", "container.mounts"]),
        ("pytest-platform report sa", ["sarif"]),
    ],
)
def test_words_are_completed(empty: Project, line: str, offered: list[str]) -> None:
    answer = empty.root / "answer"
    env = {"COMP_LINE": line, "COMP_POINT": str(len(line)), "_ARGCOMPLETE_STDOUT_FILENAME": answer}
    outcome = empty.run("pytest-platform", env={**PROTOCOL, **{k: str(env[k]) for k in env}})
    assert (outcome.code, outcome.stdout) == (0, ""), str(outcome)
    assert answer.read_text(encoding="utf-8").split() == offered


def test_what_the_documentation_says_can_be_run(empty: Project) -> None:
    program = shutil.which("register-python-argcomplete", path=empty.env["PATH"])
    assert program, "argcomplete brings it"
    outcome = empty.run(Path(program).name, "pytest-platform")
    assert (outcome.code, "complete" in outcome.stdout) == (0, True), str(outcome)
