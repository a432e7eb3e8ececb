"""A failure is shown once in full; pytest's summary has a line of it, also in CI."""

from __future__ import annotations

import json
import re

import pytest
import yaml

from plugin.project import Project
from plugin.terminal import on_terminal
from pytest_platform.codes import catalogue
from pytest_platform.report.fit import width_of

MESSAGE = "no restart policy is set, so it stays down after a crash or a reboot"

PLAIN = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii"}
"""The environment of an output that holds ASCII alone."""


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
    assert outcome.stdout.count(MESSAGE) == 2, str(outcome)
    assert outcome.stdout.count("expected: ") == 1, str(outcome)


@pytest.mark.parametrize(
    ("columns", "env"), [(40, {}), (80, {}), (60, PLAIN)], ids=["40", "80", "ASCII"]
)
def test_nothing_is_wider_than_a_terminal(
    failing: Project, columns: int, env: dict[str, str]
) -> None:
    failing.service("web", image="registry.example/" + "very-long-name/" * 9 + "x", restart="no")
    shown = on_terminal(failing, "-m", "contract", columns=columns, env=env)
    assert shown.code == 1
    ours = shown.lines[: shown.lines.index(next(one for one in shown.lines if "short test" in one))]
    theirs = ("_ ", "= ")
    assert [one for one in ours if width_of(one) > columns and not one.startswith(theirs)] == []
    assert "what to do next:" in ours
    assert env or "…" in shown.text


@pytest.mark.parametrize(
    ("env", "coloured"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)],
)
def test_colours(failing: Project, env: dict[str, str], *, coloured: bool) -> None:
    shown = on_terminal(failing, "-m", "contract", env=env)
    assert ("\x1b[" in shown.text) is coloured


@pytest.mark.parametrize("workers", ["0", "2"])
def test_equal_failures_are_told_once_with_their_places(failing: Project, workers: str) -> None:
    for name in ("db", "cache"):
        failing.module(name)
        del failing.services[name]["restart"]
    failing.file("modules/compose.yaml", yaml.safe_dump({"services": failing.services}))
    outcome = failing.pytest("-m", "contract", "-n", workers, "--junitxml=out.xml", "--json=j.json")
    failures = outcome.stdout.partition("= platform =")[0]
    assert failures.count(MESSAGE) == 1, str(outcome)
    assert "_ cache::contract::restart _" in failures
    place = r"\(modules/compose.yaml:\d+\)"
    assert re.search(f"the same: db {place}, web {place}", failures)
    assert f"- cache, db, web: {catalogue()['contract.restart'].do}" in outcome.stdout
    # Files hold all of each.
    assert (failing.root / "out.xml").read_text(encoding="utf-8").count(f'"{MESSAGE}') == 3
    modules = json.loads((failing.root / "j.json").read_text(encoding="utf-8"))["platform"]
    assert str(modules).count(f"'message': '{MESSAGE}") >= 3


def test_what_differs_is_told_of_each(failing: Project) -> None:
    failing.module("db")
    failing.service("db", restart="always", image="registry.example/db")
    outcome = failing.pytest("-m", "contract")
    assert "the same: " not in outcome.stdout


def test_junit_has_the_message_and_the_text(failing: Project) -> None:
    failing.pytest("-m", "contract", "--junitxml=out.xml")
    told = (failing.root / "out.xml").read_text(encoding="utf-8")
    assert f'<failure message="{MESSAGE}' in told
    assert "modules/compose.yaml:" in told
    assert told.count('<property name="code" value="contract.restart" />') == 1
    assert told.count("<property ") == 1
