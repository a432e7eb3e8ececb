"""Answers of managers in the shapes of all Engines: recorded ones, and what differs from them."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from pytest_platform.compose.service import service_of
from pytest_platform.docker.details import Digests
from pytest_platform.module.forms import ExpectedState
from pytest_platform.swarm.drift import differences
from pytest_platform.swarm.seen import SwarmExpectation, seen_of
from pytest_platform.swarm.snapshot import SwarmSnapshot, read
from pytest_platform.swarm.state import judge

CASES = Path(__file__).resolve().parents[1] / "cases" / "swarm"
RECORDED: dict[str, Any] = json.loads((CASES / "answers.json").read_text("utf-8"))
SHAPES: list[dict[str, Any]] = yaml.safe_load((CASES / "shapes.yaml").read_text("utf-8"))
MODEL = RECORDED["model"]
DIGESTS = Digests()
NOW = datetime(2026, 11, 28, 20, 0, tzinfo=UTC)
ASKED = ("services", "tasks", "nodes", "networks")
STATES = {
    "web": ExpectedState.HEALTHY,
    "init": ExpectedState.EXITED_SUCCESS,
    "each": ExpectedState.EXITED_SUCCESS,
    "broken": ExpectedState.EXITED_SUCCESS,
}
CODES = {"web": [], "init": [], "each": [], "broken": ["container.state.exited_success"]}
NEEDED = {"ID", "Id", "Name", "Index", "Spec", "Version", "TargetPort"}
"""Without these there is no service, task, node or network, nor a port of one."""


def _snapshot(answers: Mapping[str, Any]) -> SwarmSnapshot:
    lists = (answers[name] for name in ASKED)
    names = {f"home_{name}" for name in STATES}
    return read("nas", *lists, digests=DIGESTS, kept=names, now=NOW)


def _states(snapshot: SwarmSnapshot) -> dict[str, list[str]]:
    return {
        name: [
            one.code
            for one in judge(SwarmExpectation(name, state), seen_of(snapshot, "home", name))
        ]
        for name, state in STATES.items()
    }


def _drift(snapshot: SwarmSnapshot) -> dict[str, list[str]]:
    found = {}
    for name, wanted in MODEL["services"].items():
        service = snapshot.of("home", name)
        spec = service.spec if service else {}
        compared = differences(service_of(wanted), MODEL, spec, snapshot.networks, DIGESTS.of)
        found[name] = [one.code for one in compared]
    return found


def _places(answer: Any, path: list[str]) -> Iterator[Any]:
    """Yield what holds the last key of a path."""
    if len(path) == 1:
        yield answer
    elif path[0] == "*":
        for one in answer:
            yield from _places(one, path[1:])
    elif isinstance(answer.get(path[0]), dict | list):
        yield from _places(answer[path[0]], path[1:])


def _shaped(shape: Mapping[str, Any]) -> dict[str, Any]:
    answers = copy.deepcopy({name: RECORDED[name] for name in ASKED})
    for path, value in (shape.get("add") or {}).items():
        for place in _places(answers, path.split(".")):
            place[path.rpartition(".")[2]] = copy.deepcopy(value)
    spared = [one for one in answers["services"] if one["Spec"]["Name"] in shape.get("except", ())]
    kept = copy.deepcopy(spared)
    for path in shape.get("remove") or ():
        for place in _places(answers, path.split(".")):
            place.pop(path.rpartition(".")[2], None)
    for one, whole in zip(spared, kept, strict=True):
        one.update(whole)
    return answers


def test_the_recorded_answers() -> None:
    snapshot = _snapshot(RECORDED)
    assert _states(snapshot) == CODES
    assert _drift(snapshot) == {name: [] for name in STATES}


@pytest.mark.parametrize("shape", SHAPES, ids=lambda one: str(one["engine"]))
def test_a_shape_changes_no_verdict(shape: Mapping[str, Any]) -> None:
    answers = _shaped(shape)
    assert answers != {name: RECORDED[name] for name in ASKED}, "the shape changes nothing"
    snapshot = _snapshot(answers)
    assert _states(snapshot) == CODES
    assert _drift(snapshot) == {name: [] for name in STATES}


def _keys(answer: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    pairs: Any = answer.items() if isinstance(answer, dict) else enumerate(answer)
    for key, value in pairs:
        if isinstance(answer, dict) and key not in NEEDED and path:
            yield (*path, key)
        if isinstance(value, dict | list):
            yield from _keys(value, (*path, key))


def _is_name(key: Any) -> bool:
    return isinstance(key, str)


@pytest.mark.parametrize("empty", ["absent", "null"])
def test_what_is_left_out_is_no_fault_of_the_reader(empty: str) -> None:
    """Which fields an Engine leaves out where they are empty differs, so any may be."""
    whole = {name: RECORDED[name] for name in ASKED}
    # Of equal items of a list the first will do.
    paths = {tuple(filter(_is_name, path)): path for path in reversed(list(_keys(whole)))}.values()
    assert len(paths) > 150
    for path in paths:
        answers = copy.deepcopy(whole)
        place: Any = answers
        for key in path[:-1]:
            place = place[key]
        if empty == "null":
            place[path[-1]] = None
        else:
            del place[path[-1]]
        try:
            snapshot = _snapshot(answers)
            _states(snapshot)
            _drift(snapshot)
        except Exception as error:
            error.add_note(f"without {'.'.join(map(str, path))}")
            raise
