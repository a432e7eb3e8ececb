"""The judge of services and jobs, on answers of the API that are data."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from msgspec.structs import replace

from pytest_platform.errors import EngineError
from pytest_platform.module.forms import ExpectedState
from pytest_platform.swarm.seen import Seen, SwarmExpectation, seen_of
from pytest_platform.swarm.services import NAMESPACE
from pytest_platform.swarm.snapshot import explained, read
from pytest_platform.swarm.state import judge, settled
from pytest_platform.units import seconds

CASES = Path(__file__).resolve().parents[1] / "cases" / "swarm" / "state.yaml"
NOW = datetime(2026, 5, 17, 12, 0, tzinfo=UTC)
MODES: Mapping[str, Callable[[int], dict[str, Any]]] = {
    "replicated": lambda count: {"Replicated": {"Replicas": count}},
    "global": lambda _: {"Global": {}},
    "replicated-job": lambda count: {"ReplicatedJob": {"TotalCompletions": count}},
    "global-job": lambda _: {"GlobalJob": {}},
}


def _cases() -> list[dict[str, Any]]:
    cases: list[dict[str, Any]] = yaml.safe_load(CASES.read_text(encoding="utf-8"))
    return cases


@pytest.mark.parametrize("case", _cases(), ids=lambda case: str(case["name"]))
def test_case(case: Mapping[str, Any]) -> None:
    expected, seen = _expected(case), _seen(case)
    findings = judge(expected, seen)
    assert [finding.code for finding in findings] == case["codes"]
    messages = " | ".join(finding.message for finding in findings)
    assert re.search(case.get("message", ""), messages), messages
    assert settled(expected, seen) is case["settled"]


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("Worker nodes can't be used to view or modify cluster state.", "swarm.worker"),
        ('This node is not a swarm manager. Use "docker swarm init" to', "swarm.inactive"),
        ("The swarm does not have a leader. It's possible that too few", "swarm.quorum"),
        ("context deadline exceeded", "swarm.quorum"),
        ("something else", "engine.unreachable"),
    ],
)
def test_a_host_that_does_not_answer_for_a_swarm_says_why(said: str, code: str) -> None:
    assert explained(EngineError(said), "nas").code == code


def _expected(case: Mapping[str, Any]) -> SwarmExpectation:
    max_age = timedelta(seconds=seconds(case["max_age"])) if "max_age" in case else None
    state = ExpectedState(case["expect"])
    return SwarmExpectation("svc", state, case.get("replicas", 1), max_age)


def _seen(case: Mapping[str, Any]) -> Seen:
    services = [_service(case)] if case.get("mode") != "none" else []
    tasks = [_task(*one) for one in case["tasks"]]
    nodes = [_node(name, case) for name in ("n1", "n2")]
    snapshot = read("nas", services, tasks, nodes, now=NOW)
    memory = any(len(one) > 4 and one[4].get("oom") for one in case["tasks"])
    known = {
        key: tuple(replace(one, out_of_memory=memory) for one in found)
        for key, found in snapshot.tasks.items()
    }
    return seen_of(replace(snapshot, tasks=known), "home", "svc")


def _service(case: Mapping[str, Any]) -> dict[str, Any]:
    container = {"Image": "x", "Healthcheck": {"Test": case.get("check")}}
    template = {
        "ContainerSpec": container,
        "RestartPolicy": {"Condition": case.get("condition", "any")},
        "Placement": {"Constraints": case.get("constraints")},
        "Resources": {"Limits": {"MemoryBytes": case.get("memory", 0)}},
    }
    mode = MODES[case.get("mode", "replicated")](case.get("count", 1))
    labels = case.get("labels", {NAMESPACE: "home"})
    spec = {"Name": "home_svc", "Labels": labels, "TaskTemplate": template, "Mode": mode}
    job = {"JobIteration": {"Index": case.get("iteration", 0)}}
    update = {"State": case.get("update", "")}
    return {
        "ID": "s",
        "Version": {"Index": 1},
        "Spec": spec,
        "JobStatus": job,
        "UpdateStatus": update,
    }


def _task(
    slot: int, state: str, code: int | None, age: str, more: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    more = more or {}
    at = (NOW - timedelta(seconds=seconds(age))).isoformat()
    status: dict[str, Any] = {"State": state, "Timestamp": at, "Err": more.get("error", "")}
    if code is not None:
        status["ContainerStatus"] = {"ContainerID": "c", "ExitCode": code}
        status["Err"] = status["Err"] or (f"task: non-zero exit ({code})" if code else "")
    return {
        "ID": f"{slot}{at}",
        "ServiceID": "s",
        "Slot": slot,
        "CreatedAt": at,
        "Status": status,
        "NodeID": more.get("node", "n1"),
        "DesiredState": "",
        "JobIteration": {"Index": more.get("iteration", 0)},
        "Spec": {"ContainerSpec": {"Image": "x"}},
    }


def _node(name: str, case: Mapping[str, Any]) -> dict[str, Any]:
    availability = "drain" if case.get("drained") == name else "active"
    state = "down" if case.get("down") == name else "ready"
    described = {"Hostname": name}
    return {
        "ID": name,
        "Spec": {"Availability": availability, "Role": "manager"},
        "Description": described,
        "Status": {"State": state},
    }
