"""A check to which a fault was left has to report it."""

from __future__ import annotations

import pytest

from pytest_platform.run.faults import FaultOwners
from pytest_platform.verdict import Finding, Location, Result, Verdict, failed, passed

DB = ("db", "state")
PLACE = Location("modules/db/module.yaml", 7)
STOPPED = [Finding("container.state.running", "db-1 exited 3")]
FAILED = failed(STOPPED, PLACE)


def test_one_that_is_no_part_of_the_run() -> None:
    assert not FaultOwners().leave(DB, STOPPED)


@pytest.mark.parametrize("answer", [FAILED, Result(Verdict.ERROR, "cut", "ssh.cut")])
def test_one_that_has_reported(answer: Result) -> None:
    checks = FaultOwners([DB])
    assert checks.answered(DB, answer, PLACE) is answer
    assert checks.leave(DB, STOPPED)


@pytest.mark.parametrize("answer", [passed(), Result(Verdict.SKIPPED, "others tell")])
def test_one_that_has_answered_without_a_fault(answer: Result) -> None:
    checks = FaultOwners([DB])
    assert checks.answered(DB, answer, PLACE) is answer
    assert not checks.leave(DB, STOPPED)


def test_one_that_is_to_come_has_to_report_it() -> None:
    """It may have come right before that check answers; the fault is reported nevertheless."""
    checks = FaultOwners([DB])
    assert checks.leave(DB, STOPPED)
    result = checks.answered(DB, passed("running"), PLACE)
    assert (result.verdict, result.code) == (Verdict.FAILED, "container.state.running")
    assert result.message.endswith("when first looked at: db-1 exited 3")
    assert checks.leave(DB, STOPPED)


@pytest.mark.parametrize(
    "answer", [FAILED, Result(Verdict.ERROR, "cut", "ssh.cut"), Result(Verdict.SKIPPED, "others")]
)
def test_a_fault_that_was_left_changes_no_answer_but_a_pass(answer: Result) -> None:
    checks = FaultOwners([DB])
    checks.leave(DB, STOPPED)
    assert checks.answered(DB, answer, PLACE) is answer
