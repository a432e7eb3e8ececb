"""A backup that is one file on the host.

Levels: ``exists`` asks for the name, place, kind, size and age of the file, and for the
checksum where one stands beside it. ``structural`` reads all of it: each entry of an
archive, unpacked to its last byte. ``data`` also insists on the checksum, and that a dump
of a database says at its end that it is complete.

All that is read is read under the path after all links, and the file has to be the same
before and after. Who may write in the roots can still exchange it later.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import PurePosixPath

from msgspec import Struct

from pytest_platform.change.backup.archive import (
    FORMATS,
    Contents,
    judge_contents,
    observe_contents,
)
from pytest_platform.change.backup.host import BackupHost
from pytest_platform.change.backup.kind import (
    BackupKind,
    judge_size,
    judge_times,
    not_read,
    reaches,
    refused,
)
from pytest_platform.change.backup.places import (
    BackupPlace,
    FolderEntry,
    NamedFacts,
    entry,
    judge_place,
    locate,
)
from pytest_platform.change.backup.reference import Reference, read_name, wrong_form
from pytest_platform.change.refusal import Refusal
from pytest_platform.module.data import Backup

FORM = "an absolute path such as /srv/backups/minio-20260517T010847Z.tar.gz"


class FileFacts(NamedFacts, frozen=True):
    """What was seen of the file. None: it was not looked at."""

    before: FolderEntry | Refusal | None = None
    checksum: Checksum | Refusal | None = None
    contents: Contents | Refusal | None = None
    after: FolderEntry | Refusal | None = None

    @property
    def size(self) -> int | None:
        """How many bytes it has."""
        return self.before.size if isinstance(self.before, FolderEntry) else None

    @property
    def held(self) -> tuple[int, int | None] | None:
        """How many regular files were read, and their bytes, but of a dump."""
        if not isinstance(self.contents, Contents):
            return None
        extent = self.contents.extent
        return extent.files, None if self.contents.content == "sql" else extent.bytes


def parse(text: str) -> Reference | Refusal:
    """Read the path of a file whose name says of what and when it is."""
    path = PurePosixPath(text)
    name = read_name(path.name)
    if not text.startswith("/") or name is None or text.endswith(("/", "/.")):
        return wrong_form(FORM)
    if name.extension not in FORMATS:
        return wrong_form(f"{FORM}, with one of the endings {', '.join(FORMATS)}")
    return Reference("file", text, str(path), path.name, name.extension, name.module, name.taken_at)


def observe(reference: Reference, policy: Backup, host: BackupHost) -> FileFacts:
    """Look at the file. Outside the roots nothing is read, nor what is no regular file."""
    place = locate(host, reference.place, policy.roots)
    if isinstance(place, Refusal) or not place.inside:
        return FileFacts(reference, place)
    before = entry(host, place.path)
    if isinstance(before, Refusal) or not before.is_file:
        return FileFacts(reference, place, before)
    checksum = observe_checksum(host, place.path)
    contents = None
    if reaches(policy, "structural"):
        contents = observe_contents(host, place.path, reference.extension)
    return FileFacts(reference, place, before, checksum, contents, entry(host, place.path))


def judge(facts: FileFacts, policy: Backup, now: datetime) -> tuple[Refusal, ...]:
    """Return all the reasons for which this file is not the backup that is asked for."""
    reasons = [*judge_place(facts.place, policy.roots), *_judge_times(facts, policy, now)]
    reasons += refused(facts.before, facts.after)
    if isinstance(facts.place, BackupPlace) and isinstance(facts.before, FolderEntry):
        reasons += _judge_entry(facts, facts.place, facts.before, policy)
    return tuple(reasons) if reasons or facts.before else (not_read("stat"),)


def _judge_times(facts: FileFacts, policy: Backup, now: datetime) -> Iterator[Refusal]:
    """Judge both times: a new name on old content is an old backup."""
    times = {}
    if facts.reference.taken_at is not None:
        times["the time in its name"] = facts.reference.taken_at
    if isinstance(facts.before, FolderEntry):
        modified = min(facts.before.modified, int(datetime.max.replace(tzinfo=UTC).timestamp()))
        times["its last change"] = datetime.fromtimestamp(max(0, modified), UTC)
    yield from judge_times(times, policy, now)


def _judge_entry(
    facts: FileFacts, place: BackupPlace, before: FolderEntry, policy: Backup
) -> Iterator[Refusal]:
    if place.name != facts.reference.item:
        message = f"the reference has to name the file itself; it is a link to {place.path}"
        yield Refusal("backup.renamed", message)
    if not before.is_file:
        message = f"{place.path} has to be a regular file"
        yield Refusal("backup.not_a_file", message)
        return
    yield from judge_size(before.size, policy)
    deep = reaches(policy, "data")
    yield from judge_checksum(facts.checksum, place.path, required=deep)
    yield from _judge_contents(facts, policy)
    if facts.after != before:
        yield Refusal("backup.changed", f"{place.path} has to stay as it is while it is read")


def _judge_contents(facts: FileFacts, policy: Backup) -> Iterator[Refusal]:
    if not reaches(policy, "structural"):
        return
    if isinstance(facts.contents, Contents):
        yield from judge_contents(facts.contents, deep=reaches(policy, "data"))
    else:
        yield from refused(facts.contents or not_read("the host"))


KIND = BackupKind(FORM, parse, observe, judge)
SUFFIX = ".sha256"
_LIMIT = 8192
_LINE = re.compile(r"(?P<digest>[0-9a-fA-F]{64})(?: [ *](?P<name>[^\n]+))?\n?")
_COMPUTED = re.compile(r"\\?(?P<digest>[0-9a-f]{64}) ")


class Checksum(Struct, frozen=True):
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
