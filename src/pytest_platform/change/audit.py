"""The audit log: one JSON line for each attempt, refused ones too, and one for its outcome."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from pytest_platform.change.backup import BackupEvidence
from pytest_platform.change.decode import decoded
from pytest_platform.errors import PlatformError
from pytest_platform.output import check_source
from pytest_platform.secrets import Secrets
from pytest_platform.secrets.vault import redact

MODE = 0o600


class AuditUnwritable(PlatformError):
    """The line could not be written and flushed to disk, so nothing may be started."""

    code = "audit.unwritable"


class AuditUnreadable(PlatformError):
    """Whether a plan was used before cannot be told, so nothing may be started."""

    code = "audit.unreadable"


Event = Literal["refused", "nothing-to-do", "started", "ended"]


class AuditLine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=False):
    """One line of the log; never a value of any environment.

    ``event`` is ``started`` before the start, so that a killed run leaves it behind, and
    ``ended`` after it; an attempt that starts nothing is ``refused`` or ``nothing-to-do``.
    ``backup_level`` is the level that was verified, ``backup_promise`` what it means, with how
    many regular files and bytes of them were read.
    """

    schema: Literal[1] = 1
    time: str
    run: str
    user: str
    machine: str
    event: Event
    module: str
    project: str
    host: str
    container_id: str = ""
    plan: str = ""
    backup_ref: str = ""
    backup_level: str = ""
    backup_promise: str = ""
    backup_files: int | None = None
    backup_bytes: int | None = None
    reasons: tuple[str, ...] = ()
    verdict: str = ""
    exit_code: int | None = None
    seconds: float | None = None


_FREE: Final = ("backup_ref", "user", "machine")
"""Fields that hold what others have said; all else are names and codes of ours, and digests."""


def append(path: Path, line: AuditLine, secrets: Secrets) -> None:
    """Append a line, redacted, and see it on disk before returning.

    Raises:
        AuditUnwritable: it is not there; the disk may be full.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        safe = {name: redact(getattr(line, name), secrets) for name in _FREE}
        line = msgspec.structs.replace(line, **safe)
        data = _mended(path) + msgspec.json.encode(line) + b"\n"
        # Without O_NONBLOCK a pipe that nobody reads would be waited for.
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NONBLOCK
        descriptor = os.open(path, flags, MODE)
        try:
            written = os.write(descriptor, data)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        message = f"the audit log {path} cannot be written: {error.strerror}; nothing was started"
        raise AuditUnwritable(message) from None
    if written != len(data):
        message = f"the audit log {path} took part of a line only: the disk is full"
        raise AuditUnwritable(message)


def of_backup(evidence: BackupEvidence | None) -> dict[str, Any]:
    """Return the fields of a line of the audit log for what was verified of the backup."""
    if evidence is None:
        return {}
    return {
        "backup_level": evidence.level,
        "backup_promise": evidence.promise,
        "backup_files": evidence.files,
        "backup_bytes": evidence.bytes,
    }


def _mended(path: Path) -> bytes:
    """Return what ends a line of which a full disk has kept the beginning only."""
    if not path.is_file() or not path.stat().st_size:
        return b""
    with path.open("rb") as stream:
        stream.seek(-1, os.SEEK_END)
        return b"" if stream.read(1) == b"\n" else b"\n"


def plan_was_used(path: Path, digest: str) -> bool:
    """Return whether a plan has been started before, going by the log.

    Raises:
        AuditUnreadable: the log cannot be read.
    """
    try:
        check_source(path)
        with path.open("rb") as stream:
            return any(_started(line, digest) for line in stream)
    except FileNotFoundError:
        return False
    except OSError as error:
        message = f"the audit log {path} cannot be read: {error.strerror}; mend it, or move it away"
        raise AuditUnreadable(message) from None


def _started(line: bytes, digest: str) -> bool:
    read = decoded(line, AuditLine)
    return read is not None and read.event == "started" and read.plan == digest
