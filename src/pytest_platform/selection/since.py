"""The modules that have changed since a commit: git is asked, files are read, then judged."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from pytest_platform.compose.renderer import Renderer
from pytest_platform.compose.temporary import temporary_folder
from pytest_platform.hosts.transport import Local
from pytest_platform.module.catalog import Catalog
from pytest_platform.selection.footprint import footprints, relative
from pytest_platform.selection.git import Git
from pytest_platform.selection.marks import modules_of
from pytest_platform.selection.revisions import Revisions
from pytest_platform.selection.touched import ChangedPaths, touched

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
