"""The engines there are, by their keys below ``spec.runtime``. A new one is one line here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Final

from pytest_platform.module.loader import Module
from pytest_platform.run.engine_kind import EngineKind


# Imported when a module needs it: a run of Compose projects has no use for the Swarm.
def _compose() -> EngineKind:
    from pytest_platform.run.on_compose import OnCompose

    return OnCompose()


def _swarm() -> EngineKind:
    from pytest_platform.run.on_swarm import OnSwarm

    return OnSwarm()


_KINDS: Final[Mapping[str, Callable[[], EngineKind]]] = {"compose": _compose, "swarm": _swarm}


@cache
def kind_of(engine: str) -> EngineKind:
    """Return the engine with a key such as ``swarm``."""
    return _KINDS[engine]()


def engine_of(module: Module) -> EngineKind:
    """Return the engine that runs a module."""
    return kind_of(module.engine)
