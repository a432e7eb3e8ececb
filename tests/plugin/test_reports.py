"""``--platform-report``: every format, on stdout and in files; refused before a test runs."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from plugin.project import Project
from pytest_platform.report.formats import FORMATS

FAST = ("-k", "schema")
"""Selects the one check that needs no renderer."""


def test_every_format_is_written_at_once(project: Project) -> None:
    files = [f"--platform-report={name}=out/{name}" for name in FORMATS]
    outcome = project.pytest(*FAST, *files)
    assert outcome.code == 0, str(outcome)
    assert {one.name for one in (project.root / "out").iterdir()} == set(FORMATS)
    empty = {one.name for one in (project.root / "out").iterdir() if not one.stat().st_size}
    assert empty == {"github"}, "nothing is wrong, so there is nothing to annotate"
    assert "1 passed" in outcome.stdout


@pytest.mark.parametrize("name", FORMATS)
def test_stdout_carries_it_alone(project: Project, name: str) -> None:
    """The command makes the same of the saved document."""
    outcome = project.pytest(*FAST, f"--platform-report={name}", "--json=saved.json")
    assert outcome.code == 0, str(outcome)
    assert "1 passed" in outcome.stderr, str(outcome)
    again = project.run(sys.executable, "-m", "pytest_platform", "report", name, "saved.json")
    assert again.stdout == outcome.stdout, str(outcome)


def test_the_format_json_is_the_document(project: Project) -> None:
    outcome = project.pytest(*FAST, "--platform-report=json")
    assert outcome.modules["web"]["verdict"] == "unverified"


def test_the_ini_file_names_reports(project: Project) -> None:
    project.file("pytest.ini", "[pytest]\nplatform_reports =\n  json=out/a.json\n  markdown=b.md\n")
    outcome = project.pytest(*FAST, "-n", "2")
    assert outcome.code == 0, str(outcome)
    assert json.loads((project.root / "out/a.json").read_text())["platform"]["modules"]
    assert (project.root / "b.md").read_text().startswith("### platform")


def test_the_command_line_takes_stdout_from_the_ini_file(project: Project) -> None:
    project.file("pytest.ini", "[pytest]\nplatform_reports = table\n")
    assert project.pytest(*FAST).stdout.startswith("module")
    assert project.pytest(*FAST, "--json").modules["web"]["verdict"] == "unverified"


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["--platform-report=jsn"], "there is no format 'jsn'; did you mean 'json'?"),
        (["--platform-report", "zzz"], "there is no format 'zzz'; there are json, "),
        (["--platform-report="], "there is no format ''"),
        (["--platform-report=table="], "'table=' names no file"),
        (["--platform-report=table", "--platform-report=markdown"], "stdout carries one report"),
        (["--platform-report=table=x", "--platform-report=markdown=./x"], "the same file"),
        (["--platform-report=table=modules"], "cannot be written: Is a directory"),
        (["--platform-report=table=/proc/x/y"], "cannot be written: "),
        (["--platform-report", "table"], "with an equals sign"),
        (["-o", "platform_reports=jsn"], "platform_reports: there is no format 'jsn'"),
    ],
)
def test_what_cannot_be_done_is_refused_first(
    project: Project, args: list[str], words: str
) -> None:
    project.file("table/x", "a folder of that name\n")
    project.file("pytest.ini", "[pytest]\n")
    outcome = project.pytest(*FAST, *args)
    assert outcome.code == 4, str(outcome)
    assert words in outcome.stderr, str(outcome)
    assert "[platform.usage]" in outcome.stderr, str(outcome)
    assert "passed" not in outcome.stdout + outcome.stderr, str(outcome)


def test_json_on_stdout_says_what_was_refused(project: Project) -> None:
    outcome = project.pytest(*FAST, "--json", "--platform-report=jsn")
    assert outcome.code == 4, str(outcome)
    assert "no format 'jsn'" in outcome.error["message"]


def test_files_are_replaced_and_links_stay(project: Project) -> None:
    target = project.file("real.md", "old\n")
    link = project.root / "link.md"
    link.symlink_to(target)
    inode = target.stat().st_ino
    assert project.pytest(*FAST, f"--platform-report=markdown={link}").code == 0
    assert link.is_symlink()
    assert target.read_text(encoding="utf-8").startswith("### platform")
    assert target.stat().st_ino != inode


def test_a_pipe_without_a_reader_is_refused(project: Project, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    outcome = project.pytest(*FAST, f"--platform-report=table={tmp_path / 'pipe'}")
    assert outcome.code == 4, str(outcome)


def test_the_help_names_all_formats(empty: Project) -> None:
    words = empty.pytest("--help").stdout.split()
    assert set(FORMATS) <= {word.strip(".,") for word in words}


@pytest.mark.parametrize("name", sorted(FORMATS.keys() - {"json", "prometheus", "nagios", "html"}))
def test_workers_change_nothing(project: Project, name: str) -> None:
    """The formats left out have durations in them."""
    project.module("db")
    alone = project.pytest("-m", "contract", f"--platform-report={name}", "-n", "0")
    shared = project.pytest("-m", "contract", f"--platform-report={name}", "-n", "2")
    assert alone.stdout == shared.stdout, str(alone)
