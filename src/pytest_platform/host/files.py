"""What files a container holds, read through the Engine's archive: no program in it is needed."""

from __future__ import annotations

import hashlib
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from typing import IO, Any, cast

from pytest_platform.host.engine import Engine

_CHUNK = 1024 * 1024


def contents(engine: Engine, container: str, path: str, *, timeout: float) -> Mapping[str, str]:
    """Return all that is below a folder: from relative paths to digests.

    A stopped container will do. A file's digest is ``sha256:...``; that of anything else
    says what it is. ``timeout`` is how many seconds the Engine may be silent.

    Raises:
        EngineError: the Engine cannot be asked.
    """
    from docker.errors import NotFound

    with engine.asking(timeout) as client:
        try:
            stream, _ = client.get_archive(container, path)
        except NotFound:
            return {}
        reader = _Reader(stream)
        with tarfile.open(fileobj=cast("IO[bytes]", reader), mode="r|") as archive:
            digests = {_below(member.name): _digest(archive, member) for member in archive}
        # The connection is free again when all of it was read.
        while reader.read(_CHUNK):
            pass
    digests.pop("", None)
    return digests


def _below(name: str) -> str:
    """Return a member's path without the folder that the archive begins with."""
    return name.strip("/").partition("/")[2]


def _digest(archive: tarfile.TarFile, member: tarfile.TarInfo) -> str:
    if member.issym() or member.islnk():
        return f"link to {member.linkname}"
    file = archive.extractfile(member) if member.isfile() else None
    if file is None:
        return "folder" if member.isdir() else f"kind {member.type!r}"
    digest = hashlib.sha256()
    while chunk := file.read(_CHUNK):
        digest.update(chunk)
    return f"sha256:{digest.hexdigest()}"


class _Reader:
    """Lets the Engine's chunks be read as a file, without keeping them."""

    def __init__(self, chunks: Iterable[Any]) -> None:
        self._chunks: Iterator[bytes] = iter(chunks)
        self._rest = b""

    def read(self, size: int) -> bytes:
        """Return ``size`` bytes, fewer only at the end."""
        parts, missing = [], size
        while missing:
            chunk = self._rest or next(self._chunks, b"")
            if not chunk:
                break
            parts.append(chunk[:missing])
            self._rest = chunk[missing:]
            missing -= len(parts[-1])
        return b"".join(parts)
