"""The scenarios by number. Each takes an empty folder, and returns what it measured."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from measuring import Section

from scenarios import contract, ephemeral, hosts, local, one_shot, remote, starting, swarm, way_in
from scenarios.options import Options

Scenario = Callable[[Path, Options], Section]

SCENARIOS: Final[Mapping[int, Scenario]] = {
    1: local.state,
    2: local.probes,
    3: remote.state,
    4: contract.all_modules,
    5: contract.one_module,
    6: one_shot.to_the_verdict,
    7: starting.unrelated_project,
    8: hosts.many,
    9: ephemeral.around_compose,
    10: way_in.way_in,
    11: swarm.manager,
}

__all__ = ["SCENARIOS", "Options", "Scenario"]
