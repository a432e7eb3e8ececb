"""What is equal is shown once, with the modules that it concerns; all of it is counted."""

from __future__ import annotations

import re

import pytest

from plugin.project import Outcome, Project

NAMES = ("app", "db", "page")
THESE = ("-k", "app or db or page")


@pytest.fixture
def three(project: Project) -> Project:
    """Give a project with three modules on one host, and a probe each."""
    for name in NAMES:
        project.module(name, smoke=[{"name": "it answers", "exec": {"command": ["true"]}}])
    return project


def _blocks(outcome: Outcome) -> list[str]:
    return re.findall(r"^_{3,} (.*) _{3,}$", outcome.stdout, re.MULTILINE)


@pytest.mark.parametrize("workers", ["0", "2"])
def test_an_engine_that_does_not_answer_is_told_once(three: Project, workers: str) -> None:
    outcome = three.pytest("--remote-mode", "local", "-n", workers, *THESE)
    assert outcome.code == 1
    assert _blocks(outcome) == ["ERROR at call of app::health::state"], str(outcome)
    assert "the same: app (2), db (3), page (3)" in outcome.stdout
    summary = outcome.stdout.partition("short test summary")[2]
    assert summary.count("\nERROR ") == 9, str(outcome)
    assert "9 errors" in summary


def test_a_host_that_cannot_be_reached_is_told_once_and_each_host_for_itself(
    three: Project,
) -> None:
    for name in NAMES:
        host = "two.invalid" if name == "page" else "one.invalid"
        runtime = {
            "compose": {"files": ["../compose.yaml"], "project": "pp-plugin", "service": name},
            "expected_state": "running",
            "host": host,
        }
        three.module(name, runtime=runtime)
    outcome = three.pytest("--remote-mode", "ssh", *THESE)
    assert len(_blocks(outcome)) == 2, str(outcome)
    assert outcome.stdout.count("the same: ") == 2
    assert "db (2)" in outcome.stdout


def test_equal_findings_are_told_once_and_others_each(three: Project) -> None:
    three.service("app", restart="no")
    three.service("db", restart="no")
    three.service("page", ports=["3000:3000"])
    outcome = three.pytest("-m", "contract", *THESE)
    assert len(_blocks(outcome)) == 2, str(outcome)
    assert "the same: db (modules/compose.yaml:7)" in outcome.stdout
    assert "3 failed" in outcome.stdout


def test_with_more_words_each_is_shown(three: Project) -> None:
    outcome = three.pytest("--remote-mode", "local", "-vv", *THESE)
    assert len(_blocks(outcome)) == 9, str(outcome)
    assert "the same: " not in outcome.stdout
