"""Beside other plugins: with the real ones, and with options that are theirs."""

from __future__ import annotations

import pytest

from forked import UNUSED
from plugin.project import Document, Outcome, Project

FLAKY = """
import pathlib
import pytest

@pytest.mark.module("web")
def test_flaky():
    count = pathlib.Path("count")
    text = count.read_text() if count.exists() else ""
    count.write_text(text + "x")
    assert len(text) == LIMIT
"""
SUBTESTS = """
import pytest

@pytest.mark.module("web")
def test_parts(subtests):
    for number in range(3):
        with subtests.test(number=number):
            assert number != 1
"""


@pytest.fixture
def project(project: Project) -> Project:
    """Run pytest with the plugins that run tests again."""
    project.lean = UNUSED
    return project


def only(outcome: Outcome, name: str) -> Document:
    """Return the one record of a check."""
    found = [one for one in outcome.modules["web"]["checks"] if one["id"] == name]
    assert len(found) == 1, str(outcome)
    check: Document = found[0]
    return check


@pytest.mark.parametrize("again", [["--reruns", "2"], ["--retries", "2"]], ids=lambda one: one[0])
@pytest.mark.parametrize("workers", ["0", "2"])
@pytest.mark.parametrize(("passes", "verdict"), [(1, "passed"), (9, "failed")])
def test_the_last_attempt_counts(
    project: Project, again: list[str], workers: str, passes: int, verdict: str
) -> None:
    project.file("smoke/test_it.py", FLAKY.replace("LIMIT", str(passes)))
    outcome = project.pytest("--json", "smoke", "-n", workers, *again)
    assert outcome.code == (verdict == "failed"), str(outcome)
    assert only(outcome, "smoke::test_flaky")["verdict"] == verdict, str(outcome)


@pytest.mark.parametrize("again", [["--reruns", "1"], ["--retries", "1"]], ids=lambda one: one[0])
def test_a_check_that_is_tried_again(project: Project, again: list[str]) -> None:
    project.module("web", runbook="none.md")
    outcome = project.pytest("--json", "-k", "runbook or schema", *again)
    assert outcome.code == 1, str(outcome)
    assert only(outcome, "contract::runbook")["code"] == "contract.runbook", str(outcome)
    assert "INTERNALERROR" not in outcome.stderr, str(outcome)


@pytest.mark.parametrize("workers", ["0", "2"])
def test_failed_subtests(project: Project, workers: str) -> None:
    project.file("smoke/test_it.py", SUBTESTS)
    outcome = project.pytest("--json", "smoke", "-n", workers)
    assert outcome.code == 1, str(outcome)
    assert only(outcome, "smoke::test_parts")["verdict"] == "failed", str(outcome)


def test_all_findings(project: Project) -> None:
    project.service("web", ports=["80:80", "81:81"])
    outcome = project.pytest("--json", "-m", "contract", "-k", "exposure")
    check = outcome.checks("web")["contract::exposure"]
    assert len(check["findings"]) == 2, str(outcome)
    assert {one["code"] for one in check["findings"]} == {"contract.exposure"}
    assert check["findings"][0]["line"], str(outcome)


NAMES = ("--stack", "--wait", "--module", "--json", "--plan", "--apply")
OPTION = """
def pytest_addoption(parser):
    parser.addoption("NAME", action="store_true", default=False)
"""
USES = """
def test_it(request):
    assert request.config.getoption("NAME") is EXPECTED
"""


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("given", [False, True])
@pytest.mark.parametrize("workers", ["0", "2"])
def test_options_of_others(empty: Project, name: str, given: bool, workers: str) -> None:
    """Where there are no modules, nothing is taken, also where the word is written."""
    empty.file("conftest.py", OPTION.replace("NAME", name))
    empty.file("test_it.py", USES.replace("NAME", name).replace("EXPECTED", str(given)))
    outcome = empty.pytest("-n", workers, *([name] if given else []))
    assert outcome.code == 0, str(outcome)
    assert "1 passed" in outcome.stdout, str(outcome)


@pytest.mark.parametrize("name", NAMES)
def test_an_option_that_is_ours_too(project: Project, name: str) -> None:
    conftest = project.file("conftest.py", OPTION.replace("NAME", name))
    outcome = project.pytest()
    assert outcome.code == 4, str(outcome)
    assert f"{conftest}:3 defines {name}" in outcome.stderr, str(outcome)
    assert "Traceback" not in outcome.stderr, str(outcome)


def test_an_option_that_clashes_only_with_what_is_asked(empty: Project) -> None:
    """One word is theirs, another one can only be ours."""
    conftest = empty.file("conftest.py", OPTION.replace("NAME", "--stack"))
    outcome = empty.pytest("--remote-mode", "local")
    assert outcome.code == 4, str(outcome)
    assert f"{conftest}:3 defines --stack" in outcome.stderr, str(outcome)
    assert "unrecognized" not in outcome.stderr, str(outcome)


def test_a_plugin_that_is_there_before(project: Project) -> None:
    project.file("theirs.py", OPTION.replace("NAME", "--json"))
    outcome = project.pytest("-p", "theirs", env={"PYTHONPATH": str(project.root)})
    assert outcome.code == 4, str(outcome)
    assert "another plugin defines --json" in outcome.stderr, str(outcome)


ROOTS = {
    "rootdir": ["--rootdir", "../link"],
    "config": ["-c", "ci/pytest.ini"],
    "both": ["-c", "ci/pytest.ini", "--module", "web"],
    "path": ["-c", "ci/pytest.ini", "modules"],
}


@pytest.mark.parametrize("args", ROOTS.values(), ids=ROOTS)
def test_modules_are_found_from_another_root(project: Project, args: list[str]) -> None:
    link = project.root.parent / "link"
    link.unlink(missing_ok=True)
    link.symlink_to(project.root)
    project.file("ci/pytest.ini", "[pytest]\n")
    outcome = project.pytest("--json", "-k", "schema", *args)
    assert list(outcome.checks("web")) == ["contract::schema"], str(outcome)


@pytest.mark.parametrize("args", [[], ["--module", "web"]])
def test_inside_of_a_module_without_an_ini_file(project: Project, args: list[str]) -> None:
    (project.root / "pytest.ini").unlink()
    outcome = project.pytest("--json", "-k", "schema", *args, cwd="modules/web")
    assert list(outcome.checks("web")) == ["contract::schema"], str(outcome)
