"""What a rendered service says of restarts and replicas."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_platform.compose.service import service_of


@pytest.mark.parametrize(
    ("service", "name", "attempts", "ends"),
    [
        ({}, "no", 0, True),
        ({"restart": "no"}, "no", 0, True),
        ({"restart": "on-failure:5"}, "on-failure", 5, True),
        ({"restart": "on-failure"}, "on-failure", 0, False),
        ({"restart": "on-failure:0"}, "on-failure", 0, False),
        ({"restart": "on-failure:x"}, "on-failure", 0, False),
        ({"restart": "always"}, "always", 0, False),
        ({"restart": "unless-stopped"}, "unless-stopped", 0, False),
        ({"restart": "no", "deploy": {"restart_policy": {"condition": "any"}}}, "always", 0, False),
        ({"restart": "always", "deploy": {"restart_policy": {"condition": "none"}}}, "no", 0, True),
        ({"deploy": {"restart_policy": {}}}, "", 0, False),
        (
            {"deploy": {"restart_policy": {"condition": "on-failure", "max_attempts": 3}}},
            *("on-failure", 3, True),
        ),
    ],
)
def test_restart(service: dict[str, Any], name: str, attempts: int, *, ends: bool) -> None:
    policy = service_of(service).restart_policy
    assert (policy.name, policy.attempts, policy.ends) == (name, attempts, ends)


@pytest.mark.parametrize(
    ("service", "count"),
    [
        ({}, 1),
        ({"scale": 0}, 0),
        ({"deploy": {"replicas": 0}}, 0),
        ({"deploy": {"replicas": 3}}, 3),
        ({"scale": 2, "deploy": {"replicas": 3}}, 2),
        ({"deploy": None}, 1),
    ],
)
def test_replicas(service: dict[str, Any], count: int) -> None:
    assert service_of(service).replicas == count
