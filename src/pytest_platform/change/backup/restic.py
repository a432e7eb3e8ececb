"""A backup that is a snapshot in a restic repository.

It is of the modules that its tags name, as ``minio`` or ``module=minio``.

Levels: ``exists`` asks for the snapshot, its tags, time, and the size and number of its
files. ``structural`` reads and authenticates every byte of the snapshot, as a restore would,
and runs ``restic check``. ``data`` lets that check read all data of the repository, that of
other snapshots included. ``restic check`` alone reads no file's content.

Nothing is written, no lock either; while another process prunes, reading may fail, and
that refuses. The cache is not used: what counts is what the repository holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any, TypeVar

from msgspec import Struct

from pytest_platform.change.backup.archive import END_OF_TAR, WITHOUT_CONTENT, filled
from pytest_platform.change.backup.host import BackupHost, read_json, read_time
from pytest_platform.change.backup.kind import (
    COMPLETE,
    BackupKind,
    judge_complete,
    judge_size,
    judge_times,
    not_read,
    reaches,
)
from pytest_platform.change.backup.places import BackupPlace, judge_place, locate
from pytest_platform.change.backup.reference import Reference, has_password, wrong_form
from pytest_platform.change.refusal import Refusal
from pytest_platform.module.data import Backup

T = TypeVar("T")
FORM = "restic:REPO#ID such as restic:/srv/backups/restic#79766175"

# REPO is a path, or begins with the name of a backend.
_FORM = re.compile(r"restic:(?P<repository>/[^#]*|[a-z][a-z0-9]*:[^#]+)#(?P<id>[0-9a-f]{8,64})")
_CODES = {
    3: "backup.incomplete",
    10: "backup.absent",
    11: "backup.locked",
    12: "backup.credentials",
}
"""What restic's exit statuses mean. An unknown one refuses too."""
_READING = {1: "backup.damaged", 2: "backup.damaged", **_CODES}


class ResticSnapshot(Struct, frozen=True):
    """One snapshot, as ``restic snapshots`` lists it."""

    id: str
    time: datetime
    tags: tuple[str, ...]


class ResticExtent(Struct, frozen=True):
    """What a restore of the snapshot would write."""

    size: int
    files: int


class ResticFacts(Struct, frozen=True):
    """What was seen of the snapshot. None: it was not looked at."""

    reference: Reference
    place: BackupPlace | Refusal
    snapshots: tuple[ResticSnapshot, ...] | Refusal | None = None
    extent: ResticExtent | Refusal | None = None
    check: str | Refusal | None = None
    dump: str | Refusal | None = None
    filled: int | Refusal | None = None
    """How many bytes of its files are other than zero."""

    @property
    def snapshot(self) -> ResticSnapshot | None:
        """The one snapshot that the reference names."""
        found = self.snapshots if isinstance(self.snapshots, tuple) else ()
        return found[0] if len(found) == 1 else None

    @property
    def names(self) -> frozenset[str] | None:
        """The modules that the tags name."""
        if self.snapshot is None:
            return None
        tags = (tag for tag in self.snapshot.tags if tag != COMPLETE)
        return frozenset(tag.removeprefix("module=") for tag in tags)

    @property
    def taken_at(self) -> datetime | None:
        """When restic took it."""
        return self.snapshot.time if self.snapshot else None

    @property
    def size(self) -> int | None:
        """How many bytes a restore would write."""
        return self.extent.size if isinstance(self.extent, ResticExtent) else None

    @property
    def held(self) -> tuple[int, int | None] | None:
        """How many files the snapshot has, and their bytes."""
        found = self.extent
        return (found.files, found.size) if isinstance(found, ResticExtent) else None


def parse(text: str) -> Reference | Refusal:
    """Read a repository and the ID of a snapshot; ``latest`` names none."""
    found = _FORM.fullmatch(text)
    if found is None or has_password(found["repository"]):
        return wrong_form(FORM)
    return Reference("restic", text, found["repository"], found["id"])


def observe(reference: Reference, policy: Backup, host: BackupHost) -> ResticFacts:
    """Look at the snapshot. A repository outside the roots is not opened."""
    place = locate(host, reference.place, policy.roots)
    if isinstance(place, Refusal) or not place.inside:
        return ResticFacts(reference, place)
    restic = ["restic", "-r", place.path, "--no-lock", "--no-cache"]
    found = _snapshots(host, restic, reference.item)
    if isinstance(found, Refusal) or len(found) != 1:
        return ResticFacts(reference, place, found)
    one = found[0].id
    extent = _extent(host, restic, one)
    if not reaches(policy, "structural"):
        return ResticFacts(reference, place, found, extent)
    check = _check(host, restic, deep=reaches(policy, "data"))
    dump = [*restic, "dump", "--archive", "tar", one, "/"]
    ending = _of_what_is_there(
        host.ending(dump, "read the snapshot to its end", len(END_OF_TAR), _READING)
    )
    content = filled(host, dump, _READING, packed=True) if isinstance(ending, str) else None
    return ResticFacts(reference, place, found, extent, check, ending, content)


def _snapshots(
    host: BackupHost, restic: list[str], wanted: str
) -> tuple[ResticSnapshot, ...] | Refusal:
    """Find the snapshots whose ID begins as asked for; restic's own filter hides two."""
    said = host.answer([*restic, "snapshots", "--json"], "list the snapshots", _CODES, reading=True)
    found = read_json(said, "restic", lambda rows: tuple(map(_snapshot, rows)))
    if isinstance(found, Refusal):
        return found
    return tuple(snapshot for snapshot in found if snapshot.id.startswith(wanted))


def _snapshot(row: Any) -> ResticSnapshot:
    tags = tuple(map(str, row.get("tags") or ()))
    return ResticSnapshot(str(row["id"]), read_time(row["time"]), tags)


def _extent(host: BackupHost, restic: list[str], snapshot: str) -> ResticExtent | Refusal:
    argv = [*restic, "stats", "--json", "--mode", "restore-size", snapshot]
    said = host.answer(argv, "measure the snapshot", _CODES, reading=True)
    return read_json(
        said,
        "restic",
        lambda row: ResticExtent(int(row["total_size"]), int(row["total_file_count"])),
    )


def _check(host: BackupHost, restic: list[str], *, deep: bool) -> str | Refusal:
    argv = [*restic, "check", *(["--read-data"] if deep else [])]
    return _of_what_is_there(host.answer(argv, "check the repository", _READING, reading=True))


def _of_what_is_there(said: T) -> T | Refusal:
    """Call a snapshot that was found, and lacks a file now, damaged and not absent."""
    if isinstance(said, Refusal) and said.code == "backup.absent":
        return Refusal("backup.damaged", said.message)
    return said


def judge(facts: ResticFacts, policy: Backup, now: datetime) -> tuple[Refusal, ...]:
    """Return all the reasons for which this snapshot is not the backup that is asked for."""
    reasons = judge_place(facts.place, policy.roots)
    return reasons or tuple(_judge_snapshot(facts, policy, now))


def _judge_snapshot(facts: ResticFacts, policy: Backup, now: datetime) -> Iterator[Refusal]:
    if facts.snapshot is None:
        yield _not_found(facts.snapshots)
        return
    command = f"restic tag --add {COMPLETE} {facts.snapshot.id[:8]}"
    yield from judge_complete(facts.snapshot.tags, command)
    yield from judge_times({"the snapshot's time": facts.snapshot.time}, policy, now)
    yield from _judge_extent(facts.extent, policy)
    yield from _judge_reading(facts, policy)


def _not_found(found: tuple[ResticSnapshot, ...] | Refusal | None) -> Refusal:
    if isinstance(found, Refusal):
        return found
    if found:
        message = "the ID has to be longer; more than one snapshot begins with it"
        return Refusal("backup.ambiguous", message)
    message = "the snapshot has to be in the repository; after restic tag it has a new ID"
    return Refusal("backup.absent", message)


def _judge_extent(extent: ResticExtent | Refusal | None, policy: Backup) -> Iterator[Refusal]:
    if isinstance(extent, ResticExtent) and extent.files:
        yield from judge_size(extent.size, policy)
    elif isinstance(extent, ResticExtent):
        yield Refusal("backup.empty", "the snapshot has to hold at least one file; it has none")
    else:
        yield extent or not_read("restic stats")


def _judge_reading(facts: ResticFacts, policy: Backup) -> Iterator[Refusal]:
    if not reaches(policy, "structural"):
        return
    if not isinstance(facts.check, str):
        yield facts.check or not_read("restic check")
    if not isinstance(facts.dump, str):
        yield facts.dump or not_read("restic dump")
    elif not facts.dump.endswith(END_OF_TAR):
        yield Refusal("backup.damaged", "restic dump has to print the snapshot to its end")
    elif not isinstance(facts.filled, int):
        yield facts.filled or not_read("restic dump")
    elif not facts.filled and facts.size:
        yield WITHOUT_CONTENT


KIND = BackupKind(FORM, parse, observe, judge)
