"""Settings and paths as people give them: of any length, of any type, with any character."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pytest_platform.errors import UsageError

if TYPE_CHECKING:
    import pytest

LONGEST: Final = 120
"""Characters of a path that people are shown."""


def ini(config: pytest.Config, name: str) -> Any:
    """Return a value of the ini file.

    Raises:
        UsageError: it is of another type than it is declared with, as TOML allows.
    """
    try:
        return config.getini(name)
    except (TypeError, ValueError) as error:
        raise UsageError(f"{name} in {config.inipath}: {error}") from None


def mode_of(path: Path) -> int:
    """Return the kind of a file, links followed; 0 where there is none that can be looked at."""
    try:
        return path.stat().st_mode
    except (OSError, ValueError):
        return 0


def is_folder(path: Path) -> bool:
    """Return whether a path leads to a folder. Never raises."""
    return stat.S_ISDIR(mode_of(path))


def is_regular(path: Path) -> bool:
    """Return whether a path leads to a regular file. Never raises."""
    return stat.S_ISREG(mode_of(path))


def modules_in(folder: Path) -> list[str]:
    """Name the folders that hold a ``module.yaml``, without reading any.

    Raises:
        UsageError: the folder cannot be read, or a name in it cannot be written into a report.
    """
    try:
        names = sorted(path.name for path in folder.iterdir() if _holds_module(path))
    except (FileNotFoundError, NotADirectoryError):
        return []
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        message = f"the folder {shown(folder)} cannot be read: {reason}; see --modules-dir"
        raise UsageError(message) from None
    for name in names:
        if not _is_text(name):
            where = f"the folder {os.fsencode(name)!r} in {shown(folder)}"
            raise UsageError(f"{where} has a name that is no UTF-8; rename it")
    return names


def shown(path: Path) -> str:
    """Return a path on one line, and not without end."""
    text = repr(str(path))[1:-1]
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _holds_module(folder: Path) -> bool:
    return os.path.lexists(folder / "module.yaml")


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
