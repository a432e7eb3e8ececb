"""The modules that have changed since a commit: git is asked, files are read, then judged."""

from __future__ import annotations

import ast
import os
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Final

from pytest_platform.compose.renderer import Renderer
from pytest_platform.compose.temporary import temporary_folder
from pytest_platform.hosts.transport import Local
from pytest_platform.module.catalog import Catalog
from pytest_platform.module.loader import Broken, Module
from pytest_platform.reading import read_bytes
from pytest_platform.selection.compose_paths import Reader
from pytest_platform.selection.git import Git
from pytest_platform.selection.revisions import Revisions
from pytest_platform.selection.touched import EVERY, ChangedPaths, Footprint, touched

SMOKE: Final = "smoke"
"""The folder of tests in Python, below the root."""


def touched_since(ref: str, catalog: Catalog, root: Path) -> dict[str, str]:
    """Return the names of the touched modules, each with why it is one.

    Git runs where the files are, wherever the modules are deployed.

    Raises:
        ChangesUnknown: git could not tell.
    """
    git, here = Git(root, Local()), Local()
    paths = git.changed_since(ref)
    with temporary_folder() as folder:
        renderer = Renderer(here)
        revisions = Revisions(root, paths, git.at(ref), renderer, folder)
        return touched_by(paths, catalog, root, revisions)


def touched_by(
    paths: frozenset[str], catalog: Catalog, root: Path, revisions: Revisions | None = None
) -> dict[str, str]:
    """Return the same for the ``paths`` that changed, relative to ``root``.

    Without ``revisions``, each change of a Compose file touches all that it is part of.
    """
    if not paths:
        return {}
    tests = {path: modules_of(root / path) for path in paths if path.startswith(f"{SMOKE}/")}
    (modules, *_) = relative([catalog.shared], root)
    return touched(ChangedPaths(paths, modules, tests), footprints(catalog, root, revisions))


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


def modules_of(file: Path) -> Collection[str]:
    """Return the names in the marks ``module(...)`` of a file.

    ``EVERY`` where they cannot be told: it is no file of tests, a name is not written out,
    or it is not Python. Nothing where the file is gone: its tests are, too.
    """
    if not file.is_file():
        return frozenset()
    if not (file.name.startswith("test_") or file.stem.endswith("_test")):
        return {EVERY}
    try:
        tree = ast.parse(read_bytes(file))
    except (OSError, SyntaxError, ValueError, RecursionError):
        return {EVERY}
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and _marks(node.func)]
    return {_name(argument) for call in calls for argument in call.args}


def _marks(function: ast.expr) -> bool:
    return (
        isinstance(function, ast.Attribute)
        and function.attr == "module"
        and ast.unparse(function.value).rpartition(".")[2] == "mark"
    )


def _name(argument: ast.expr) -> str:
    if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
        return argument.value
    return EVERY
