"""Fixtures for tests in Python, and probe kinds of other plugins."""

from __future__ import annotations

import pytest

from plugin.project import Project

SMOKE = """
import pytest
pytestmark = [pytest.mark.smoke, pytest.mark.module("web")]
def test_module(platform_module):
    assert platform_module.name == "web"
    assert platform_module.service == "web"
def test_host(platform_host): pass
def test_container(platform_container): pass
"""
UNMARKED = "def test_it({fixture}): pass"
PROBE = '''
from __future__ import annotations

from collections.abc import Mapping, Sequence

from pytest_platform.probes.kind import ProbeKind, Target
from pytest_platform.module.forms import Base
from pytest_platform.verdict import Finding


class Marble(Base, frozen=True):
    """Roll a marble."""

    colour: str


def observe(spec: Marble, target: Target) -> str:
    return "blue"


def judge(spec: Marble, fact: str) -> Sequence[Finding]:
    if fact == spec.colour:
        return []
    return [Finding("probe.marble", f"the marble is {fact}", spec.colour, fact)]


def pytest_platform_probes() -> Mapping[str, ProbeKind]:
    return {NAME: ProbeKind(Marble, observe, judge, lambda spec: [])}
'''


def test_in_skip_mode(project: Project) -> None:
    """What is in the file can be had; what needs a host is skipped, with the reason."""
    project.file("smoke/test_web.py", SMOKE)
    outcome = project.pytest("--json", "--module", "web", "-m", "smoke")
    checks = project_checks = outcome.checks("web")
    assert checks["smoke::test_module"]["verdict"] == "passed", str(outcome)
    for name in ("test_host", "test_container"):
        check = project_checks[f"smoke::{name}"]
        assert check["verdict"] == "skipped", str(outcome)
        assert "remote mode is skip" in check["message"], str(outcome)


def test_without_an_engine(project: Project) -> None:
    """A host that cannot be asked is an error, not a failure of the service."""
    project.file("smoke/test_web.py", SMOKE)
    outcome = project.pytest("--json", "--module", "web", "-m", "smoke", "--remote-mode", "local")
    assert outcome.code == 1, str(outcome)
    check = outcome.checks("web")["smoke::test_container"]
    assert (check["verdict"], check["line"]) == ("error", 8), str(outcome)
    assert check["code"] == "engine.unreachable", str(outcome)
    assert "Traceback" not in outcome.stderr, str(outcome)
    # What two tests say of one host is shown once, at the place of the first.
    assert "smoke/test_web.py:7: engine.unreachable" in outcome.stderr, str(outcome)
    assert "the same: web (1)" in outcome.stderr, str(outcome)


@pytest.mark.parametrize("fixture", ["platform_module", "platform_host", "platform_container"])
def test_an_unmarked_test(project: Project, fixture: str) -> None:
    project.file("test_it.py", UNMARKED.format(fixture=fixture))
    outcome = project.pytest("test_it.py")
    assert outcome.code == 1, str(outcome)
    assert 'mark the test with @pytest.mark.module("NAME")' in outcome.stdout, str(outcome)


@pytest.mark.parametrize("fixture", ["platform_module", "tmp_path"])
def test_a_test_marked_for_no_module(project: Project, fixture: str) -> None:
    """It is an error, also where the test itself would pass."""
    text = 'import pytest\n@pytest.mark.module("wbe")\n' + UNMARKED
    project.file("test_it.py", text.format(fixture=fixture))
    outcome = project.pytest("--json", "test_it.py")
    assert outcome.code == 1, str(outcome)
    assert outcome.modules["wbe"]["verdict"] == "error", str(outcome)
    assert "'wbe'" in outcome.stderr, str(outcome)
    assert "'web'" in outcome.stderr, f"the nearest name is not told\n{outcome}"


def test_a_project_without_modules(empty: Project) -> None:
    empty.file("test_it.py", UNMARKED.format(fixture="platform_module"))
    outcome = empty.pytest("test_it.py")
    assert "this project has no modules; see --modules-dir" in outcome.stdout, str(outcome)


def test_a_failing_test_says_why(project: Project) -> None:
    text = "import pytest\n@pytest.mark.module('web')\ndef test_it(): assert 6 * 9 == 42"
    project.file("smoke/test_it.py", text)
    outcome = project.pytest("--json", "--module", "web", "-m", "not contract and not health")
    check = outcome.checks("web")["smoke::test_it"]
    assert (check["verdict"], check["code"]) == ("failed", "smoke.test"), str(outcome)
    assert "assert (6 * 9) == 42" in check["message"], str(outcome)
    assert (check["file"], check["line"]) == ("smoke/test_it.py", 2), str(outcome)


@pytest.mark.parametrize("workers", ["0", "2"])
def test_a_probe_kind_of_others(project: Project, workers: str) -> None:
    project.file("conftest.py", PROBE.replace("NAME", "'marble'"))
    project.module("web", health=[{"name": "it is red", "marble": {"colour": "red"}}])
    outcome = project.pytest("--json", "-k", "schema or red", "-n", workers)
    checks = outcome.checks("web")
    assert checks["contract::schema"]["verdict"] == "passed", str(outcome)
    assert checks["health::it is red"]["verdict"] == "skipped", str(outcome)


def test_its_spec_is_validated(project: Project) -> None:
    project.file("conftest.py", PROBE.replace("NAME", "'marble'"))
    project.module("web", smoke=[{"name": "it is red", "marble": {"colur": "red"}}])
    outcome = project.pytest("--json", "-k", "schema")
    assert "colur" in outcome.checks("web")["contract::schema"]["message"], str(outcome)


def test_a_probe_kind_that_is_taken(project: Project) -> None:
    project.file("conftest.py", PROBE.replace("NAME", "'exec'"))
    outcome = project.pytest("--json")
    assert outcome.code == 4, str(outcome)
    assert "two plugins define the probe kind 'exec'" in outcome.error["message"], str(outcome)


def test_a_probe_kind_nobody_knows(project: Project) -> None:
    project.module("web", smoke=[{"name": "it is red", "marble": {"colour": "red"}}])
    outcome = project.pytest("--json", "-k", "schema")
    assert outcome.code == 1, str(outcome)
    assert "marble" in outcome.checks("web")["contract::schema"]["message"], str(outcome)
