"""What was verified of a backup, in words and numbers that outlive the run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

_RESTORE: Final = "whether an application can use it, only a restore shows"
_STORE: Final = {
    "exists": "the repository lists it as complete; no content was read",
    "structural": "every byte of it was read and authenticated, as a restore would",
    "data": "every byte of it was read and authenticated, and all data of the repository verified",
}
_PROMISES: Final[Mapping[str, Mapping[str, str]]] = {
    "file": {
        "exists": "the file is there; no content was read",
        "structural": "it was read to its end and holds something",
        "data": "it was read to its end, holds something, and is as its checksum says",
    },
    "restic": _STORE,
    "borg": _STORE,
}


class BackupEvidence(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was verified: ``level`` was reached, and ``promise`` says what that means.

    ``files`` and ``bytes`` are the regular files that were read and their content; null where
    none was read, and ``bytes`` also of a dump, which is one file.
    """

    kind: str
    level: str
    promise: str
    files: int | None = None
    bytes: int | None = None

    def __str__(self) -> str:
        if self.files is None:
            return f"backup verified ({self.level}): {self.promise}"
        size = "" if self.bytes is None else f" with {self.bytes} bytes"
        read = f"{self.files} file{'' if self.files == 1 else 's'}{size} read"
        return f"backup verified ({self.level}), {read}: {self.promise}"


def evidence_of(kind: str, level: str, held: tuple[int, int | None] | None) -> BackupEvidence:
    """Describe what was verified; ``held`` are the files and the bytes of what was read."""
    promise = f"{_PROMISES[kind][level]}; {_RESTORE}"
    files, size = held if held and level != "exists" else (None, None)
    return BackupEvidence(kind, level, promise, files, size)
