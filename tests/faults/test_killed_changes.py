"""An apply that is killed at any moment: the next run says what it found, and loses no data."""

from __future__ import annotations

from pathlib import Path

import pytest

from e2e.applying import Stack, failed_job
from e2e.conftest import NewProject, NewSshd
from faults.inventory import Inventory
from faults.killing import kill, numbers

pytestmark = pytest.mark.e2e

SCRIPT = "test -e /data/go; sleep 1"
EXPLAINED = {"guard.lock", "guard.in_progress", "nothing-to-do", "allowed"}


@pytest.mark.parametrize(("number", "way"), numbers("an apply", "an apply over ssh"))
def test_an_apply_that_is_killed(
    number: int, way: str, tmp_path: Path, new_project: NewProject, new_sshd: NewSshd
) -> None:
    stack = failed_job(tmp_path, new_project, "killed-apply", script=SCRIPT)
    stack.mend()
    if "ssh" in way:
        stack = Stack(stack.tree, stack.project, stack.roots, new_sshd())
    store = _state_of(stack)
    before = Inventory(stack.tree.root, tmp_path / "tmp", stack.engine)
    try:
        process = stack.begin(*stack.arguments(), "--apply", env=before.env)
        kill(number, process, before)
        stack.project.wait_for("job", "exited")
        again = stack.pytest(*stack.arguments(), "--plan", env=before.env)
        plan = again.modules["job"]["plan"]
        found = {one["code"] for one in plan["reasons"]} or {plan["decision"]}
        assert found <= EXPLAINED, f"{way}: {again.stderr}"
        assert ("guard.lock" in found) is stack.lock.exists(), again.stderr
    finally:
        stack.lock.unlink(missing_ok=True)
    _nothing_is_lost(stack, store)
    assert not before.differences(), f"{way}: {before.differences()}"


def _state_of(stack: Stack) -> tuple[str, str]:
    container = stack.project.container("store")
    return container["Id"], container["State"]["StartedAt"]


def _nothing_is_lost(stack: Stack, store: tuple[str, str]) -> None:
    """See that the store runs as it did with all that it keeps."""
    assert _state_of(stack) == store
    stack.sh("test -e /data/go")
