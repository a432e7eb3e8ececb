"""What each module is made of, read from its files."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from pytest_platform.module.catalog import Catalog
from pytest_platform.module.loader import Broken, Module
from pytest_platform.selection.compose_paths import Reader
from pytest_platform.selection.revisions import Revisions
from pytest_platform.selection.touched import Footprint


def footprints(catalog: Catalog, root: Path, revisions: Revisions | None = None) -> list[Footprint]:
    """Return the footprint of every module; of one that cannot be read, its folder alone.

    Compose files whose changes, by ``revisions``, do not concern a module are left out of its.
    """
    names = catalog.names()
    folders = frozenset(catalog.path(name).parent.resolve() for name in names)
    reader = Reader(root, folders)
    return [_footprint(catalog.get(name), reader, root, revisions) for name in names]


def _footprint(
    module: Module | Broken, reader: Reader, root: Path, revisions: Revisions | None
) -> Footprint:
    folder = module.path.parent
    if isinstance(module, Broken):
        return Footprint(module.name, frozenset(relative([folder], root)), frozenset())
    spec = module.manifest.spec
    same = revisions.unchanged(module) if revisions else frozenset()
    parts = [path for path in reader.paths(module) if path not in same]
    own = [] if module.inferred else [folder, module.folder / spec.runbook]
    paths = [*own, *parts]
    needs = {*spec.requires, *filter(None, [spec.state.owner])}
    return Footprint(module.name, frozenset(relative(paths, root)), frozenset(needs))


def relative(paths: Iterable[Path], root: Path) -> Iterator[str]:
    """Yield paths as git names them, seen from ``root``: a link, and what it leads to.

    Paths outside of ``root`` are left out.
    """
    real = os.path.realpath(root)
    for path in paths:
        for absolute, base in ((os.path.normpath(path), str(root)), (os.path.realpath(path), real)):
            if Path(absolute).is_relative_to(base):
                yield Path(absolute).relative_to(base).as_posix()
