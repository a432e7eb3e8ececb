"""Probes of the network against real servers: what passes, what fails, what could not look."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import yaml

from probes.conftest import Load, ask
from probes.relay import Relay
from pytest_platform.errors import PlatformError
from pytest_platform.module.loader import Module

CASES = Path(__file__).parents[1] / "cases" / "probe"
KINDS = ("http", "tcp", "tls", "dns")


def cases(verdict: str) -> list[Any]:
    """Return the cases of a verdict with their kind."""
    return [
        pytest.param(kind, yaml.safe_load(file.read_text("utf-8")), id=f"{kind}-{file.stem}")
        for kind in KINDS
        for file in sorted(CASES.joinpath(kind, verdict).glob("*.yaml"))
    ]


def filled(value: Any, port: int) -> Any:
    """Put the server's port where a case says ``{port}``."""
    if isinstance(value, dict):
        return {key: filled(inner, port) for key, inner in value.items()}
    if isinstance(value, str):
        return port if value == "{port}" else value.replace("{port}", str(port))
    return value


@pytest.fixture
def module(load: Load, port_of: Callable[[str], int], kind: str, case: dict[str, Any]) -> Module:
    """Read the module of a case."""
    found = load({kind: filled(case["probe"], port_of(case["server"]))})
    assert isinstance(found, Module), str(found.problems[0])
    return found


@pytest.mark.parametrize(("kind", "case"), cases("pass"))
def test_pass(module: Module, kind: str, case: dict[str, Any]) -> None:
    assert ask(module) == [], (kind, case)


@pytest.mark.parametrize(("kind", "case"), cases("fail"))
def test_fail(module: Module, kind: str, case: dict[str, Any]) -> None:
    """It looked, and what it saw is wrong: all is told that helps."""
    found = ask(module)
    codes = case.get("codes") or [case["code"]]
    assert [one.code for one in found] == codes, (kind, found)
    assert case.get("message", "") in found[0].message
    assert case.get("expected", "") in (found[0].expected or "")
    assert case.get("actual", "") in (found[0].actual or "")
    assert all(one.message and "\n" not in one.message for one in found)


@pytest.mark.parametrize(("kind", "case"), cases("err"))
def test_err(module: Module, kind: str, case: dict[str, Any]) -> None:
    """It could not look."""
    with pytest.raises(PlatformError) as error:
        ask(module)
    assert error.value.code == case["code"], kind
    assert case["message"] in str(error.value)


@pytest.fixture
def relay(tmp_path: Path) -> Iterator[Relay]:
    """Give a way through Unix sockets, as there is over ssh."""
    with closing(Relay(tmp_path)) as one:
        yield one


@pytest.mark.parametrize(("kind", "case"), cases("pass"))
def test_pass_through_another_host(
    relay: Relay, module: Module, kind: str, case: dict[str, Any]
) -> None:
    """The names that are asked for stay those of the file."""
    assert ask(module, relay) == [], (kind, case)
    assert relay.reached


@pytest.mark.parametrize(("kind", "case"), cases("fail"))
def test_fail_through_another_host(
    relay: Relay, module: Module, kind: str, case: dict[str, Any]
) -> None:
    """A connection that is taken and ends at once is no open port."""
    found = ask(module, relay)
    assert found[0].code == (case.get("codes") or [case["code"]])[0], (kind, found)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_cases_of_each_sort(kind: str) -> None:
    for verdict in ("pass", "fail", "err"):
        assert list(CASES.joinpath(kind, verdict).glob("*.yaml")), (kind, verdict)
