"""The checksum file beside a backup, as ``sha256sum`` writes it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from pytest_platform.change.backup.host import BackupHost
from pytest_platform.change.backup.places import entry
from pytest_platform.change.refusal import Refusal

SUFFIX = ".sha256"
_LIMIT = 8192
_LINE = re.compile(r"(?P<digest>[0-9a-fA-F]{64})(?: [ *](?P<name>[^\n]+))?\n?")
_COMPUTED = re.compile(r"\\?(?P<digest>[0-9a-f]{64}) ")


@dataclass(frozen=True, slots=True)
class Checksum:
    """What stands in the file, and what was computed from the backup."""

    text: str
    computed: str


def observe_checksum(host: BackupHost, path: str) -> Checksum | Refusal | None:
    """Read the checksum file beside ``path`` and compute; None if there is none."""
    beside = path + SUFFIX
    found = entry(host, beside)
    if isinstance(found, Refusal):
        return None if found.code == "backup.absent" else found
    if not found.is_file:
        return _malformed(beside, "it is no regular file")
    text = host.answer(["head", "-c", str(_LIMIT), "--", beside], f"read {beside}")
    if isinstance(text, Refusal):
        return text
    said = host.answer(["sha256sum", "--", path], f"read {path}", reading=True)
    if isinstance(said, Refusal):
        return said
    computed = _COMPUTED.match(said)
    return Checksum(text, computed["digest"] if computed else "")


def judge_checksum(
    checksum: Checksum | Refusal | None, path: str, *, required: bool
) -> Iterator[Refusal]:
    """Refuse a checksum that is wrong or cannot be read, and a missing one if required."""
    beside = path + SUFFIX
    if isinstance(checksum, Refusal):
        yield checksum
    elif checksum is None:
        if required:
            message = f"{beside} has to exist for the level data; write it with sha256sum"
            yield Refusal("backup.checksum_missing", message)
    else:
        yield from _compare(checksum, beside)


def _compare(checksum: Checksum, beside: str) -> Iterator[Refusal]:
    line = _LINE.fullmatch(checksum.text)
    name = PurePosixPath(beside).name.removesuffix(SUFFIX)
    if line is None:
        yield _malformed(beside, "it does not")
    elif line["name"] and PurePosixPath(line["name"]).name != name:
        yield _malformed(beside, "it names another file")
    elif line["digest"].lower() != checksum.computed:
        message = f"the backup has to have the checksum that stands in {beside}; it has another"
        yield Refusal("backup.checksum", message)


def _malformed(beside: str, reason: str) -> Refusal:
    message = f"{beside} has to hold the one line that sha256sum writes for the backup; {reason}"
    return Refusal("backup.checksum_form", message)
