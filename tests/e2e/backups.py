"""Backups of a store, good ones and bad ones."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import tarfile
from datetime import UTC, datetime, timedelta
from pathlib import Path


def name_of(module: str, moment: datetime | None = None) -> str:
    """Return the name of a backup of a module, taken at a moment."""
    taken = moment or datetime.now(UTC) - timedelta(minutes=10)
    return f"{module}-{taken:%Y%m%dT%H%M%SZ}.tar.gz"


def good_backup(folder: Path, module: str, moment: datetime | None = None) -> Path:
    """Write an archive that can be read to its end."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name_of(module, moment)
    content = os.urandom(20_000)
    with tarfile.open(path, "w:gz") as archive:
        entry = tarfile.TarInfo("data/object")
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
    return path


def hollow_backups() -> dict[str, bytes]:
    """Return archives that can be read to their end, and hold nothing anybody would miss."""
    folder, link = tarfile.TarInfo("data"), tarfile.TarInfo("data/link")
    folder.type, link.type, link.linkname = tarfile.DIRTYPE, tarfile.SYMTYPE, "elsewhere"
    hard = tarfile.TarInfo("data/hard")
    hard.type, hard.linkname = tarfile.LNKTYPE, "data/link"
    empty, zeros = tarfile.TarInfo("data/object"), tarfile.TarInfo("data/object")
    zeros.size = 20_000
    nothing = gzip.compress(_tar())
    return {
        "no entry": nothing,
        "folders": gzip.compress(_tar(folder)),
        "links": gzip.compress(_tar(folder, link, hard)),
        "files without a byte": gzip.compress(_tar(folder, empty)),
        "zeros": gzip.compress(_tar(zeros)),
        "a header of zeros": gzip.compress(b"\0" * 20_000),
        "no tar after an empty one": nothing + gzip.compress(os.urandom(20_000)),
        "content after an empty tar": nothing + gzip.compress(_tar(zeros, content=b"x")),
    }


def _tar(*entries: tarfile.TarInfo, content: bytes = b"\0") -> bytes:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as archive:
        for entry in entries:
            archive.addfile(entry, io.BytesIO(content * entry.size))
    return data.getvalue()


def checksum(path: Path, digest: str = "") -> None:
    """Write the checksum beside a backup; the right one where none is given."""
    digest = digest or hashlib.sha256(path.read_bytes()).hexdigest()
    path.with_name(f"{path.name}.sha256").write_text(f"{digest}  {path.name}\n")
