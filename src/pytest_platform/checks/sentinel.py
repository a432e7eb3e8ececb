"""What others keep in the volumes of a one-shot: a file of ours stands for it.

Servers of databases write files by themselves whenever they like, so their folders do not count.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Final

from pytest_platform.docker.mounted import volume_mounts
from pytest_platform.docker.paths import resolve
from pytest_platform.errors import PlatformError
from pytest_platform.probes.kind import Target

NAME = "left-here-by-pytest-platform"
_MARKS: Final = {
    "PG_VERSION": "PostgreSQL",
    "ibdata1": "MySQL or MariaDB",
    "aria_log_control": "MariaDB",
    "WiredTiger": "MongoDB",
    "dump.rdb": "Redis",
}
"""Files by which the folder of a server is known; what is below says nothing of a client."""


def leave(target: Target) -> tuple[str, ...]:
    """Put a file into each volume of the module's container; return the paths.

    There is none where that cannot be done: the container has no ``touch``, or may not write.
    """
    container = target.engine.inspect(target.container(None).id)
    folders = [one.path for one in volume_mounts(container) if one.writable]
    paths = [posixpath.join(folder, NAME) for folder in folders]
    return tuple(path for path in paths if _runs(target, ["touch", path]))


def take_back(target: Target, paths: Iterable[str]) -> tuple[str, ...]:
    """Remove the files; return the folders from which they were gone.

    What is wrong with a container that is gone or does not run is told by others.
    """
    lost = tuple(posixpath.dirname(path) for path in paths if _is_gone(target, path))
    for path in paths:
        _runs(target, ["rm", "-f", path])
    return lost


def _is_gone(target: Target, path: str) -> bool:
    try:
        return resolve(target.engine, target.container(None).id, path) is None
    except PlatformError:
        return False


def _runs(target: Target, command: Sequence[str]) -> bool:
    try:
        return target.exec(command).exit_code == 0
    except PlatformError:
        return False


def without_databases(found: Mapping[str, str]) -> Mapping[str, str]:
    """Leave out what is in the folders of databases; keys are paths, relative to a volume.

    >>> without_databases({"db/PG_VERSION": "a", "db/pg_wal/1": "b", "seeded": "c"})
    {'seeded': 'c'}
    """
    paths = {name: PurePosixPath(name) for name in found}
    folders = {path.parent for path in paths.values() if path.name in _MARKS}
    return {
        name: digest
        for name, digest in found.items()
        if not any(paths[name].is_relative_to(folder) for folder in folders)
    }
