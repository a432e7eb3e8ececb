"""Containers that are left in a project, such as those of services that are gone. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from pytest_platform.checks.drift.model import Drift
from pytest_platform.docker.details import Details, Listed
from pytest_platform.errors import CannotCompare, PlatformError
from pytest_platform.module.loader import Broken, Module
from pytest_platform.run.context import Context
from pytest_platform.verdict import Finding

_UNKNOWN = "cannot tell which containers are left over"


def left_over(module: Module, context: Context, details: Details) -> Iterator[Finding]:
    """Yield the containers of services that no Compose file of the project has any more.

    Raises:
        CannotCompare: another module of the project cannot be read.
        PlatformError: the files cannot be rendered.
    """
    place = module.at("spec", "runtime", module.engine)
    services, files = _services(module, context), _files(module, details)
    if orphans(module.project, services, details.listed, files):
        for other in _others(module, context):
            services |= _services_of(other, context)
            files |= _files(other, details)
    for drift in orphans(module.project, services, details.listed, files):
        message = (
            f"{drift.actual}, which the files no longer have, is left in the project "
            f"'{module.project}'; look at it and remove it"
        )
        yield Finding(drift.code, message, drift.expected, drift.actual, location=place)


def _services(module: Module, context: Context) -> set[str]:
    rendered = context.renderer.rendered(module.compose_files, module.project, module.service)
    return {*rendered.services}


def _files(module: Module, details: Details) -> set[str]:
    """Name a module's Compose files, as every container that was made from them names them.

    On another host, or in another folder, they are those of the module's own containers.
    """
    names = [file.name for file in module.compose_files]
    found = set(map(str, module.compose_files))
    for one in details.listed:
        found |= {file for file in one.files if Path(file).resolve() in module.compose_files}
        own = (one.project, one.service) == (module.project, module.service)
        if own and [file.rpartition("/")[2] for file in one.files] == names:
            found |= {*one.files}
    return found


def _others(module: Module, context: Context) -> Iterator[Module]:
    """Yield the other modules of the project, which may have other files.

    Raises:
        CannotCompare: one of them cannot be read, so nobody knows what is left over.
    """
    for name in context.catalog.names():
        other = context.catalog.get(name)
        if isinstance(other, Broken):
            raise CannotCompare(f"{_UNKNOWN}: cannot compare: the module '{name}' cannot be read")
        if other.project == module.project:
            yield other


def _services_of(other: Module, context: Context) -> set[str]:
    try:
        return _services(other, context)
    except PlatformError as error:
        raise CannotCompare(f"{_UNKNOWN}: {error}") from None


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
