"""A backup that is an archive in a borg repository.

The archive's name says of what and when it is, as the name of a file does.

Levels: ``exists`` asks for the archive, its comment, time, size and number of files.
``structural`` reads and authenticates every byte of it, as a restore would, and runs ``borg
check``. ``data`` lets that check read and verify all data of the repository, that of other
archives included. ``borg check`` alone reads an index, and misses a segment that is gone.

borg's locks are not taken, and nothing is written into the repository but the counter of
nonces that borg keeps there when it checks. While another process prunes, reading may
fail, and that refuses. So does a warning of borg.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any, TypeVar

from msgspec import Struct

from pytest_platform.change.backup.archive import WITHOUT_CONTENT, filled
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
from pytest_platform.change.backup.places import BackupPlace, NamedFacts, judge_place, locate
from pytest_platform.change.backup.reference import Reference, has_password, read_name, wrong_form
from pytest_platform.change.refusal import Refusal
from pytest_platform.module.data import Backup

T = TypeVar("T")
FORM = "borg:REPO::NAME such as borg:/srv/backups/borg::minio-20260517T010847Z"

# borg replaces what stands in braces, so REPO has none.
_FORM = re.compile(r"borg:(?P<repository>/[^{}]*|ssh://[^{}]+)::(?P<name>[a-zA-Z0-9._-]+)")
_DAMAGED = {1: "backup.damaged", 2: "backup.damaged"}
_ABSENT = re.compile(r"(Archive|Repository) .*does not exist")


class Archive(Struct, frozen=True):
    """One archive, as ``borg info`` describes it."""

    start: datetime
    size: int
    files: int
    comment: str


class BorgFacts(NamedFacts, frozen=True):
    """What was seen of the archive. None: it was not looked at."""

    archive: Archive | Refusal | None = None
    check: str | Refusal | None = None
    filled: int | Refusal | None = None
    """How many bytes of its files are other than zero."""

    @property
    def size(self) -> int | None:
        """How many bytes a restore would write."""
        return self.archive.size if isinstance(self.archive, Archive) else None

    @property
    def held(self) -> tuple[int, int | None] | None:
        """How many files the archive has, and their bytes."""
        found = self.archive
        return (found.files, found.size) if isinstance(found, Archive) else None


def parse(text: str) -> Reference | Refusal:
    """Read a repository and the name of an archive; a checkpoint is no finished one."""
    found = _FORM.fullmatch(text)
    name = read_name(found["name"]) if found else None
    if found is None or name is None or name.extension or has_password(found["repository"]):
        return wrong_form(FORM)
    return Reference(
        "borg", text, found["repository"], found["name"], "", name.module, name.taken_at
    )


def observe(reference: Reference, policy: Backup, host: BackupHost) -> BorgFacts:
    """Look at the archive. A repository outside the roots is not opened."""
    place = locate(host, reference.place, policy.roots)
    if isinstance(place, Refusal) or not place.inside:
        return BorgFacts(reference, place)
    if "::" in place.path or "{" in place.path:
        message = "the repository has to lie in a path without :: and {"
        return BorgFacts(reference, Refusal("backup.unreadable", message))
    name = f"{place.path}::{reference.item}"
    archive = _info(host, name)
    if isinstance(archive, Refusal):
        return BorgFacts(reference, place, archive)
    if not reaches(policy, "structural"):
        return BorgFacts(reference, place, archive)
    check = _check(host, name, deep=reaches(policy, "data"))
    return BorgFacts(reference, place, archive, check, _read(host, name))


def _info(host: BackupHost, name: str) -> Archive | Refusal:
    argv = ["borg", "info", "--bypass-lock", "--json", "--", name]
    said = host.answer(argv, "describe the archive", reading=True)
    return read_json(_absent_or_damaged(said), "borg", _archive)


def _archive(answer: Any) -> Archive:
    (row,) = answer["archives"]
    stats = row["stats"]
    size, files = int(stats["original_size"]), int(stats["nfiles"])
    return Archive(read_time(row["start"]), size, files, str(row.get("comment") or ""))


def _check(host: BackupHost, name: str, *, deep: bool) -> str | Refusal:
    depth = ["--verify-data"] if deep else ["--archives-only"]
    argv = ["borg", "check", "--bypass-lock", *depth, "--", name]
    return _absent_or_damaged(host.answer(argv, "check the archive", _DAMAGED, reading=True))


def _read(host: BackupHost, name: str) -> int | Refusal:
    argv = ["borg", "extract", "--bypass-lock", "--stdout", "--", name]
    return _absent_or_damaged(filled(host, argv, _DAMAGED))


def _absent_or_damaged(said: T) -> T | Refusal:
    """Call a repository of which a file is gone damaged: only what borg misses is absent."""
    if isinstance(said, Refusal) and said.code == "backup.absent":
        code = said.code if _ABSENT.search(said.message) else "backup.damaged"
        return Refusal(code, said.message)
    return said


def judge(facts: BorgFacts, policy: Backup, now: datetime) -> tuple[Refusal, ...]:
    """Return all the reasons for which this archive is not the backup that is asked for."""
    reasons = [*judge_place(facts.place, policy.roots), *_judge_times(facts, policy, now)]
    if isinstance(facts.place, BackupPlace) and facts.place.inside:
        reasons += _judge_archive(facts, policy)
    return tuple(reasons)


def _judge_times(facts: BorgFacts, policy: Backup, now: datetime) -> Iterator[Refusal]:
    times = {}
    if facts.reference.taken_at is not None:
        times["the time in its name"] = facts.reference.taken_at
    if isinstance(facts.archive, Archive):
        times["its start"] = facts.archive.start
    yield from judge_times(times, policy, now)


def _judge_archive(facts: BorgFacts, policy: Backup) -> Iterator[Refusal]:
    if not isinstance(facts.archive, Archive):
        yield facts.archive or not_read("borg info")
        return
    command = f"borg recreate --comment {COMPLETE} REPO::{facts.reference.item}"
    yield from judge_complete(facts.archive.comment.split(), command)
    if facts.archive.files:
        yield from judge_size(facts.archive.size, policy)
    else:
        yield Refusal("backup.empty", "the archive has to hold at least one file; it has none")
    if reaches(policy, "structural"):
        yield from _judge_reading(facts)


def _judge_reading(facts: BorgFacts) -> Iterator[Refusal]:
    if not isinstance(facts.check, str):
        yield facts.check or not_read("borg check")
    if not isinstance(facts.filled, int):
        yield facts.filled or not_read("borg extract")
    elif not facts.filled and facts.size:
        yield WITHOUT_CONTENT


KIND = BackupKind(FORM, parse, observe, judge)
