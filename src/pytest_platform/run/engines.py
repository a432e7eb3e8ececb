"""The engines there are, by their keys below ``spec.runtime``. A new one is one line here."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import Final

from pytest_platform.module.loader import Module
from pytest_platform.run.engine_kind import EngineKind

_KINDS: Final[Mapping[str, tuple[str, str]]] = {
    "compose": ("on_compose", "OnCompose"),
    "swarm": ("on_swarm", "OnSwarm"),
}
"""The file in this folder and the class of each, which is imported when a module needs it."""


@cache
def kind_of(engine: str) -> EngineKind:
    """Return the engine with a key such as ``swarm``."""
    file, name = _KINDS[engine]
    kind: EngineKind = getattr(import_module(f"pytest_platform.run.{file}"), name)()
    return kind


def engine_of(module: Module) -> EngineKind:
    """Return the engine that runs a module."""
    return kind_of(module.engine)
