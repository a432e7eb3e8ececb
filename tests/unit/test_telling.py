"""Who relies on a check of a state holds it to telling the fault."""

from __future__ import annotations

import pytest

from pytest_platform.run.faults import StateChecks
from pytest_platform.verdict import Finding, Location, Result, Verdict, failed, passed

DB = ("db", "state")
PLACE = Location("modules/db/module.yaml", 7)
STOPPED = [Finding("container.state.running", "db-1 exited 3")]
FAILED = failed(STOPPED, PLACE)


def test_one_that_is_no_part_of_the_run() -> None:
    assert not StateChecks().tell(DB, STOPPED)


@pytest.mark.parametrize("answer", [FAILED, Result(Verdict.ERROR, "cut", "ssh.cut")])
def test_one_that_has_told(answer: Result) -> None:
    checks = StateChecks([DB])
    assert checks.answered(DB, answer, PLACE) is answer
    assert checks.tell(DB, STOPPED)


@pytest.mark.parametrize("answer", [passed(), Result(Verdict.SKIPPED, "others tell")])
def test_one_that_has_answered_and_not_told(answer: Result) -> None:
    checks = StateChecks([DB])
    assert checks.answered(DB, answer, PLACE) is answer
    assert not checks.tell(DB, STOPPED)


def test_one_that_is_to_come_is_held_to_it() -> None:
    """The state may have come right before that check answers; the fault is told all the same."""
    checks = StateChecks([DB])
    assert checks.tell(DB, STOPPED)
    result = checks.answered(DB, passed("running"), PLACE)
    assert (result.verdict, result.code) == (Verdict.FAILED, "container.state.running")
    assert result.message.endswith("when first looked at: db-1 exited 3")
    assert checks.tell(DB, STOPPED)
