"""Where a run looks: the command line wins, then the environment, then the ini file."""

from __future__ import annotations

import itertools

import pytest

from plugin.project import Outcome, Project

OPTION = "--remote-mode"
FIRST = "PYTEST_PLATFORM_REMOTE_MODE"
SECOND = "PLATFORMCTL_SMOKE_REMOTE_MODE"
INI = "platform_remote_mode"
SOURCES = (OPTION, FIRST, SECOND, INI)
"""The strongest first."""


def ask(project: Project, wishes: dict[str, str], *args: str) -> Outcome:
    """Run the one check that needs no host, with a remote mode asked for here and there."""
    if INI in wishes:
        project.file("pytest.ini", f"[pytest]\n{INI} = {wishes[INI]}\n")
    option = [OPTION, wishes[OPTION]] if OPTION in wishes else []
    env = {name: wishes[name] for name in (FIRST, SECOND) if name in wishes}
    return project.pytest("--json", "-k", "schema", *option, *args, env=env)


@pytest.mark.parametrize(("strong", "weak"), list(itertools.combinations(SOURCES, 2)))
@pytest.mark.parametrize(("mode", "other"), [("ssh", "skip"), ("skip", "local")])
def test_the_stronger_one_wins(
    project: Project, strong: str, weak: str, mode: str, other: str
) -> None:
    outcome = ask(project, {strong: mode, weak: other})
    assert outcome.document["platform"]["remote_mode"] == mode, str(outcome)


@pytest.mark.parametrize("source", SOURCES)
def test_each_one_alone(project: Project, source: str) -> None:
    outcome = ask(project, {source: "local"})
    assert outcome.document["platform"]["remote_mode"] == "local", str(outcome)


def test_skip_is_the_default(project: Project) -> None:
    outcome = ask(project, {})
    assert outcome.document["platform"]["remote_mode"] == "skip", str(outcome)


@pytest.mark.parametrize("source", [FIRST, SECOND, INI])
def test_empty_is_not_set(project: Project, source: str) -> None:
    outcome = ask(project, {source: ""})
    assert outcome.document["platform"]["remote_mode"] == "skip", str(outcome)


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("mode", ["remote", "Local", "skip,local", " local"])
def test_other_words_are_refused(project: Project, source: str, mode: str) -> None:
    if source == INI and mode.startswith(" "):
        pytest.skip("an ini file drops the blank")
    outcome = ask(project, {source: mode})
    assert outcome.code == 4, str(outcome)
    message = f"{source}: '{mode}' is not one of skip, local, ssh"
    assert message in outcome.error["message"], str(outcome)


def test_a_weaker_one_is_not_looked_at(project: Project) -> None:
    outcome = ask(project, {OPTION: "skip", FIRST: "wrong", SECOND: "wrong", INI: "wrong"})
    assert outcome.code == 0, str(outcome)


@pytest.mark.parametrize("name", [FIRST, SECOND])
def test_the_environment_breaks_no_other_project(empty: Project, name: str) -> None:
    empty.file("test_it.py", "def test_it(): pass")
    outcome = empty.pytest(env={name: "wrong"})
    assert outcome.code == 0, str(outcome)


@pytest.mark.parametrize("workers", ["0", "2"])
def test_workers_hear_of_it(project: Project, workers: str) -> None:
    """In skip mode the live checks are skipped; in local mode they ask the Engine."""
    args = ("--json", "-m", "health", "-n", workers)
    skipped = project.pytest(*args)
    assert skipped.checks("web")["health::state"]["verdict"] == "skipped", str(skipped)
    asked = project.pytest(*args, OPTION, "local")
    assert asked.checks("web")["health::state"]["code"] == "engine.unreachable", str(asked)
