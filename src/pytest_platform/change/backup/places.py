"""Where a backup lies, and whether that is inside the declared roots."""

from __future__ import annotations

import stat
from collections.abc import Iterable
from datetime import datetime
from pathlib import PurePosixPath

from msgspec import Struct

from pytest_platform.change.backup.host import BackupHost
from pytest_platform.change.backup.reference import Reference, is_plain
from pytest_platform.change.refusal import Refusal

_FORMAT = "%f %s %Y %d %i %z"
"""Mode (hexadecimal), size, seconds of the last change; device, inode, status change.

The last in the long form: it has the fractions of a second, which ``%Z`` leaves out.
"""


class BackupPlace(Struct, frozen=True):
    """A path after all links, or the name of a repository elsewhere.

    ``inside`` tells whether the roots cover it, links resolved on both sides.
    """

    path: str
    inside: bool

    @property
    def name(self) -> str:
        """The last part of the path."""
        return PurePosixPath(self.path).name


class NamedFacts(Struct, frozen=True):
    """What is known of a backup whose name says of which module and when it is."""

    reference: Reference
    place: BackupPlace | Refusal

    @property
    def names(self) -> frozenset[str]:
        """The module in the name."""
        return frozenset(filter(None, (self.reference.module,)))

    @property
    def taken_at(self) -> datetime | None:
        """The timestamp in the name."""
        return self.reference.taken_at


class FolderEntry(Struct, frozen=True):
    """What a folder holds under a name. Two that are equal are the same, unchanged file."""

    mode: int
    size: int
    modified: int
    identity: tuple[str, ...]

    @property
    def is_file(self) -> bool:
        """Whether it is a regular file: no folder, link, pipe or device."""
        return stat.S_ISREG(self.mode)


def locate(host: BackupHost, place: str, roots: Iterable[str]) -> BackupPlace | Refusal:
    """Resolve a path and the roots.

    A repository that is not a path, as in ``s3:…``, is inside if a root is that very text.
    """
    declared = list(roots)
    if not place.startswith("/"):
        return BackupPlace(place, inside=place in declared)
    path = _resolve(host, place)
    if isinstance(path, Refusal):
        return path
    folders = [_resolve(host, root) for root in declared if root.startswith("/")]
    inside = any(
        PurePosixPath(path).is_relative_to(folder) for folder in folders if isinstance(folder, str)
    )
    return BackupPlace(path, inside)


def _resolve(host: BackupHost, path: str) -> str | Refusal:
    said = host.answer(["readlink", "-f", "-v", "--", path], f"resolve the links of {path}")
    if isinstance(said, Refusal):
        return said
    resolved = said.removesuffix("\n")
    if resolved.startswith("/") and is_plain(resolved):
        return resolved
    message = f"{path} has to lead to a path without control characters"
    return Refusal("backup.unreadable", message)


def entry(host: BackupHost, path: str) -> FolderEntry | Refusal:
    """Look at a path without following it, should it have become a link."""
    said = host.answer(["stat", "-c", _FORMAT, "--", path], f"find {path}")
    if isinstance(said, Refusal):
        return said
    try:
        mode, size, modified, *identity = said.split()
        return FolderEntry(int(mode, 16), int(size), int(modified), tuple(identity))
    except ValueError:
        message = f"stat has to answer as GNU's or BusyBox's does for {path}"
        return Refusal("backup.unreadable", message)


def judge_place(place: BackupPlace | Refusal, roots: Iterable[str]) -> tuple[Refusal, ...]:
    """Refuse what is not inside the roots."""
    if isinstance(place, Refusal):
        return (place,)
    if place.inside:
        return ()
    message = f"{place.path} has to be inside one of the declared roots: {', '.join(roots)}"
    return (Refusal("backup.outside_roots", message),)
