"""The engines there are, by their keys below ``spec.runtime``. A new one is one line here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pytest_platform.module.loader import Module
from pytest_platform.run.engine_kind import EngineKind
from pytest_platform.run.on_compose import OnCompose
from pytest_platform.run.on_swarm import OnSwarm

KINDS: Final[Mapping[str, EngineKind]] = {"compose": OnCompose(), "swarm": OnSwarm()}


def engine_of(module: Module) -> EngineKind:
    """Return the engine that runs a module."""
    return KINDS[module.engine]
