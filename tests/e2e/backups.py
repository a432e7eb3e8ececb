"""Backups of a store, good ones and bad ones."""

from __future__ import annotations

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


def checksum(path: Path, digest: str = "") -> None:
    """Write the checksum beside a backup; the right one where none is given."""
    digest = digest or hashlib.sha256(path.read_bytes()).hexdigest()
    path.with_name(f"{path.name}.sha256").write_text(f"{digest}  {path.name}\n")
