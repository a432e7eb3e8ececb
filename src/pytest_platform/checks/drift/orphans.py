"""Containers of a project whose service the Compose files no longer have."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from pytest_platform.checks.drift.model import Drift
from pytest_platform.docker.details import Listed

ORPHAN = "container.orphan"


def orphans(
    project: str,
    services: Collection[str],
    listed: Iterable[Listed],
    files: Collection[str] | None = None,
) -> tuple[Drift, ...]:
    """Return a drift for each such container; ``services`` are all that the ``files`` have.

    What was made from another Compose file belongs to that one, whatever its project is called.
    """
    left = sorted(
        (one.service, one.name)
        for one in listed
        if one.project == project and one.service not in services and _is_ours(one, files)
    )
    return tuple(
        Drift(ORPHAN, "no container", f"{name} of the service '{service}'")
        for service, name in left
    )


def _is_ours(one: Listed, files: Collection[str] | None) -> bool:
    return files is None or set(one.files) <= set(files)
