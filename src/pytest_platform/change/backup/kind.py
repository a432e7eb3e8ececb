"""What every kind of backup has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from pytest_platform.change.backup.host import BackupHost
from pytest_platform.change.backup.reference import Reference
from pytest_platform.change.refusal import Refusal
from pytest_platform.module.model import Backup


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


@dataclass(frozen=True, slots=True)
class BackupKind(Generic[F]):
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
