"""Files that others wrote, opened only where they are files: a pipe would be waited for, for ever.

Only standard library, because every module reads with it.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

MOST: Final = 1024 * 1024
"""Bytes that are read of a file unless a caller says otherwise."""

_HARMLESS: Final = frozenset({"/dev/null"})


def read_bytes(path: Path, most: int | None = None) -> bytes:
    """Return what a regular file holds, at most its first ``most`` bytes. Never waits.

    Raises:
        OSError: there is no regular file that can be read, also where its name can be none.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    except ValueError as error:
        raise OSError(0, str(error)) from None
    with os.fdopen(descriptor, "rb", closefd=True) as stream:
        if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
            raise OSError(0, "it is no regular file")
        return stream.read(-1 if most is None else most)


def read_text(path: Path, most: int | None = MOST, errors: str = "replace") -> str:
    """Return the same as text; without the mark of UTF-8 at its beginning, and line ends as LF.

    Raises:
        OSError: as ``read_bytes``.
        UnicodeDecodeError: it is no UTF-8, with ``errors="strict"``.
    """
    text = read_bytes(path, most).decode("utf-8-sig", errors)
    return text.replace("\r\n", "\n").replace("\r", "\n")


def keeps_waiting(path: Path) -> bool:
    """Return whether another program that opens this path may wait for ever. Never raises."""
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode) or str(path.resolve()) in _HARMLESS)
