"""Containers of a project whose service the Compose files no longer have."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from pytest_platform.drift.form import Drift
from pytest_platform.host.details import Listed

ORPHAN = "container.orphan"


def orphans(project: str, services: Collection[str], listed: Iterable[Listed]) -> tuple[Drift, ...]:
    """Return a drift for each such container; ``services`` are all that the files have."""
    left = sorted(
        (one.service, one.name)
        for one in listed
        if one.project == project and one.service not in services
    )
    return tuple(
        Drift(ORPHAN, "no container", f"{name} of the service '{service}'")
        for service, name in left
    )
