"""Looking at what runs, and asking its ports, to propose probes that have just passed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, NamedTuple

from pytest_platform.adopt.propose import SeenService
from pytest_platform.checks.registry import PROBES
from pytest_platform.compose.renderer import Renderer
from pytest_platform.errors import PlatformError
from pytest_platform.module.catalog import Catalog
from pytest_platform.module.declared import Module
from pytest_platform.module.places import ModuleSource
from pytest_platform.module.probes import read_probe
from pytest_platform.probes.kind import ProbeKind
from pytest_platform.run.context import Context
from pytest_platform.run.graph import Plan
from pytest_platform.run.observer import DeployedObserver
from pytest_platform.run.remote_mode import RemoteMode
from pytest_platform.workload.seen import Phase, Workload

_TIMEOUT: Final = "2s"
_AT_ONCE: Final = 16
_MOST_PORTS: Final = 4
"""Ports of one service that are asked; what publishes ranges is no page to look at."""


class Candidate(NamedTuple):
    """A probe as it is written, and how it is asked."""

    probe: Mapping[str, Any]
    kind: ProbeKind
    spec: Any


def context_of(
    catalog: Catalog, renderer: Renderer, modules: Sequence[Module], mode: RemoteMode
) -> Context:
    """Return the context to observe modules in, on the hosts of ``mode``."""
    return Context.of(
        catalog=catalog,
        renderer=renderer,
        remote_mode=mode,
        observer=DeployedObserver(catalog, PROBES),
        probes=PROBES,
        plan=Plan(modules=tuple(modules)),
    )


def look_at(context: Context) -> dict[str, SeenService]:
    """Return what was seen of each module of the context's plan, by name.

    Raises:
        PlatformError: the Engine cannot be asked.
    """
    modules = context.plan.modules
    workloads = {one.name: context.state_of(one).workloads for one in modules}
    # Threads ask and do not read: msgspec is not safe while it first meets a type.
    asked = {name: _candidates(seen, context) for name, seen in workloads.items()}
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        found = pool.map(lambda one: _passing(one, asked[one.name], context), modules)
        probes = dict(zip(workloads, map(tuple, found), strict=True))
    return {
        name: SeenService(
            tuple(_state(one) for one in seen),
            any(one.health is not None for one in seen),
            probes[name],
        )
        for name, seen in workloads.items()
    }


def _state(one: Workload) -> str:
    return one.status if one.exit_code is None else f"exited {one.exit_code}"


def _candidates(workloads: Sequence[Workload], context: Context) -> list[list[Candidate]]:
    """Return what each published port could be asked, the most telling question first."""
    running = [one for one in workloads if one.phase is Phase.RUNNING]
    ports = dict.fromkeys(port for one in running for port in one.ports)
    return [
        [_candidate(probe, context) for probe in _questions(port)]
        for port in list(ports)[:_MOST_PORTS]
    ]


def _questions(port: int) -> Iterator[Mapping[str, Any]]:
    yield {"name": f"the port {port} serves a page", "http": {"port": port}}
    yield {"name": f"the port {port} is open", "tcp": {"port": port}}


def _candidate(probe: Mapping[str, Any], context: Context) -> Candidate:
    kinds = {name: kind.spec for name, kind in context.probes.items()}
    kind = next(key for key in probe if key != "name")
    body = {**probe, kind: {**probe[kind], "timeout": _TIMEOUT}}
    read = read_probe(ModuleSource("", "", body), (), body, kinds)
    return Candidate(probe, context.probes[kind], read.spec)


def _passing(
    module: Module, asked: Sequence[Sequence[Candidate]], context: Context
) -> list[Mapping[str, Any]]:
    """Return the first probe of each port that passes."""
    found = (next((one for one in each if _passes(module, one, context)), None) for each in asked)
    return [one.probe for one in found if one]


def _passes(module: Module, asked: Candidate, context: Context) -> bool:
    try:
        return not asked.kind.judge(
            asked.spec, asked.kind.observe(asked.spec, context.target(module))
        )
    except PlatformError:
        return False
