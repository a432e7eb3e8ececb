"""What a service can write to, by the rendered files alone. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_platform.compose.rendered import Rendered
from pytest_platform.compose.service import CONTAINER, RenderedService
from pytest_platform.docker.mounted import Mounted, holds_data, of_volume

_SERVICE = "service:"


def of_service(rendered: Rendered, name: str) -> Mounted:
    """Return what a service of a project and its hooks can write to.

    What it takes over by ``volumes_from``, also of others in turn, counts as its own.
    """
    return _of_service(rendered, name, frozenset())


def _of_service(rendered: Rendered, name: str, above: frozenset[str]) -> Mounted:
    service = rendered.services.get(name) or RenderedService()
    found = Mounted()
    for unit in service.containers:
        found |= _own(rendered, unit)
        for taken in _taken(unit):
            found |= _taken_over(rendered, taken, above | {name})
    return found


def _taken(unit: RenderedService) -> Iterator[str]:
    """Yield the services and ``container:NAME`` whose volumes or processes a unit shares."""
    yield from (name for name, read_only in unit.volumes_taken if not read_only)
    # A process sees the files of those beside it, below /proc/PID/root.
    if unit.pid.startswith((_SERVICE, CONTAINER)):
        yield unit.pid.removeprefix(_SERVICE)


def _taken_over(rendered: Rendered, taken: str, above: frozenset[str]) -> Mounted:
    if taken.startswith(CONTAINER):
        return Mounted(containers=frozenset([taken.removeprefix(CONTAINER)]))
    found = Mounted(services=frozenset([_named(rendered, taken)]))
    return found if taken in above else found | _of_service(rendered, taken, above)


def _own(rendered: Rendered, unit: RenderedService) -> Mounted:
    found = Mounted()
    for mount in unit.volumes:
        if mount.read_only:
            continue
        if mount.type == "bind" and holds_data(mount.source):
            found |= Mounted(paths=frozenset([mount.source]))
        if mount.type in {"volume", "cluster"} and mount.source:
            volume = (rendered.model.get("volumes") or {}).get(mount.source) or {}
            options = volume.get("driver_opts") or {}
            found |= of_volume(str(volume.get("name") or mount.source), options)
    return found


def names_of(rendered: Rendered, name: str, replicas: int) -> Mounted:
    """Return the names by which others may share all that a service mounts."""
    service = rendered.services.get(name) or RenderedService()
    project = rendered.model.get("name")
    made = [f"{project}-{name}-{number}" for number in range(1, replicas + 1)]
    return Mounted(
        services=frozenset([_named(rendered, name)]),
        containers=frozenset([service.container_name] if service.container_name else made),
    )


def _named(rendered: Rendered, service: str) -> str:
    return f"{rendered.model.get('name')}/{service}"
