"""Another plugin adds a kind of probe. What it does on a container is tested end to end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from plugin.project import Outcome, Project

EXAMPLE = Path(__file__).with_name("query_probe.py")
PROBE: dict[str, Any] = {
    "name": "it answers",
    "within": "30s",
    "query": {"sql": "SELECT 1", "answer": {"equals": "1"}},
}


@pytest.fixture
def extended(project: Project) -> Project:
    """Give a project with a plugin of its own."""
    project.file("query_probe.py", EXAMPLE.read_text(encoding="utf-8"))
    return project


def ask(project: Project, *args: str) -> Outcome:
    """Run with the plugin."""
    plugins = ("-p", "query_probe", *args)
    return project.pytest("--json", *plugins, "-k", "schema or answers", env=path(project))


def path(project: Project) -> dict[str, str]:
    return {"PYTHONPATH": str(project.root)}


@pytest.mark.parametrize("workers", ["0", "2"])
def test_the_kind_is_known(extended: Project, workers: str) -> None:
    extended.module("web", smoke=[PROBE])
    outcome = ask(extended, "-n", workers)
    assert outcome.code == 0, str(outcome)
    checks = outcome.checks("web")
    assert checks["contract::schema"]["verdict"] == "passed", str(outcome)
    assert checks["smoke::it answers"]["verdict"] == "skipped", str(outcome)


def test_its_keys_are_checked_as_all_others(extended: Project) -> None:
    extended.module("web", smoke=[{**PROBE, "query": {"sql": "SELECT 1", "anser": {}}}])
    outcome = ask(extended)
    assert outcome.code == 1, str(outcome)
    message = outcome.checks("web")["contract::schema"]["message"]
    assert "did you mean 'answer'?" in message, message


def test_without_the_plugin_it_is_unknown(extended: Project) -> None:
    extended.module("web", smoke=[PROBE])
    outcome = extended.pytest("--json", "-k", "schema")
    message = outcome.checks("web")["contract::schema"]["message"]
    assert "unknown kind of probe 'query'" in message, message


def test_a_name_is_taken_once(extended: Project) -> None:
    extended.file(
        "other_probe.py",
        "from query_probe import pytest_platform_probes as probes\n"
        "def pytest_platform_probes(): return {'exec': probes()['query']}\n",
    )
    outcome = ask(extended, "-p", "other_probe")
    assert outcome.code == 4, str(outcome)
    assert "two plugins define the probe kind 'exec'" in outcome.stderr, str(outcome)


def test_a_plugin_that_groups_tests_by_their_python_module(project: Project) -> None:
    """``item.module`` is a Python module, or is not there; pytest-randomly asks for its name."""
    project.module("web")
    project.file(
        "conftest.py",
        "def pytest_collection_modifyitems(items):\n"
        "    items.sort(key=lambda item: getattr(item, 'module', None).__name__\n"
        "               if hasattr(item, 'module') else '')\n",
    )
    outcome = project.pytest("--json", "--module", "web")
    assert outcome.code == 0, str(outcome)
    assert outcome.modules["web"]["verdict"] == "unverified", str(outcome)
