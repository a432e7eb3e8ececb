"""Where a document is written to: checked before anything is tested, written when all is over.

A regular file, or nothing, is replaced in one step; of a link the target is. What is anything
else, such as a device or a pipe, is opened at once, kept open, and written to.
"""

from __future__ import annotations

import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from pytest_platform.reading import read_bytes

_SPECIAL = ("/dev/", "/proc/")
_MODE = 0o666
_MAX_LINKS = 40
_ROOM = b" " * 4096


class Output(Struct):
    """One target. ``descriptor`` is there where it is written to and not replaced."""

    path: Path
    descriptor: int | None = None

    @classmethod
    def prepare(cls, path: Path) -> Output:
        """Find out, without waiting for anybody, whether the target can be written.

        Raises:
            OSError: it cannot.
        """
        try:
            mode = path.stat().st_mode
        except FileNotFoundError:
            mode = stat.S_IFREG
        except ValueError as error:
            raise OSError(0, str(error)) from None
        if stat.S_ISREG(mode) and not _is_special(path):
            return cls(_target(path))
        # With O_NONBLOCK a pipe that nobody reads is an error. O_APPEND: it may be a file that
        # others write to as well, such as where stdout has been sent to.
        flags = os.O_WRONLY | os.O_APPEND | os.O_NOCTTY | os.O_NONBLOCK
        descriptor = os.open(path, flags)
        os.set_blocking(descriptor, True)
        return cls(path, descriptor)

    def write(self, data: bytes, mode: int | None = None) -> None:
        """Write the document; ``mode`` are the permissions of a file.

        Raises:
            OSError: it cannot be written.
        """
        if self.descriptor is None:
            _replace(self.path, data, mode)
            return
        try:
            while data:
                data = data[os.write(self.descriptor, data) :]
        finally:
            self.close()

    def close(self) -> None:
        """Close what is open. May be called twice."""
        descriptor, self.descriptor = self.descriptor, None
        if descriptor is not None:
            os.close(descriptor)


def check_source(path: Path) -> None:
    """See that a path leads to a regular file that can be read, without waiting for anybody.

    Raises:
        OSError: it does not.
    """
    read_bytes(path, 0)


def _is_special(path: Path) -> bool:
    """Return whether a path leads over the names of open files, such as ``/dev/stdout``."""
    step = os.path.abspath(path)  # noqa: PTH100 - a link must not be followed yet
    for _ in range(_MAX_LINKS):
        if step.startswith(_SPECIAL):
            return True
        try:
            step = os.path.join(os.path.dirname(step), os.readlink(step))  # noqa: PTH115,PTH118,PTH120
        except OSError:
            return False
    return False


def _target(path: Path) -> Path:
    """Return the file itself, behind links, once it is known that it can be replaced."""
    target = Path(os.path.realpath(path))
    if target.exists() and not os.access(target, os.W_OK):
        raise PermissionError(13, "Permission denied")
    descriptor, name = _beside(target)
    try:
        # A full disk gives a name, and no room.
        room = _ROOM
        while room:
            room = room[os.write(descriptor, room) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
        Path(name).unlink()
    return target


def _beside(target: Path) -> tuple[int, str]:
    if len(os.fsencode(target.name)) > os.pathconf(target.parent, "PC_NAME_MAX"):
        raise OSError(36, "File name too long")
    return tempfile.mkstemp(prefix=".pytest-platform-", dir=target.parent)


def _replace(target: Path, data: bytes, mode: int | None) -> None:
    descriptor, name = _beside(target)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(descriptor)
            os.fchmod(descriptor, _mode_of(target) if mode is None else mode)
        Path(name).replace(target)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise


def _mode_of(target: Path) -> int:
    """Return the permissions that the file has, or a new one would get."""
    with suppress(OSError):
        return stat.S_IMODE(target.stat().st_mode)
    umask = os.umask(0)
    os.umask(umask)
    return _MODE & ~umask
