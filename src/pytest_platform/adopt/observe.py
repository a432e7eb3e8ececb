"""Looking at what runs, and asking its ports, to propose probes that have just passed."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

from pytest_platform.adopt.propose import SeenService
from pytest_platform.checks.registry import PROBES
from pytest_platform.compose.renderer import Renderer
from pytest_platform.errors import PlatformError
from pytest_platform.hosts.inventory import Inventory
from pytest_platform.module.catalog import Catalog
from pytest_platform.module.declared import Module
from pytest_platform.module.places import ModuleSource
from pytest_platform.module.probes import ProbeRefused, read_probe
from pytest_platform.run.context import Context
from pytest_platform.run.graph import Plan
from pytest_platform.run.observer import DeployedObserver
from pytest_platform.run.remote_mode import SSH_CONFIG, OverSsh, RemoteMode, ThisMachine
from pytest_platform.workload.seen import Phase, Workload

_TIMEOUT: Final = "2s"
_AT_ONCE: Final = 16
_MOST_PORTS: Final = 4
"""Ports of one service that are asked; what publishes ranges is no page to look at."""


def context_of(
    catalog: Catalog, renderer: Renderer, modules: Sequence[Module], ssh_host: str
) -> Context:
    """Return the context to observe modules in: on ``ssh_host``, here where that is empty."""
    config = Path(named).expanduser().absolute() if (named := os.environ.get(SSH_CONFIG)) else None
    mode: RemoteMode = OverSsh(Inventory(chosen=ssh_host), config) if ssh_host else ThisMachine()
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
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        found = pool.map(lambda one: _probes(one, workloads[one.name], context), modules)
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


def _probes(
    module: Module, workloads: Sequence[Workload], context: Context
) -> list[Mapping[str, Any]]:
    running = [one for one in workloads if one.phase is Phase.RUNNING]
    ports = dict.fromkeys(port for one in running for port in one.ports)
    found = (_first_that_passes(module, port, context) for port in list(ports)[:_MOST_PORTS])
    return [probe for probe in found if probe]


def _first_that_passes(module: Module, port: int, context: Context) -> Mapping[str, Any] | None:
    for probe in _candidates(port):
        if _passes(module, probe, context):
            return probe
    return None


def _candidates(port: int) -> Iterator[Mapping[str, Any]]:
    yield {"name": f"the port {port} serves a page", "http": {"port": port}}
    yield {"name": f"the port {port} is open", "tcp": {"port": port}}


def _passes(module: Module, probe: Mapping[str, Any], context: Context) -> bool:
    kinds = {name: kind.spec for name, kind in context.probes.items()}
    kind = next(key for key in probe if key != "name")
    body = {**probe, kind: {**probe[kind], "timeout": _TIMEOUT}}
    try:
        read = read_probe(ModuleSource("", "", body), (), body, kinds)
        asked = context.probes[kind]
        return not asked.judge(read.spec, asked.observe(read.spec, context.target(module)))
    except (PlatformError, ProbeRefused):
        return False
