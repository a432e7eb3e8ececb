"""What the guard decides by, and what it says."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

from msgspec import Struct

from pytest_platform.change.refusal import Refusal
from pytest_platform.compose.service import RenderedService
from pytest_platform.module.forms import StateClass
from pytest_platform.module.loader import Module
from pytest_platform.state.table import EXITED_SUCCESS

CONFIRMATION = "BACKUP_DONE_F3"
ONLY_DRIFT = frozenset({EXITED_SUCCESS})


class Decision(StrEnum):
    """What the guard says of a module."""

    ALLOWED = "allowed"
    ELIGIBLE = "eligible"
    """From files alone nothing speaks against it; the host was not asked."""
    REFUSED = "refused"
    NOTHING_TO_DO = "nothing-to-do"


class ChangeRequest(Struct, frozen=True):
    """What the person asked for, word for word; ``plan`` is there where nothing is to be run."""

    apply: bool
    patterns: tuple[str, ...]
    allow_stateful: bool = False
    backup_ref: str = ""
    confirmation: str = ""
    plan: bool = False


class GuardFacts(Struct, frozen=True):
    """All that the decision depends on besides the module, the drift and the request.

    None stands for what could not be found out. ``contract`` are the codes of failing
    contract checks; ``service`` is the rendered service; ``backup`` are the reasons why
    the backup reference does not do; ``owner`` says what is wrong with the owner's
    state, an empty text that nothing is; ``data`` are the stateful modules whose data it can write
    to, going by what is mounted; ``same_host`` tells whether commands run where the
    Engine is; ``lock`` names who else holds the lock, an
    empty text that nobody does; ``changed`` names what differs from the plan under the
    lock; ``spent`` is a plan that was used, ``repeated`` a second attempt in one run.
    """

    remote_mode: str
    workers: int
    reruns: bool
    contract: frozenset[str] | None
    service: RenderedService | None
    backup: tuple[Refusal, ...] | None
    owner: str | None
    labels_ours: bool | None
    in_progress: bool | None
    same_host: bool | None
    data: frozenset[str] | None
    lock: str | None = ""
    changed: tuple[str, ...] = ()
    spent: bool = False
    repeated: bool = False


class GuardVerdict(Struct, frozen=True):
    """The decision, with all reasons where it is a refusal."""

    decision: Decision
    reasons: tuple[Refusal, ...] = ()


class Case(Struct, frozen=True):
    """One module, what is known of it, and what was asked for."""

    module: Module
    drift: frozenset[str] | None
    request: ChangeRequest
    facts: GuardFacts

    @property
    def offline(self) -> bool:
        """Whether no host may be asked."""
        return self.facts.remote_mode == "skip"

    @property
    def touches_data(self) -> bool:
        """Whether it holds or changes stored data, or can."""
        stateless = self.module.manifest.spec.state.class_ is StateClass.STATELESS
        return not stateless or self.facts.data != frozenset()


Condition = Callable[[Case], Refusal | None]
