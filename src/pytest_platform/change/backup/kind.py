"""What every kind of backup has, and the rules that hold for each of them. All are pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Generic, Protocol, TypeVar

from msgspec import Struct

from pytest_platform.change.backup.host import BackupHost
from pytest_platform.change.backup.reference import Reference
from pytest_platform.change.refusal import Refusal
from pytest_platform.module.data import Backup
from pytest_platform.units import in_bytes, seconds


class KindFacts(Protocol):
    """What was seen of a backup. None: it could not be seen, and ``judge`` says why."""

    @property
    def names(self) -> frozenset[str] | None:
        """The modules that the backup says it is of."""
        ...

    @property
    def taken_at(self) -> datetime | None:
        """When it was taken."""
        ...

    @property
    def size(self) -> int | None:
        """How many bytes it has."""
        ...

    @property
    def held(self) -> tuple[int, int | None] | None:
        """How many regular files it holds, and how many bytes those; None where not known."""
        ...


F = TypeVar("F", bound=KindFacts)


class BackupKind(Struct, Generic[F], frozen=True):
    """One kind of backup.

    Attributes:
        form: What a reference looks like, with an example.
        parse: Reads a reference. It knows nothing of the host, and never raises.
        observe: Looks at the host, as deep as the policy's level, and judges nothing.
        judge: Returns all the reasons for which the facts do not satisfy the policy.
    """

    form: str
    parse: Callable[[str], Reference | Refusal]
    observe: Callable[[Reference, Backup, BackupHost], F]
    judge: Callable[[F, Backup, datetime], tuple[Refusal, ...]]


SKEW = timedelta(minutes=5)
"""How far the clocks of two machines may differ."""

LEVELS = ("exists", "structural", "data")
"""How deep a backup is verified; each includes the ones before it."""

COMPLETE = "complete"
"""With this word whoever took a snapshot says that nothing is missing in it."""


def reaches(policy: Backup, level: str) -> bool:
    """Return whether the policy asks for this level."""
    return LEVELS.index(policy.level) >= LEVELS.index(level)


def judge_size(size: int, policy: Backup) -> Iterator[Refusal]:
    """Refuse what is smaller than the policy allows."""
    if size == 0:
        yield Refusal("backup.empty", "the backup has to hold something; it has 0 bytes")
    elif size < in_bytes(policy.min_size):
        message = f"the backup has to have at least {policy.min_size}; it has {size} bytes"
        yield Refusal("backup.too_small", message)


def judge_times(times: Mapping[str, datetime], policy: Backup, now: datetime) -> Iterator[Refusal]:
    """Refuse times that are still to come or too long ago; each key says which time it is."""
    oldest = now - timedelta(seconds=seconds(policy.max_age))
    for what, moment in times.items():
        if moment > now + SKEW:
            message = f"the backup has to be from the past; {what} is {_in_utc(moment)}"
            yield Refusal("backup.future", f"{message}, and now is {_in_utc(now)}")
        elif moment < oldest:
            message = f"the backup has to be at most {policy.max_age} old; {what} is"
            yield Refusal("backup.too_old", f"{message} {_in_utc(moment)}")


def _in_utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def judge_complete(words: Collection[str], command: str) -> Iterator[Refusal]:
    """Refuse a snapshot that nobody called complete; ``command`` is how to do so.

    restic and borg keep a snapshot also when files could not be read, and it carries
    no trace of that. So the word is to be set by who saw that the program exited 0.
    """
    if COMPLETE not in words:
        message = (
            f"the backup has to be marked as {COMPLETE} after the program that took it exited 0"
        )
        yield Refusal("backup.incomplete", f"{message}: {command}")


def judge_module(names: Iterable[str], modules: Collection[str]) -> Iterator[Refusal]:
    """Refuse the backup of a module that does not unlock this one."""
    found = sorted(names)
    if not set(found) & set(modules):
        wanted = " or ".join(sorted(modules)) or "no module, since none is declared"
        told = f"it is of {', '.join(found)}" if found else "it names none"
        message = f"the backup has to be of {wanted}; {told}"
        yield Refusal("backup.module", message)


def not_read(program: str) -> Refusal:
    """Refuse what nobody looked at."""
    return Refusal("backup.unreadable", f"{program} has to look at the backup; it did not")


def refused(*answers: object) -> Iterator[Refusal]:
    """Pass on those answers that are refusals."""
    yield from (answer for answer in answers if isinstance(answer, Refusal))
