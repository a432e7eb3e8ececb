"""From an existing Compose project to the truth: without files, then with those of ``adopt``.

Every file in ``tests/cases/way_in`` is a stack, and the ways in which it is broken.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from e2e.conftest import NewProject
from e2e.way_in import CASES, Stack, codes_of, not_as_declared, stack_of

pytestmark = pytest.mark.e2e

LIVE = ("--remote-mode", "local")
WAIT = (*LIVE, "--wait", "2m")
FOUND = ("-m", "health or drift")

Break = Mapping[str, Any]


NAMES = sorted(file.stem for file in CASES.glob("*.yaml"))
ROUNDS = 4
"""What each case has. One number for all keeps a stack as long as it is tested."""


@pytest.fixture(scope="module")
def stack(
    request: pytest.FixtureRequest,
    new_project: NewProject,
    tmp_path_factory: pytest.TempPathFactory,
) -> Stack:
    """Give a stack that works, found so without files and then with those of ``adopt``."""
    name: str = request.param
    return stack_of(name, new_project, tmp_path_factory.mktemp(name))


@pytest.mark.parametrize("stack", NAMES, indirect=True)
def test_a_stack_that_works_is_green_both_ways(stack: Stack) -> None:
    inferred = stack.pytest("--compose", *WAIT)
    states = {name: one["expected_state"] for name, one in inferred.modules.items()}
    assert (inferred.returncode, states) == (0, stack.case["states"]), inferred.stdout
    assert len(stack.case["rounds"]) == ROUNDS
    stack.adopt(*LIVE)
    declared = stack.pytest(*WAIT)
    states = {name.lower(): state for name, state in stack.case["states"].items()}
    found = {name: one["expected_state"] for name, one in declared.modules.items()}
    assert (declared.returncode, found) == (0, states), declared.stdout
    for outcome in (inferred, declared):
        assert {one["verdict"] for one in outcome.modules.values()} == {"passed"}
    assert "wrote" not in stack.adopt(*LIVE)


@pytest.mark.parametrize("number", range(ROUNDS))
@pytest.mark.parametrize("stack", NAMES, indirect=True)
def test_breaks_are_found_both_ways(stack: Stack, number: int) -> None:
    if not (stack.tree.root / "modules").exists():
        stack.adopt(*LIVE)
    breaks = stack.case["rounds"][number]
    try:
        _make(stack, breaks)
        inferred = stack.pytest("--compose", *LIVE, *FOUND)
        declared = stack.pytest(*LIVE, *FOUND)
        found = codes_of(declared)
        assert codes_of(inferred) == found
        expected = {one["service"].lower(): one["code"] for one in breaks}
        missed = {name: code for name, code in expected.items() if code not in found[name]}
        assert not missed, found
        assert not_as_declared(declared) <= set(expected), found
    finally:
        stack.mend()


def _make(stack: Stack, breaks: list[Break]) -> None:
    """Make all breaks: the file as they all change it, and then what each of them does."""
    stack.write({one["service"]: one["change"] for one in breaks if "change" in one})
    for one in breaks:
        if "do" in one:
            stack.project.compose(one["do"])
    for one in breaks:
        if "until" in one:
            stack.project.wait_for(one["service"], *one["until"])
