"""A failing test of this project names the files of the product that ran in it."""

from __future__ import annotations

import re
import sys

import pytest

from plugin.project import Project

FAILS = """
from forked import run
from pytest_platform.text import words

def test_here():
    assert words("a b") == ["c"]

def test_in_a_fork(tmp_path, monkeypatch):
    import os
    assert run("pytest_platform", "explain", cwd=tmp_path, env=os.environ, timeout=600) is None
"""


@pytest.mark.skipif(sys.version_info < (3, 12), reason="needs the monitoring of Python 3.12")
def test_a_failure_names_the_files_that_ran(project: Project) -> None:
    project.file("test_fails.py", FAILS)
    outcome = project.pytest("-p", "ran", "test_fails.py", "--remote-mode", "skip")
    here, forked = re.split(r"_+ test_in_a_fork _+", outcome.stdout)
    assert re.search(r"src/pytest_platform that ran.*-\n(.*\n)*?.*\btext\.py", here), str(outcome)
    assert "cli/explain.py" in forked, str(outcome)
