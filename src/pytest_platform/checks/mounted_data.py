"""Whose data a module can write to, by what is mounted: that makes it a sidecar, whatever it says.

The files are asked here; the guard asks the containers as well.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from msgspec import Struct, field
from msgspec.structs import replace

from pytest_platform.checks.mounted_service import names_of, of_service
from pytest_platform.compose.rendered import Rendered
from pytest_platform.docker.mounted import Mounted
from pytest_platform.errors import ComposeError, PlatformError
from pytest_platform.module.catalog import Catalog
from pytest_platform.module.forms import StateClass
from pytest_platform.module.loader import Broken, Module
from pytest_platform.text import quoted

Render = Callable[[Sequence[Path], str, str], Rendered]
"""Renders Compose files of a project for a service; see the methods of ``Renderer``."""

_MOUNTS: Final = frozenset({"volumes", "volumes_from", "pid", "pre_start", "extends"})

Beside = Callable[[Module], bool]
"""Tells whether another module is, or may be, on the host of the one that is asked about."""


class SharedData(Struct, frozen=True):
    """Stateful modules by name, with what of their data can be written to, in words.

    ``unread`` are the modules of which nobody can tell, because they cannot be read or rendered.
    """

    of: Mapping[str, str] = field(default_factory=dict)
    unread: tuple[str, ...] = ()


def declared_beside(module: Module) -> Beside:
    """Return what tells by the files alone whether another module may be on the same host."""
    own = module.manifest.spec.runtime.host

    def beside(other: Module) -> bool:
        return None in {own, theirs := other.manifest.spec.runtime.host} or own == theirs

    return beside


def shared_by_files(module: Module, catalog: Catalog, render: Render, beside: Beside) -> SharedData:
    """Return whose data a module's rendered service can write to.

    Raises:
        ComposeError: its own files cannot be rendered.
        ComposeMissing: no renderer is installed.
    """
    own = mounted_by_files(module, render)
    return shared(module, own, catalog, beside, lambda other: data_by_files(other, render))


def shared(
    module: Module,
    own: Mounted,
    catalog: Catalog,
    beside: Beside,
    data_of: Callable[[Module], Mounted],
) -> SharedData:
    """Compare what a module can write to with the data of each stateful module beside it."""
    found: dict[str, str] = {}
    unread: list[str] = []
    for other in _others(module, catalog) if own else ():
        if isinstance(other, Broken):
            unread.append(other.name)
        elif other.manifest.spec.state.class_ is StateClass.STATEFUL and beside(other):
            try:
                what = own.shared_with(data_of(other))
            except PlatformError:
                unread.append(other.name)
            else:
                found |= {other.name: what} if what else {}
    return SharedData(found, tuple(unread))


def _others(module: Module, catalog: Catalog) -> Iterator[Module | Broken]:
    return (catalog.get(name) for name in catalog.names() if name != module.name)


def mounted_by_files(module: Module, render: Render) -> Mounted:
    """Return what a module's rendered service can write to, paths with their links resolved too.

    Raises:
        ComposeError: its files cannot be rendered.
        ComposeMissing: no renderer is installed.
    """
    rendered = render(module.compose_files, module.project, module.service)
    if rendered.left_out(module.service, _MOUNTS):
        message = f"what {quoted(module.service)} mounts cannot be rendered"
        raise ComposeError(message, location=module.at("spec", "runtime"))
    return _resolved(of_service(rendered, module.service))


def data_by_files(module: Module, render: Render) -> Mounted:
    """Return what of a module others may mount, as ``mounted_by_files``, and its own names.

    Raises:
        ComposeError: its files cannot be rendered.
        ComposeMissing: no renderer is installed.
    """
    rendered = render(module.compose_files, module.project, module.service)
    replicas = module.manifest.spec.runtime.replicas
    names = names_of(rendered, module.service, replicas)
    return mounted_by_files(module, render) | names


def _resolved(mounted: Mounted) -> Mounted:
    paths = {kind(path) for path in mounted.paths for kind in (os.path.normpath, os.path.realpath)}
    return replace(mounted, paths=frozenset(paths))
