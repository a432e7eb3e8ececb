"""Writing module files: each folder whole or not at all, and never over what is there."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from pytest_platform.errors import PlatformError

Files = Mapping[str, str]
"""The texts of a module's folder, by name."""


class Unwritable(PlatformError):
    """The files cannot be written."""

    code = "adopt.unwritable"


def write(folder: Path, shared: Files, modules: Mapping[str, Files]) -> list[Path]:
    """Write files into the folder of modules, and a folder for each module in it.

    What is there already, also since a moment ago, is left alone. Returns what was written.

    Raises:
        Unwritable: the folder cannot be written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        room = Path(tempfile.mkdtemp(prefix=".adopt-", dir=folder))
    except OSError as error:
        raise Unwritable(f"{folder} cannot be written: {error.strerror}") from None
    try:
        return [*_shared(room, folder, shared), *_modules(room, folder, modules)]
    except OSError as error:
        raise Unwritable(f"{folder} cannot be written: {error.strerror}") from None
    finally:
        shutil.rmtree(room, ignore_errors=True)


def _shared(room: Path, folder: Path, files: Files) -> list[Path]:
    written: list[Path] = []
    for name, text in files.items():
        (room / name).write_text(text, encoding="utf-8")
        try:
            os.link(room / name, folder / name)
        except FileExistsError:
            continue
        written.append(folder / name)
    return written


def _modules(room: Path, folder: Path, modules: Mapping[str, Files]) -> list[Path]:
    written: list[Path] = []
    for name, files in modules.items():
        made = room / "modules" / name
        made.mkdir(parents=True)
        made.chmod(0o755)
        for file, text in files.items():
            (made / file).write_text(text, encoding="utf-8")
        if os.path.lexists(folder / name):
            continue
        try:
            made.rename(folder / name)
        except OSError as error:
            # Another run may have been first; its folder is there whole.
            if error.errno not in {errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR}:
                raise
            continue
        written += [folder / name / file for file in files]
    return written
