"""What a run says where nothing is there yet, and of what it did not look at."""

from __future__ import annotations

import pytest

from plugin.project import Project
from plugin.terminal import on_terminal

COMPOSE = "services: {web: {image: x}, more: {image: x}, rare: {image: x, profiles: [p]}}\n"


@pytest.mark.parametrize("name", ["compose.yaml", "docker-compose.yml"])
def test_two_commands_help_where_there_are_no_modules(empty: Project, name: str) -> None:
    empty.file(name, COMPOSE)
    empty.file("test_x.py", "def test_x():\n    pass\n")
    outcome = empty.pytest()
    (line,) = [one for one in outcome.stdout.splitlines() if one.startswith("pytest-platform:")]
    assert name in line
    assert "pytest --compose --remote-mode local" in line
    assert "python -m pytest_platform adopt" in line
    assert outcome.code == 0


def test_the_two_commands_fit_the_terminal(empty: Project) -> None:
    empty.file("compose.yaml", COMPOSE)
    shown = on_terminal(empty).text.replace("\r", "").splitlines()
    first = next(at for at, line in enumerate(shown) if line.startswith("pytest-platform:"))
    said = shown[first : first + 2]
    assert max(map(len, said)) <= 80, said
    assert " ".join(map(str.strip, said)).endswith("write modules: python -m pytest_platform adopt")


def test_nothing_is_said_without_a_compose_file_or_with_modules(empty: Project) -> None:
    empty.file("test_x.py", "def test_x():\n    pass\n")
    assert "pytest-platform:" not in empty.pytest().stdout
    empty.file("compose.yaml", COMPOSE)
    empty.module("web")
    assert "pytest-platform:" not in empty.pytest().stdout
    assert "pytest-platform:" not in empty.pytest("--compose").stdout


def test_mode_skip_says_what_was_not_looked_at(project: Project) -> None:
    outcome = project.pytest()
    assert "only files were looked at; what runs is looked at with --remote-mode local" in (
        outcome.stdout
    )


def test_a_service_without_a_module_is_told(project: Project) -> None:
    project.service("more")
    project.service("rare", profiles=["p"])
    outcome = project.pytest()
    assert "1 service has no module: more (modules/compose.yaml:2)" in outcome.stdout
    assert outcome.code == 0


@pytest.mark.parametrize("more", [(), ("-n", "2")], ids=["one", "two"])
def test_strict_coverage_fails_the_run(project: Project, more: tuple[str, ...]) -> None:
    assert project.pytest("--strict-coverage", *more).code == 0
    project.service("more")
    outcome = project.pytest("--strict-coverage", *more)
    assert outcome.code == 1, str(outcome)
    assert "1 service has no module" in outcome.stdout
    assert project.pytest("--strict-coverage", "--json", *more).document["exitcode"] == 1
