"""Files in a container, read through the Engine: nothing has to be in the container for it.

It need not run either. What is mounted inside a running container only, such as a tmpfs,
cannot be seen in this way; asking for it is an error and never "does not exist".
"""

from __future__ import annotations

import contextlib
import hashlib
import tarfile
import time
from collections.abc import Iterator, Mapping
from typing import IO, Any

from msgspec import Struct

from pytest_platform.docker.engine import Engine
from pytest_platform.docker.output import Readable
from pytest_platform.docker.paths import resolve
from pytest_platform.errors import PlatformError

MAX_ENTRIES = 100_000
_CHUNK = 256 * 1024


class FilesTooMuch(PlatformError):
    """There is more to read than time or memory allow."""

    code = "files.too_much"


class ContainerEntry(Struct, frozen=True):
    """What stands at a path. ``mode`` has the permissions, as in ``0o4755``; ``size`` in bytes."""

    path: str
    kind: str
    size: int
    mode: int
    uid: int
    gid: int


class ContainerFile(Struct, frozen=True):
    """An entry and, of a file, its beginning. ``cut`` tells that there is more."""

    entry: ContainerEntry
    content: bytes = b""
    cut: bool = False


def read(
    engine: Engine, container: str, path: str, *, limit: int, timeout: float
) -> ContainerFile | None:
    """Look at a path, following links; None where nothing is there.

    ``limit`` bytes of a file are kept; ``timeout`` is in seconds.

    Raises:
        FilesHidden: the path is where the Engine cannot look.
        FilesTooMuch: it cannot be read in time.
        EngineError: the Engine cannot be asked.
    """
    found = resolve(engine, container, path)
    if found is None:
        return None
    with _members(engine, container, found, timeout) as members:
        member, stream = next(members)
        content = stream.read(limit) if stream else b""
        entry = _entry(found, member)
        return ContainerFile(entry, content, cut=entry.kind == "file" and len(content) < entry.size)


def digest(engine: Engine, container: str, path: str, *, timeout: float) -> str | None:
    """Return the SHA-256 of a file in hexadecimal; None where there is no file.

    It is read as a stream, so its size is bounded by ``timeout`` (seconds) alone.

    Raises:
        FilesHidden: the path is where the Engine cannot look.
        FilesTooMuch: it cannot be read in time.
        EngineError: the Engine cannot be asked.
    """
    found = resolve(engine, container, path)
    if found is None:
        return None
    with _members(engine, container, found, timeout) as members:
        _, stream = next(members)
        return _sha256(stream) if stream else None


def contents(engine: Engine, container: str, path: str, *, timeout: float) -> Mapping[str, str]:
    """Return all that is below a folder: from relative paths to digests.

    A file's digest is ``sha256:...``; that of anything else says what it is. Times of
    change are left out.

    Raises:
        FilesHidden: the path is where the Engine cannot look.
        FilesTooMuch: there is too much to read in time, or there are too many entries.
        EngineError: the Engine cannot be asked.
    """
    found = resolve(engine, container, path)
    if found is None:
        return {}
    digests: dict[str, str] = {}
    with _members(engine, container, found, timeout) as members:
        for member, stream in members:
            digests[_below(member.name)] = _described(member, stream)
            if len(digests) > MAX_ENTRIES:
                message = f"{path} holds more than {MAX_ENTRIES} entries"
                raise FilesTooMuch(message)
    digests.pop("", None)
    return digests


def count(
    engine: Engine, container: str, path: str, *, timeout: float, enough: int | None = None
) -> int:
    """Count the entries that stand directly in a folder, up to ``enough`` of them.

    Raises:
        FilesTooMuch: the folder cannot be read in time; the Engine sends what is in it, too.
        EngineError: the Engine cannot be asked, or the path does not exist.
    """
    seen: set[str] = set()
    with _members(engine, container, resolve(engine, container, path) or path, timeout) as members:
        for member, _ in members:
            top = _below(member.name).partition("/")[0]
            seen |= {top} - {""}
            if enough is not None and len(seen) >= enough:
                break
    return len(seen)


class _Timed:
    """A stream that refuses to be read after its time."""

    def __init__(self, stream: Readable, timeout: float, path: str) -> None:
        self._stream, self._timeout, self._path = stream, timeout, path
        self._end = time.monotonic() + timeout

    def read(self, size: int) -> bytes:
        if time.monotonic() > self._end:
            message = f"{self._path} cannot be read within {self._timeout:g} s; raise its timeout"
            raise FilesTooMuch(message)
        return self._stream.read(size)


Member = tuple[tarfile.TarInfo, IO[bytes] | None]


@contextlib.contextmanager
def _members(
    engine: Engine, container: str, path: str, timeout: float
) -> Iterator[Iterator[Member]]:
    """Give the entries of a path, each with its content where it is a file."""
    with engine.archive(container, path) as stream:
        timed: Any = _Timed(stream, timeout, path)
        with tarfile.open(fileobj=timed, mode="r|", bufsize=_CHUNK) as archive:
            # Not of links: tarfile would look for what they lead to in a stream that is over.
            yield ((one, archive.extractfile(one) if one.isreg() else None) for one in archive)


def _described(member: tarfile.TarInfo, stream: IO[bytes] | None) -> str:
    if stream is not None:
        return f"sha256:{_sha256(stream)}"
    return f"{_kind(member)} {member.linkname}".strip()


def _sha256(stream: IO[bytes]) -> str:
    hashed = hashlib.sha256()
    while chunk := stream.read(_CHUNK):
        hashed.update(chunk)
    return hashed.hexdigest()


def _entry(path: str, member: tarfile.TarInfo) -> ContainerEntry:
    return ContainerEntry(
        path, _kind(member), member.size, member.mode & 0o7777, member.uid, member.gid
    )


def _kind(member: tarfile.TarInfo) -> str:
    if member.isdir():
        return "directory"
    if member.isreg():
        return "file"
    return "link" if member.issym() or member.islnk() else "special"


def _below(name: str) -> str:
    """Return a name of the archive without the folder that was asked for."""
    return name.strip("/").partition("/")[2]
