"""What a part of the checks says of a module: never that it passed, and what contradicts it."""

from __future__ import annotations

import pytest

from e2e.conftest import NewProject
from e2e.tree import Outcome, Tree

pytestmark = pytest.mark.e2e

SMOKE = """
import pytest

@pytest.mark.module("job")
def test_in_python(platform_container):
    pass

@pytest.mark.module("job")
def test_of_files():
    pass
"""
XFAIL = """
import pytest

def pytest_collection_modifyitems(items):
    for item in items:
        if item.nodeid.endswith("::health::state"):
            item.add_marker(pytest.mark.xfail(reason="known since May"))
"""
STATE = "modules/job/module.yaml::health::state"
PARTS = {
    "drift": ["-m", "drift"],
    "not-health": ["-m", "not health and not contract"],
    "deselected": ["-m", "not contract", "--deselect", STATE],
    "python": ["-k", "test_in_python", "smoke"],
    "node": ["modules/job/module.yaml::drift::none"],
    "workers": ["-m", "drift", "-n", "2"],
}


@pytest.fixture(scope="module")
def failed_job(new_project: NewProject, tmp_path_factory: pytest.TempPathFactory) -> Tree:
    """Give a stateless one-shot that has exited 3."""
    tree = Tree(tmp_path_factory.mktemp("parts"))
    project = new_project(tree.compose_file("job"))
    tree.module("job", project.name, "job", runtime={"expected_state": "exited-success"})
    project.write({"job": {"command": ["sh", "-c", "exit 3"], "restart": "no"}})
    project.up()
    project.wait_for("job", "exited")
    (tree.root / "smoke").mkdir()
    (tree.root / "smoke" / "test_it.py").write_text(SMOKE, encoding="utf-8")
    return tree


def ask(tree: Tree, *args: str) -> Outcome:
    """Run pytest against the Engine of this machine."""
    return tree.pytest("--remote-mode", "local", "--json", *args)


@pytest.mark.parametrize("args", PARTS.values(), ids=PARTS)
def test_a_part_never_passes(failed_job: Tree, args: list[str]) -> None:
    outcome = ask(failed_job, *args)
    module = outcome.modules["job"]
    assert module["verdict"] in {"unverified", "failed"}, outcome.stderr
    assert module["selected"] < module["total"], outcome.stderr
    assert f"{module['selected']} of {module['total']} checks ran: job" in outcome.stderr
    assert module["contradiction"]["code"] == "container.state.exited_success", outcome.stderr
    assert "not judged" in outcome.stderr, outcome.stderr
    assert "exited 3" in outcome.stderr, outcome.stderr


@pytest.mark.parametrize("workers", ["0", "2"])
def test_an_expected_failure(failed_job: Tree, workers: str) -> None:
    """One answer: the run, the table and the document say that it was expected."""
    conftest = failed_job.root / "conftest.py"
    conftest.write_text(XFAIL, encoding="utf-8")
    try:
        outcome = ask(failed_job, "-m", "health", "-n", workers)
    finally:
        conftest.unlink()
    module, check = outcome.modules["job"], outcome.check("job", "health::state")
    assert outcome.returncode == 0, outcome.stderr
    assert module["verdict"] == "unverified", outcome.stderr
    assert (check["verdict"], check["xfail"]) == ("skipped", "known since May"), check
    assert check["code"] == "container.state.exited_success", check
    assert "contradiction" not in module, module
    assert "expected to fail (known since May)" in outcome.stderr, outcome.stderr


def test_drift_of_a_stateless_module_is_shown(
    new_project: NewProject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """It passes, and the summary says what a deployment would change."""
    tree = Tree(tmp_path_factory.mktemp("drift"))
    project = new_project(tree.compose_file("app"))
    tree.module("app", project.name, "app", runtime={"expected_state": "running"})
    service = {"command": ["sleep", "infinity"], "restart": "unless-stopped"}
    project.write({"app": service})
    project.up()
    project.wait_for("app", "running")
    project.write({"app": {**service, "user": "7"}})
    outcome = ask(tree, "-m", "health or drift")
    assert outcome.returncode == 0, outcome.stderr
    assert outcome.check("app", "drift::none")["verdict"] == "passed", outcome.stderr
    assert "app: drift::none: a deployment would change user" in outcome.stderr, outcome.stderr
