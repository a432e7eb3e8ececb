"""Answers: they cross to another process whatever was seen, and add up to a module."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec import UNSET

from pytest_platform.report.answers import (
    AnswerDetails,
    AnswerSubject,
    CheckAnswer,
    ObservedModule,
    check_of,
    crashed,
    details_of,
    packed,
    platform_section,
    unpacked,
)
from pytest_platform.report.module_report import ContainerReport, PlanReport
from pytest_platform.secrets import Secrets
from pytest_platform.verdict import Finding, Location, Result, Verdict, failed

HERE = Location("modules/web/module.yaml", 3)
PLAN: dict[str, Any] = {"drift": ["a.b"], "decision": "refused", "reasons": [], "digest": 64 * "a"}


def answer(result: Result, name: str = "state", **more: Any) -> CheckAnswer:
    """Make an answer of a check of the module web."""
    check = check_of(f"health::{name}", result, 0.1, Secrets())
    subject = AnswerSubject(name="web", file="modules/web/module.yaml", expected_state="running")
    return CheckAnswer(subject=subject, check=check, **more)


def container(**more: Any) -> ContainerReport:
    """Make a container as an Engine may describe it."""
    seen = {"status": "running", "exit_code": None, "health": None, "restart_count": 0}
    times = {"started_at": None, "finished_at": None}
    return ContainerReport(container="web-1", image="x", **{**seen, **times, **more})


@pytest.mark.parametrize(
    "made",
    [
        answer(Result(Verdict.PASSED)),
        answer(Result(Verdict.ERROR, "", "platform.internal"), name=""),
        answer(failed([Finding("a.b", "", None, "")], HERE)),
        answer(failed([Finding("odd code", "two\nlines \x00", "a", "b", location=HERE)], HERE)),
        answer(Result(Verdict.PASSED), observation=ObservedModule(observed=[])),
        answer(
            Result(Verdict.PASSED),
            observation=ObservedModule(observed=[container(status="configured", health="odd")]),
        ),
        answer(
            Result(Verdict.PASSED), details=AnswerDetails(plan=PlanReport(**PLAN), drift=["a.b"])
        ),
        crashed("web", "modules/web/module.yaml", "health::state"),
    ],
)
def test_an_answer_crosses_to_another_process(made: CheckAnswer) -> None:
    builtins = packed([made])
    assert json.loads(json.dumps(builtins)) == builtins
    assert unpacked(builtins) == [made]


def test_what_the_last_one_says_counts() -> None:
    first = answer(Result(Verdict.PASSED), details=AnswerDetails(drift=["a.b"]), order=2)
    last = answer(Result(Verdict.PASSED), details=AnswerDetails(drift=[]), order=3)
    (module,) = platform_section("local", "deployed", [last, first]).modules
    assert module.drift == []
    assert module.verdict == "passed"


def test_a_module_without_details_has_no_keys_for_them() -> None:
    (module,) = platform_section("skip", "deployed", [answer(Result(Verdict.PASSED))]).modules
    assert (module.plan, module.apply, module.host, module.contradiction) == 4 * (UNSET,)


def test_details_are_builtins_of_a_check() -> None:
    result = Result(Verdict.PASSED, details={"plan": PLAN, "drift": ["a.b"]})
    details = details_of(result, Secrets())
    assert details.plan == PlanReport(**PLAN)
    assert details.drift == ["a.b"]
