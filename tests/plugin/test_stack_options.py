"""The options of stacks of one's own: what goes together, and what is said where it does not."""

from __future__ import annotations

import pytest

from plugin.project import Project

OWN = "--stack=ephemeral"


def test_it_implies_that_this_machine_is_looked_at(project: Project) -> None:
    outcome = project.pytest("--json", OWN, "-k", "schema")
    assert outcome.document["platform"]["stack"] == "ephemeral"
    assert outcome.document["platform"]["remote_mode"] == "local"


def test_what_is_deployed_is_the_default(project: Project) -> None:
    outcome = project.pytest("--json", "-k", "schema")
    assert outcome.document["platform"]["stack"] == "deployed"


@pytest.mark.parametrize("source", ["option", "environment", "ini"])
def test_in_mode_skip_nothing_is_started(project: Project, source: str) -> None:
    env = {"PYTEST_PLATFORM_REMOTE_MODE": "skip"} if source == "environment" else {}
    if source == "ini":
        project.file("pytest.ini", "[pytest]\nplatform_remote_mode = skip\n")
    option = ["--remote-mode=skip"] if source == "option" else []
    outcome = project.pytest("--json", OWN, *option, env=env)
    assert outcome.code == 0, str(outcome)
    assert outcome.modules["web"]["verdict"] == "unverified"
    assert outcome.checks("web")["health::state"]["verdict"] == "skipped"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--stack=own"], "--stack: 'own' is not one of deployed, ephemeral"),
        (["--stack-keep"], "add --stack=ephemeral"),
        ([OWN, "--plan"], "--plan is about what is deployed"),
        ([OWN, "--apply"], "--apply is about what is deployed"),
        ([OWN, "-n", "2"], "leave out -n"),
        ([OWN, "--remote-mode=ssh"], "ssh"),
    ],
    ids=" ".join,
)
def test_what_does_not_go_together(project: Project, arguments: list[str], words: str) -> None:
    outcome = project.pytest("--module", "web", *arguments)
    assert outcome.code == 4, str(outcome)
    assert words in outcome.stderr
    assert "[platform.usage]" in outcome.stderr


def test_one_process_is_one_process(project: Project) -> None:
    outcome = project.pytest(OWN, "-n", "0", "-k", "schema")
    assert outcome.code == 0, str(outcome)


def test_without_an_engine_it_is_an_error(project: Project) -> None:
    outcome = project.pytest("--json", OWN, "-k", "state")
    assert outcome.code == 1
    check = outcome.checks("web")["health::state"]
    assert (check["verdict"], check["code"]) == ("error", "engine.unreachable")


def test_cleaning_needs_an_engine(empty: Project) -> None:
    outcome = empty.pytest("--stack-clean")
    assert outcome.code == 4
    assert "--stack-clean: no Docker Engine answers" in outcome.stderr


@pytest.mark.parametrize(
    "more",
    [["--module=web"], ["--remote-mode", "local"], ["--changed-since=HEAD"], ["modules"]],
    ids=" ".join,
)
def test_cleaning_alone_tests_nothing(project: Project, more: list[str]) -> None:
    outcome = project.pytest("--stack-clean", "--json", *more)
    assert outcome.code == 4, str(outcome)
    assert outcome.error["code"] == "platform.usage"
    message = f"add that, or leave out {more[0].partition('=')[0]}"
    assert message in outcome.error["message"]


def test_drift_is_not_compared(project: Project) -> None:
    outcome = project.pytest("--json", OWN, "-k", "none")
    check = outcome.checks("web")["drift::none"]
    assert check["verdict"] == "skipped"
    assert "nothing to compare" in check["message"]


def test_a_probe_may_not_be_called_idempotent(empty: Project) -> None:
    probe = {"name": "idempotent", "exec": {"command": ["true"]}}
    empty.module("web", smoke=[probe])
    outcome = empty.pytest("--json")
    assert outcome.checks("web")["contract::schema"]["verdict"] == "failed"
