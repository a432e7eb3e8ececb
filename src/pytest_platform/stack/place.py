"""The private folder in which a stack's model lies while it is started; it may hold secrets.

A run that is killed leaves it: the owner is written first, so that it can be told whose it was.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from pytest_platform.stack.owner import LABEL, PREFIX, Owner, is_name

_OWNER = "owner.json"


def make(project: str, labels: Mapping[str, str]) -> Path:
    """Make the folder of a stack; ``labels`` are those of its parts."""
    path = _path(project)
    path.mkdir(mode=0o700)
    write(path / _OWNER, json.dumps(dict(labels)))
    return path


def write(path: Path, text: str) -> Path:
    """Write a new file that nobody else can read."""
    opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(opened, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def remove(project: str) -> None:
    """Remove the folder of a stack, if there is one."""
    shutil.rmtree(_path(project), ignore_errors=True)


def find(project: str | None = None) -> Iterator[tuple[str, Owner | None]]:
    """Yield the names of the stacks that have a folder of this user, and their owners.

    With ``project``, look for that one's only. The owner is None where the folder names none.
    """
    for path in sorted(Path(tempfile.gettempdir()).glob(project or f"{PREFIX}*")):
        if is_name(path.name) and _mine(path):
            yield path.name, _owner(path)


def _path(project: str) -> Path:
    return Path(tempfile.gettempdir()) / project


def _mine(path: Path) -> bool:
    """Return whether it is a folder of this user, and no link to one."""
    with suppress(OSError):
        return path.is_dir() and not path.is_symlink() and path.lstat().st_uid == os.getuid()
    return False


def _owner(path: Path) -> Owner | None:
    with suppress(OSError, ValueError, AttributeError):
        labels = json.loads((path / _OWNER).read_text(encoding="utf-8"))
        if labels.get(LABEL) == path.name:
            return Owner.of(labels)
    return None
