"""A private folder for temporary files; that the disk is full is an error with a code."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from pytest_platform.errors import PlatformError

_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})


class TemporaryUnwritable(PlatformError):
    """No temporary files can be written."""

    code = "platform.temporary"


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """Make a private folder, without links in its path, and remove it at the end of the block.

    Raises:
        TemporaryUnwritable: there can be none, or the disk is full while the block writes to it.
    """
    try:
        folder = TemporaryDirectory(prefix="pytest-platform-", ignore_cleanup_errors=True)
    except OSError as error:
        raise _unwritable(error) from None
    with folder as name:
        try:
            yield Path(name).resolve()
        except OSError as error:
            if error.errno not in _FULL:
                raise
            raise _unwritable(error) from None


def _unwritable(error: OSError) -> TemporaryUnwritable:
    return TemporaryUnwritable(
        f"temporary files cannot be written: {error.strerror or error}; "
        "free space in TMPDIR or name another"
    )
