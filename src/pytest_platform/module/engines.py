"""The engines that may run a module."""

from __future__ import annotations

from typing import Final

ENGINES: Final = {"compose": "project", "swarm": "stack"}
"""The keys of ``spec.runtime`` that name an engine, of which a module has exactly one.

Each with the key below it that names what holds services together.
"""
