"""From the text of a backup reference to what is known of the backup, and the evidence of it."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

import msgspec
from msgspec import Struct

from pytest_platform.change.backup.host import READING, BackupHost, credentials
from pytest_platform.change.backup.kind import LEVELS, BackupKind, KindFacts, judge_module, reaches
from pytest_platform.change.backup.reference import Reference, shown
from pytest_platform.change.backup.registry import KINDS, parse
from pytest_platform.change.refusal import Refusal
from pytest_platform.hosts.transport import Transport
from pytest_platform.module.data import Backup


class BackupFacts(Struct, frozen=True):
    """What was verified of a backup.

    ``level`` is the deepest level, up to the one asked for, at which nothing was wrong
    with the backup itself; None if there is none. ``refusals`` are all the reasons for
    which it does not count. ``evidence`` is there where there is a level.
    """

    reference: str
    refusals: tuple[Refusal, ...]
    kind: str | None = None
    module: str | None = None
    taken_at: datetime | None = None
    size: int | None = None
    level: str | None = None
    evidence: BackupEvidence | None = None

    @property
    def verified(self) -> bool:
        """Whether the backup is one, of the right module, at the level asked for."""
        return not self.refusals and self.level is not None and self.module is not None


def match(text: str, modules: Collection[str]) -> tuple[Refusal, ...]:
    """Say what can be said from the text alone. What a restic snapshot is of stands in it."""
    reference = parse(text)
    if isinstance(reference, Refusal):
        return (reference,)
    named = () if reference.module is None else (reference.module,)
    if not named and modules:
        return ()
    return tuple(judge_module(named, modules))


def verify(  # noqa: PLR0913 - every fact is handed in, by its name
    text: str,
    *,
    modules: Collection[str],
    policy: Backup,
    transport: Transport,
    now: datetime,
    environment: Mapping[str, str] = os.environ,
    reading: float = READING,
) -> BackupFacts:
    """Look at the backup on the host, as deep as the policy asks, and judge it.

    ``now`` has a time zone. ``reading`` is how many seconds reading all of it may take;
    the credentials in ``environment`` are taken out of what is told.
    """
    reference = parse(text)
    if isinstance(reference, Refusal):
        return BackupFacts(shown(text), (reference,))
    host = BackupHost(transport, credentials(environment), reading=reading)
    kind = KINDS[reference.kind]
    facts = kind.observe(reference, policy, host)
    judged = kind.judge(facts, policy, now)
    refusals = (*_judge_names(facts, modules, judged), *judged)
    level = _level(kind, facts, policy, now)
    return BackupFacts(
        reference=reference.text,
        refusals=refusals,
        kind=reference.kind,
        module=_module(facts, reference, modules),
        taken_at=facts.taken_at,
        size=facts.size,
        level=level,
        evidence=evidence_of(reference.kind, level, facts.held) if level else None,
    )


def _judge_names(
    facts: KindFacts, modules: Collection[str], judged: tuple[Refusal, ...]
) -> Iterator[Refusal]:
    """Refuse another module's backup, and one of which it could not be seen."""
    if facts.names is not None or not judged:
        yield from judge_module(facts.names or (), modules)


def _module(facts: KindFacts, reference: Reference, modules: Collection[str]) -> str | None:
    """Return the module that the backup is of: one that is asked for, if there is."""
    names = sorted(facts.names or ())
    wanted = (name for name in names if name in modules)
    return next(wanted, reference.module)


def _level(kind: BackupKind[Any], facts: KindFacts, policy: Backup, now: datetime) -> str | None:
    """Judge the same facts by each level."""
    asked = [level for level in LEVELS if reaches(policy, level)]
    policies = {level: msgspec.structs.replace(policy, level=level) for level in asked}
    reached = [level for level in asked if not kind.judge(facts, policies[level], now)]
    return reached[-1] if reached else None


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
