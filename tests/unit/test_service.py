"""What a rendered service says, whatever version of Compose has written it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec.structs import replace

from pytest_platform.compose import program
from pytest_platform.compose.rendered import Rendered
from pytest_platform.compose.service import RenderedService, service_of
from pytest_platform.compose.service_parts import (
    ServiceHealthcheck,
    ServiceMount,
    ServicePort,
    Ulimit,
)
from pytest_platform.errors import ComposeError

ULIMITS = {"nproc": 5, "nofile": Ulimit(1, 2)}
ENVIRONMENT = {"A": 1, "B": None, "C": "x"}


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


@pytest.mark.parametrize(
    ("document", "field", "value"),
    [
        ({"ports": [{"target": 80, "published": 8080}]}, "ports", (ServicePort(80, 8080),)),
        ({"ports": [{"target": 80, "name": "web"}]}, "ports", (ServicePort(80),)),
        ({"ports": None, "of_tomorrow": {"a": [1]}}, "ports", ()),
        ({"command": None}, "command", None),
        ({"command": []}, "command", ()),
        ({"mem_limit": "1024"}, "mem_limit", "1024"),
        ({"mem_limit": 1024}, "mem_limit", 1024),
        ({"scale": "2"}, "scale", 2),
        ({"dns": "9.9.9.9"}, "dns", "9.9.9.9"),
        ({"networks": {"a": None}}, "networks", {"a": None}),
        ({"ulimits": {"nproc": 5, "nofile": {"soft": 1, "hard": 2}}}, "ulimits", ULIMITS),
        ({"environment": {"A": 1, "B": None, "C": "x"}}, "environment", ENVIRONMENT),
        ({"healthcheck": {"test": "a b"}}, "healthcheck", ServiceHealthcheck("a b")),
    ],
)
def test_how_versions_of_compose_write_it(
    document: dict[str, Any], field: str, value: object
) -> None:
    assert getattr(service_of(document), field) == value


@pytest.mark.parametrize(
    "document",
    [
        {"ports": ["80:80"]},
        {"ports": [{"published": "80"}]},
        {"command": "a b"},
        {"environment": ["A=1"]},
        {"volumes": ["a:/b"]},
        {"scale": "many"},
        {"deploy": {"replicas": [1]}},
        {"pre_start": [{"command": 1}]},
    ],
)
def test_another_form_is_refused(document: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"Expected|Invalid|missing"):
        service_of(document)
    with pytest.raises(ComposeError, match="what is no project"):
        program._read_model(json.dumps({"services": {"app": document}}))


def test_a_hook_takes_over_what_it_does_not_say() -> None:
    service = RenderedService(image="a", volumes=(ServiceMount("volume", "v", "/v"),))
    keys = ("image", "volumes")
    assert RenderedService(image="b").over(service, keys) == replace(service, image="b")
    assert RenderedService(command=("x",)).over(service, keys) == replace(service, command=("x",))


def test_what_an_engine_ignores_is_not_there() -> None:
    service = RenderedService(image="a", restart="no", scale=2)
    assert service.without(["restart", "scale", "of_tomorrow"]) == RenderedService(image="a")


@pytest.mark.parametrize(
    ("check", "words"),
    [
        (ServiceHealthcheck(("CMD", "a")), ("CMD", "a")),
        (ServiceHealthcheck("a | b"), ("CMD-SHELL", "a | b")),
        (ServiceHealthcheck(), ()),
    ],
)
def test_a_test_as_words(check: ServiceHealthcheck, words: tuple[str, ...]) -> None:
    assert check.words == words


def test_a_service_is_read_when_it_is_asked_for() -> None:
    rendered = Rendered({"services": {"app": {"image": "a"}, "odd": {"image": 1}}})
    assert rendered.services["app"] is rendered.services["app"]
    assert sorted(rendered.services) == ["app", "odd"]
    with pytest.raises(ValueError, match="Expected"):
        _ = rendered.services["odd"]
    assert rendered.services.get("other") is None
