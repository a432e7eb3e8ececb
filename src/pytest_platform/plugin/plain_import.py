"""Importing this package as Python does, not as pytest imports plugins.

pytest rewrites the assertions of every file of a plugin, and keeps the outcome beside it. There
are none here. Where it can write nothing, as in an image, it would do so again in each run.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

_OURS = f"{__name__.partition('.')[0]}."


class _Finder:
    """Finds modules of this package where Python looks for them; leaves all others to others."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find a module of ours."""
        return PathFinder.find_spec(name, path, target) if name.startswith(_OURS) else None


_FINDER = _Finder()


def begin() -> None:
    """Be asked before pytest for what is imported from here on."""
    if _FINDER not in sys.meta_path:
        sys.meta_path.insert(0, _FINDER)


def end() -> None:
    """Be asked no more."""
    if _FINDER in sys.meta_path:
        sys.meta_path.remove(_FINDER)
