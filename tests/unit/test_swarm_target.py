"""Where probes of a Swarm's service go, on the recorded answers of a manager."""

from __future__ import annotations

import copy
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pytest_platform.docker.snapshot import Snapshot
from pytest_platform.errors import PlatformError
from pytest_platform.hosts.transport import Local
from pytest_platform.run.swarm_target import ServiceTarget
from pytest_platform.swarm.snapshot import read

CASES = Path(__file__).resolve().parents[1] / "cases" / "swarm"
RECORDED: dict[str, Any] = json.loads((CASES / "answers.json").read_text("utf-8"))
ASKED = ("services", "tasks", "nodes", "networks")
NOW = datetime(2026, 11, 28, 20, 0, tzinfo=UTC)
IPVS = Path("/proc/net/ip_vs").exists()


def _answers() -> dict[str, Any]:
    return copy.deepcopy({name: RECORDED[name] for name in ASKED})


def _target(answers: dict[str, Any], kernel: str = "") -> ServiceTarget:
    node = RECORDED["nodes"][0]["ID"]
    engine: Any = SimpleNamespace(kernel=lambda: kernel, swarm_node=lambda: node)
    module: Any = SimpleNamespace(project="home", service="web")
    swarm = read("nas", *(answers[name] for name in ASKED), now=NOW)
    return ServiceTarget(module, Local(), engine, Snapshot("nas", NOW, ()), swarm, lambda _: None)


def _meshed() -> dict[str, Any]:
    answers = _answers()
    for service in answers["services"]:
        for port in (service.get("Endpoint") or {}).get("Ports") or ():
            port |= {"PublishMode": "ingress", "PublishedPort": 18080}
    return answers


def test_a_port_that_the_node_has_chosen_is_the_tasks() -> None:
    answers = _answers()
    answers["tasks"] = [
        one for one in answers["tasks"] if one["NodeID"] == RECORDED["nodes"][0]["ID"]
    ]
    found = _target(answers).endpoint(80)
    assert (found.host, found.port) == (RECORDED["nodes"][0]["Status"]["Addr"], 32769)
    assert _target(answers).endpoint(81).port == 18082


def test_what_is_not_published_cannot_be_reached() -> None:
    with pytest.raises(PlatformError, match="only published ports") as caught:
        _target(_answers()).endpoint(9999)
    assert caught.value.code == "probe.no_address"


def test_a_task_on_a_node_that_was_removed_is_none_that_runs() -> None:
    answers = _answers()
    answers["nodes"] = []
    with pytest.raises(PlatformError, match="no task of 'home_web' runs") as caught:
        _target(answers).endpoint(81)
    assert caught.value.code == "probe.no_container"


def test_the_routing_mesh_of_another_kernel_is_not_judged() -> None:
    """Such as one in a virtual machine, of whose modules nobody here knows."""
    found = _target(_meshed(), kernel="another").endpoint(80)
    assert (found.host, found.port) == (RECORDED["nodes"][0]["Status"]["Addr"], 18080)


@pytest.mark.skipif(IPVS, reason="this kernel has IPVS")
def test_the_routing_mesh_of_a_kernel_without_ipvs_answers_nobody() -> None:
    with pytest.raises(PlatformError, match="publish the port with mode: host") as caught:
        _target(_meshed(), kernel=os.uname().release).endpoint(80)
    assert caught.value.code == "swarm.mesh"
