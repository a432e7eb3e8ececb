"""A run that ends early, or asks again for a part only: what was not judged is not passed."""

from __future__ import annotations

import pytest

from plugin.project import Project

NAMES = ("a", "b", "c")
XPASS = """
import pytest

def pytest_collection_modifyitems(items):
    for item in items:
        if item.name == "schema":
            item.add_marker(pytest.mark.xfail(strict=True, reason="not yet"))
"""

EXITS = """
import pytest

@pytest.mark.module("b")
def test_it():
    pytest.exit("enough")
"""


@pytest.fixture
def three(empty: Project) -> Project:
    """Make three modules, of which the first one fails."""
    empty.module("a", runbook="none.md")
    empty.module("b")
    empty.module("c")
    return empty


@pytest.mark.parametrize("workers", ["0", "1"])
@pytest.mark.parametrize("early", ["-x", "--maxfail=1"])
def test_modules_that_were_not_reached(three: Project, early: str, workers: str) -> None:
    outcome = three.pytest("--json", early, "-n", workers, "-m", "contract")
    assert outcome.code in {1, 2}, str(outcome)
    assert tuple(outcome.modules) == NAMES, str(outcome)
    assert outcome.modules["a"]["verdict"] == "failed"
    for name in NAMES[1:]:
        module = outcome.modules[name]
        assert (module["verdict"], module["observed"]) == ("unverified", None), str(outcome)
    last = outcome.modules["c"]
    assert (last["checks"], last["selected"]) == ([], 0), str(outcome)
    assert last["total"] > 10
    assert last["expected_state"] == "running"
    assert last["file"] == "modules/c/module.yaml"
    assert "unverified" in outcome.stderr.partition("= platform =")[2], str(outcome)


def test_one_that_a_test_in_python_ends(three: Project) -> None:
    three.file("smoke/test_b.py", EXITS)
    outcome = three.pytest("--json", "smoke/test_b.py", "modules/c")
    assert {name: one["verdict"] for name, one in outcome.modules.items()} == {
        "b": "unverified",
        "c": "unverified",
    }, str(outcome)


def test_no_module_is_made_up_where_nothing_was_to_run(three: Project) -> None:
    assert three.pytest("--json", "--collect-only").document["platform"]["modules"] == []
    outcome = three.pytest(
        "--json", "-m", "contract", "-k", "a/module.yaml or runbook", "modules/a"
    )
    assert tuple(outcome.modules) == ("a",), str(outcome)


def test_the_last_failures_again(three: Project) -> None:
    assert three.pytest("-m", "contract", "-p", "cacheprovider").code == 1
    again = three.pytest("--json", "--lf", "-m", "contract", "-p", "cacheprovider")
    assert [one["id"] for one in again.modules["a"]["checks"]] == ["contract::runbook"], str(again)
    assert tuple(again.modules) == ("a",), str(again)
    three.module("a")
    mended = three.pytest("--json", "--lf", "-m", "contract", "-p", "cacheprovider")
    module = mended.modules["a"]
    assert (mended.code, module["verdict"], module["selected"]) == (0, "unverified", 1)
    assert f"only 1 of {module['total']} checks ran: a" in mended.stderr, str(mended)


def test_a_strict_xfail_that_passes(three: Project) -> None:
    three.file("conftest.py", XPASS)
    outcome = three.pytest("--json", "-m", "contract", "modules/b")
    assert outcome.code == 1, str(outcome)
    check = outcome.checks("b")["contract::schema"]
    assert (check["verdict"], check["code"]) == ("failed", "platform.xpass"), str(outcome)
    assert outcome.modules["b"]["verdict"] == "failed", str(outcome)
    assert "Traceback" not in outcome.stderr
