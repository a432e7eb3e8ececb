"""How much is measured."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Options:
    """Rounds of each comparison, and sizes: containers, and modules without any."""

    rounds: int
    containers: tuple[int, ...]
    probed: int
    modules: tuple[int, ...]
