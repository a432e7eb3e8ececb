"""Which checks a module has. Reads nothing and asks no host."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from pytest_platform.checks.check import Check
from pytest_platform.checks.contract.check import BrokenFileCheck, ContractCheck, SchemaCheck
from pytest_platform.checks.drift.check import DriftCheck
from pytest_platform.checks.probe import HealthProbeCheck, SmokeProbeCheck
from pytest_platform.checks.registry import CONTRACT
from pytest_platform.checks.states import OwnerCheck, RequiresCheck, StateCheck
from pytest_platform.module.loader import Broken, Module
from pytest_platform.run.graph import required


def checks_of(module: Module | Broken, group: str) -> list[Check]:
    """List the checks that a module has in one group."""
    if isinstance(module, Broken):
        return list(_broken(module)) if group == "contract" else []
    return list(_GROUPS[group](module))


def _broken(module: Broken) -> Iterator[Check]:
    yield BrokenFileCheck("schema", module.problems[0].location, module.problems)


def _contract(module: Module) -> Iterator[Check]:
    yield SchemaCheck("schema", module.at(), module)
    for code, judge in CONTRACT.items():
        name = code.removeprefix("contract.")
        yield ContractCheck(name, module.at("spec"), module, code, judge)


def _health(module: Module) -> Iterator[Check]:
    yield StateCheck("state", module.at("spec", "runtime", "expected_state"), module)
    if module.manifest.spec.state.owner:
        yield OwnerCheck("owner", module.at("spec", "state", "owner"), module)
    if required(module):
        yield RequiresCheck("requires", module.at("spec", "requires"), module)
    for probe in module.health:
        yield HealthProbeCheck(probe.name, probe.location, module, probe)


def _smoke(module: Module) -> Iterator[Check]:
    for probe in module.smoke:
        yield SmokeProbeCheck(probe.name, probe.location, module, probe)


def _drift(module: Module) -> Iterator[Check]:
    yield DriftCheck("none", module.at("spec", "runtime", module.engine), module)


_GROUPS: Mapping[str, Callable[[Module], Iterator[Check]]] = {
    "contract": _contract,
    "health": _health,
    "smoke": _smoke,
    "drift": _drift,
}
