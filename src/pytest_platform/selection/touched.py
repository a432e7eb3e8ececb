"""Which modules a change touches. Pure: paths in, names out."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Final

from msgspec import Struct

EVERY: Final = "*"
"""Stands for all modules, where tests may belong to any."""

_CONFIGURATION: Final = frozenset(
    {"pytest.toml", ".pytest.toml", "pytest.ini", ".pytest.ini", "pyproject.toml", "tox.ini"}
    | {"setup.cfg", "conftest.py", "requirements.txt", "uv.lock", "poetry.lock", "pdm.lock"}
)
"""Files at the root that decide how every module is tested, and with which versions."""
_SHARED_FOLDERS: Final = ("schema", "requirements")


class Footprint(Struct, frozen=True):
    """What a module is made of.

    ``paths`` are files and folders, relative to the root, with ``/``; ``requires`` are names
    of modules.
    """

    name: str
    paths: frozenset[str]
    requires: frozenset[str]


class ChangedPaths(Struct, frozen=True):
    """The paths that changed, relative to the root, and whose they are by other means.

    ``modules`` is the folder of modules. ``tests`` has the changed files of ``smoke/``, each
    with the names of the modules it tests, or ``EVERY``.
    """

    paths: frozenset[str]
    modules: str
    tests: Mapping[str, Collection[str]]


def touched(change: ChangedPaths, footprints: Sequence[Footprint]) -> dict[str, str]:
    """Return the names of the touched modules, in order, each with why it is one.

    A module is touched by a change of what it is made of, of what all modules share, of its
    tests in ``smoke/``, and of a module that it requires.
    """
    known = {one.name for one in footprints}
    shared = min(_shared(change, known), default=None)
    if shared is not None:
        return dict.fromkeys(sorted(known), shared)
    reasons = {**_removed(change, known), **_directly(change, footprints)}
    _spread(reasons, footprints)
    return {name: reasons[name] for name in sorted(known & reasons.keys())}


def _shared(change: ChangedPaths, known: Collection[str]) -> Iterator[str]:
    """Yield the changed paths that count for all modules."""
    owned = {*known, *_removed(change, known)}
    for path in change.paths:
        below = _below(path, change.modules)
        of_nobody = below is not None and below.partition("/")[0] not in owned
        tests_all = EVERY in change.tests.get(path, ())
        shared = any(_within(path, folder) for folder in _SHARED_FOLDERS)
        if path in _CONFIGURATION or shared or of_nobody or tests_all:
            yield path


def _removed(change: ChangedPaths, known: Collection[str]) -> dict[str, str]:
    """Return the modules that are gone, for the sake of those that still require them."""
    manifests = {path for path in change.paths if PurePosixPath(path).name == "module.yaml"}
    names = {path: PurePosixPath(path).parent.name for path in manifests}
    return {
        name: path
        for path, name in names.items()
        if name not in known and _below(path, change.modules) == f"{name}/module.yaml"
    }


def _directly(change: ChangedPaths, footprints: Sequence[Footprint]) -> dict[str, str]:
    above: dict[str, str] = {}
    for path in sorted(change.paths, reverse=True):
        above.update(dict.fromkeys(_ancestry(path), path))
    reasons = {name: path for path, names in sorted(change.tests.items()) for name in names}
    for one in footprints:
        # A submodule changes as a whole, under the name of its folder.
        wholes = (part for path in one.paths for part in _ancestry(path))
        hits = {above[path] for path in one.paths & above.keys()} | (change.paths & {*wholes})
        if hits:
            reasons[one.name] = min(hits)
    return reasons


def _spread(reasons: dict[str, str], footprints: Sequence[Footprint]) -> None:
    """Add to the touched modules those that require one, and so on."""
    pending = list(footprints)
    while True:
        rest = [one for one in pending if one.name not in reasons]
        found = {one.name: min(one.requires & reasons.keys(), default="") for one in rest}
        more = {name: f"requires {required}" for name, required in found.items() if required}
        if not more:
            return
        reasons.update(more)
        pending = rest


def _ancestry(path: str) -> list[str]:
    return [path, *map(str, PurePosixPath(path).parents)]


def _below(path: str, folder: str) -> str | None:
    """Return ``path`` as seen from ``folder``, None where it is not in it."""
    if folder == ".":
        return path
    return path.removeprefix(f"{folder}/") if _within(path, folder) else None


def _within(path: str, folder: str) -> bool:
    return path.startswith(f"{folder}/")
