"""The judge of state, on containers that are data.

Each file in ``tests/cases/state_unit`` is a case: what real containers cannot show, or not
quickly. Ages such as ``90s`` are counted back from now. What real containers can show is in
``tests/cases/state``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from pytest_platform.docker.snapshot import Container, Lender
from pytest_platform.module.forms import ExpectedState
from pytest_platform.state.facts import Expectation, ObservedState
from pytest_platform.state.table import judge, settled
from pytest_platform.units import seconds

CASES = Path(__file__).resolve().parents[1] / "cases" / "state_unit"
NOW = datetime(2026, 5, 17, 12, 0, tzinfo=UTC)
CONTAINER: Mapping[str, Any] = {
    "id": "0" * 64,
    "name": "web-1",
    "project": "home",
    "service": "web",
    "status": "running",
    "exit_code": 0,
    "oom_killed": False,
    "error": "",
    "started_at": None,
    "finished_at": None,
    "restart_count": 0,
    "health": None,
    "health_output": "",
    "image": "web",
    "hook": None,
    "volumes": (),
}
_TIMES = {"started": "started_at", "finished": "finished_at"}


@pytest.mark.parametrize("file", sorted(CASES.glob("*.yaml")), ids=lambda file: str(file.stem))
def test_case(file: Path) -> None:
    case = yaml.safe_load(file.read_text(encoding="utf-8"))
    expected, seen = _expected(case["expected"]), _seen(case)
    findings = judge(expected, seen)
    assert [finding.code for finding in findings] == case["codes"]
    messages = " | ".join(finding.message for finding in findings)
    assert re.search(case.get("message", ""), messages), messages
    assert settled(expected, seen) is case["settled"]


def _ago(age: str | None) -> datetime | None:
    return NOW - timedelta(seconds=seconds(age)) if age else None


def _expected(declared: Mapping[str, Any]) -> Expectation:
    max_age = declared.get("max_age")
    return Expectation(
        service="web",
        state=ExpectedState(declared["state"]),
        replicas=declared.get("replicas", 1),
        max_age=timedelta(seconds=seconds(max_age)) if max_age else None,
        hook=declared.get("hook"),
        undecided=declared.get("undecided", False),
    )


def _seen(case: Mapping[str, Any]) -> ObservedState:
    return ObservedState(
        NOW,
        [_container(one) for one in case["containers"]],
        [_container(one) for one in case.get("bearers", ())],
        _ago(case.get("data_created")),
    )


def _container(described: Mapping[str, Any]) -> Container:
    times = {field: _ago(described.get(word)) for word, field in _TIMES.items()}
    facts = {key: value for key, value in described.items() if key not in {*_TIMES, "lender"}}
    lender = _lender(described["lender"]) if "lender" in described else None
    return Container(**{**CONTAINER, **times, **facts, "lender": lender})


def _lender(described: Mapping[str, Any]) -> Lender:
    return Lender(described["name"], described["running"], _ago(described.get("started")))
