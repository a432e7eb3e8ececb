"""Whose data a one-shot can write to, going by its files and by what its host really mounts."""

from __future__ import annotations

from msgspec.structs import replace

from pytest_platform.checks.mounted_data import (
    SharedData,
    data_by_files,
    declared_beside,
    mounted_by_files,
    shared,
    shared_by_files,
)
from pytest_platform.docker.mounted import Mounted
from pytest_platform.docker.snapshot import Snapshot
from pytest_platform.errors import PlatformError
from pytest_platform.hosts.transport import Transport
from pytest_platform.module.forms import StateClass
from pytest_platform.module.loader import Module
from pytest_platform.run.context import Context
from pytest_platform.run.on_compose import runs_containers

TIMEOUT = 20.0

# What cannot be resolved, such as a folder that is closed to us, stays as it is.
_RESOLVE = 'for path do readlink -f -- "$path" 2>/dev/null || printf "%s\\n" "$path"; done'


def shared_data(module: Module, context: Context) -> SharedData | None:
    """Return whose data a module can write to; None where that cannot be found out."""
    try:
        # On which of several nodes a task mounts a folder nobody knows before it runs.
        if not context.remote_mode.live or not runs_containers(module):
            beside = declared_beside(module)
            return shared_by_files(module, context.catalog, context.renderer.rendered, beside)
        return _on_host(module, context)
    except PlatformError:
        return None


def _on_host(module: Module, context: Context) -> SharedData:
    own = mounted_by_files(module, context.renderer.rendered)
    own |= _seen(module, context.fleet.snapshot(module))
    if not own:
        return SharedData()
    owners = [one for one in _stateful(module, context) if _beside(one, module, context)]
    services = {(one.project, one.service) for one in (module, *owners)}
    snapshot = context.target(module, again=services).snapshot
    data = {one.name: _data(one, context, snapshot) for one in owners}
    own = _elsewhere(own, snapshot)
    resolved = _resolve(
        {path for one in (own, *data.values()) if one for path in one.paths},
        context.fleet.host_of(module).transport,
    )

    def data_of(other: Module) -> Mounted:
        found = data[other.name]
        if found is None:
            message = f"what '{other.name}' mounts cannot be rendered"
            raise PlatformError(message)
        return _with(found, resolved)

    return shared(
        module,
        _with(own, resolved),
        context.catalog,
        lambda other: other.name in data,
        data_of,
    )


def _stateful(module: Module, context: Context) -> list[Module]:
    modules = (context.catalog.get(name) for name in context.catalog.names())
    return [
        one
        for one in modules
        if isinstance(one, Module)
        and one.name != module.name
        and one.manifest.spec.state.class_ is StateClass.STATEFUL
    ]


def _beside(other: Module, module: Module, context: Context) -> bool:
    """Return whether another module is on the same host, or may be."""
    try:
        return context.fleet.host_of(other) is context.fleet.host_of(module)
    except PlatformError:
        return True


def _seen(module: Module, snapshot: Snapshot) -> Mounted:
    found = Mounted()
    for container in snapshot.of(module.project, module.service):
        found |= container.mounted
    return _elsewhere(found, snapshot)


def _data(module: Module, context: Context, snapshot: Snapshot) -> Mounted | None:
    """Return what of a module others may mount; None where its files cannot be rendered."""
    try:
        found = data_by_files(module, context.renderer.rendered)
    except PlatformError:
        return None
    containers = snapshot.of(module.project, module.service)
    names = frozenset(name for one in containers for name in (one.id, one.name))
    return found | _seen(module, snapshot) | Mounted(containers=names)


def _elsewhere(mounted: Mounted, snapshot: Snapshot) -> Mounted:
    """Add where the volumes are that a driver keeps in another place."""
    found = mounted
    for name in mounted.volumes:
        found |= snapshot.drivers.get(name, Mounted())
    return found


def _resolve(paths: set[str], transport: Transport) -> dict[str, str]:
    """Follow the links of paths on their host.

    Raises:
        PlatformError: the host does not say, or a path cannot be told from two.
    """
    asked = sorted(paths)
    if not asked:
        return {}
    said = transport.run(["sh", "-c", _RESOLVE, "sh", *asked], timeout=TIMEOUT)
    lines = said.stdout.splitlines()
    if said.returncode != 0 or len(lines) != len(asked):
        message = "the folders that are mounted cannot be resolved"
        raise PlatformError(message)
    return dict(zip(asked, lines, strict=True))


def _with(mounted: Mounted, resolved: dict[str, str]) -> Mounted:
    return replace(mounted, paths=mounted.paths | {resolved[path] for path in mounted.paths})
