"""Names of modules for services, whose own names may hold more."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Final

_LONGEST: Final = 63


def module_names(services: Iterable[str], taken: Callable[[str], bool]) -> dict[str, str]:
    """Give each service a valid name of a module that is not ``taken``; its own where it can be."""
    found: dict[str, str] = {}
    for service in services:
        base = _valid(service)
        name, number = base, 2
        while name in found.values() or taken(name):
            ending = f"-{number}"
            name, number = base[: _LONGEST - len(ending)] + ending, number + 1
        found[service] = name
    return found


def _valid(service: str) -> str:
    name = re.sub(r"[^a-z0-9._-]+", "-", service.lower()).strip("._-")[:_LONGEST]
    return name.rstrip("._-") or "service"
