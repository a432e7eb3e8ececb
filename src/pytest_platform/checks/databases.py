"""Folders of databases, whose servers write files by themselves whenever they like. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Final

_MARKS: Final = {
    "PG_VERSION": "PostgreSQL",
    "ibdata1": "MySQL or MariaDB",
    "aria_log_control": "MariaDB",
    "WiredTiger": "MongoDB",
    "dump.rdb": "Redis",
}
"""Files by which the folder of a server is known; what is below says nothing of a client."""


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
