"""The guard: may this one-shot be run again? Pure; what cannot be evaluated refuses.

Every condition is a function of the case that returns a refusal or None. All are
asked, so that people are told all reasons at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pytest_platform.change.refusal import Refusal
from pytest_platform.compose.service import replicas_of, restart_of
from pytest_platform.module.loader import Module
from pytest_platform.module.model import StateClass
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


@dataclass(frozen=True, slots=True)
class ChangeRequest:
    """What the person asked for, word for word; ``plan`` is there where nothing is to be run."""

    apply: bool
    patterns: tuple[str, ...]
    allow_stateful: bool = False
    backup_ref: str = ""
    confirmation: str = ""
    plan: bool = False


@dataclass(frozen=True, slots=True)
class GuardFacts:
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
    service: Mapping[str, Any] | None
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


@dataclass(frozen=True, slots=True)
class GuardVerdict:
    """The decision, with all reasons where it is a refusal."""

    decision: Decision
    reasons: tuple[Refusal, ...] = ()


@dataclass(frozen=True, slots=True)
class _Case:
    module: Module
    drift: frozenset[str] | None
    request: ChangeRequest
    facts: GuardFacts

    @property
    def offline(self) -> bool:
        return self.facts.remote_mode == "skip"

    @property
    def touches_data(self) -> bool:
        stateless = self.module.manifest.spec.state.class_ is StateClass.STATELESS
        return not stateless or self.facts.data != frozenset()


_Condition = Callable[[_Case], Refusal | None]


def decide(
    module: Module, drift: frozenset[str] | None, request: ChangeRequest, facts: GuardFacts
) -> GuardVerdict:
    """Decide whether ``module`` may be run again.

    ``drift`` are the codes of all differences; None means that they are not known.
    Nothing to do is an answer of its own: it runs nothing, whatever else holds. Ordered for a
    service, which is never started, the order and the backup have to be right.
    """
    case = _Case(module, drift, request, facts)
    if drift is not None and not drift and not case.offline:
        of_service = () if module.one_shot else _OF_ORDER
        asked = () if request.plan else (_is_declared, *of_service)
        reasons = tuple(reason for condition in asked if (reason := condition(case)))
        return GuardVerdict(Decision.REFUSED if reasons else Decision.NOTHING_TO_DO, reasons)
    conditions = _FROM_FILES if case.offline else (*_FROM_FILES, *_FROM_HOST)
    reasons = tuple(reason for condition in conditions if (reason := condition(case)))
    if reasons:
        return GuardVerdict(Decision.REFUSED, reasons)
    return GuardVerdict(Decision.ELIGIBLE if case.offline else Decision.ALLOWED)


def _is_declared(case: _Case) -> Refusal | None:
    if case.module.inferred is None:
        return None
    message = (
        "what may touch data is declared in a module file, and this module is inferred from a "
        "Compose file: run pytest-platform adopt, then do without --compose"
    )
    return Refusal("guard.inferred", message)


def _one_exact_module(case: _Case) -> Refusal | None:
    if case.request.patterns == (case.module.name,):
        return None
    message = f"name exactly one module: --module {case.module.name}"
    return Refusal("guard.module", message)


def _one_process(case: _Case) -> Refusal | None:
    if case.facts.workers == 0:
        return None
    return Refusal("guard.workers", "run without -n: a change is made by one process")


def _no_reruns(case: _Case) -> Refusal | None:
    if not case.facts.reruns:
        return None
    return Refusal("guard.reruns", "run without reruns or repeats: a change is made once")


def _is_one_shot(case: _Case) -> Refusal | None:
    if case.module.one_shot and case.module.manifest.spec.runtime.hook is None:
        return None
    message = "only a one-shot (expected_state: exited-success) can be run again"
    return Refusal("guard.one_shot", message)


def _never_restarts(case: _Case) -> Refusal | None:
    service = case.facts.service
    policy = restart_of(service) if service is not None else None
    if policy is not None and policy.declared and policy.name == "no":
        return None
    return Refusal("guard.restart", 'the rendered service must say restart: "no"')


def _one_replica(case: _Case) -> Refusal | None:
    service = case.facts.service
    declared = case.module.manifest.spec.runtime.replicas
    mode = str(((service or {}).get("deploy") or {}).get("mode") or "")
    once = declared == 1 and not mode.startswith("global")
    if service is not None and once and replicas_of(service) == 1:
        return None
    return Refusal("guard.replicas", "the rendered service must have one replica")


def _contract_passes(case: _Case) -> Refusal | None:
    failing = case.facts.contract
    if failing is None:
        return Refusal("guard.contract", "its contract checks could not be made; make them first")
    if failing:
        message = f"its contract checks must pass: {', '.join(sorted(failing))}"
        return Refusal("guard.contract", message)
    return None


def _data_is_its_owners(case: _Case) -> Refusal | None:
    """Refuse by what is mounted, whatever the word in the file."""
    state, data = case.module.manifest.spec.state, case.facts.data
    if data is None:
        message = "whose data it mounts cannot be told; mend contract::compose of all modules"
        return Refusal("guard.data", message)
    named = state.owner if state.class_ is StateClass.SIDECAR else None
    if not (others := data - {named}):
        return None
    message = (
        f"it can write to what {' and '.join(sorted(others))} mounts, so it has to be the sidecar "
        "of that one module alone, and the backup of that one"
    )
    return Refusal("guard.data", message)


def _stateful_allowed(case: _Case) -> Refusal | None:
    if not case.touches_data or case.request.allow_stateful:
        return None
    return Refusal("guard.allow_stateful", "it changes stored data: give --allow-stateful")


def _confirmed(case: _Case) -> Refusal | None:
    if case.offline or not case.touches_data or case.request.confirmation == CONFIRMATION:
        return None
    message = f"confirm the backup: --stateful-confirm {CONFIRMATION}"
    return Refusal("guard.confirmation", message)


def _backup_named(case: _Case) -> Refusal | None:
    if not case.touches_data or case.request.backup_ref:
        return None
    names = case.module.manifest.spec.state.backup_ref_modules or (case.module.name,)
    message = f"name a finished backup of {' or '.join(names)}: --backup-ref=REF"
    return Refusal("guard.backup_ref", message)


def _backup_good(case: _Case) -> Refusal | None:
    if not case.touches_data or not case.request.backup_ref:
        return None
    problems = case.facts.backup
    if problems is None:
        return Refusal("guard.backup", "the backup could not be looked at; make it readable")
    if problems:
        said = "; ".join(f"{one.message} [{one.code}]" for one in problems)
        return Refusal("guard.backup", f"the backup does not do: {said}")
    return None


def _asked_to_apply(case: _Case) -> Refusal | None:
    if case.request.apply:
        return None
    return Refusal("guard.apply", "order it: --apply")


def _only_the_failed_run(case: _Case) -> Refusal | None:
    if case.drift == ONLY_DRIFT:
        return None
    if case.drift is None:
        return Refusal("guard.drift", "the drift could not be found out; look at drift::none")
    others = ", ".join(sorted(case.drift - ONLY_DRIFT)) or "none"
    message = f"the only drift may be {EXITED_SUCCESS}; deploy to mend: {others}"
    return Refusal("guard.drift", message)


def _not_in_progress(case: _Case) -> Refusal | None:
    if case.facts.in_progress is False:
        return None
    return Refusal("guard.in_progress", "it is running, or may be; wait for its end: --wait 2m")


def _owner_well(case: _Case) -> Refusal | None:
    state = case.module.manifest.spec.state
    if state.class_ is StateClass.SIDECAR and state.owner is None:
        return Refusal("guard.owner", "a sidecar must name its owner: state.owner")
    if case.facts.owner == "":
        return None
    said = case.facts.owner or "it could not be looked at"
    return Refusal("guard.owner", f"its owner must be in its expected state: {said}")


def _our_container(case: _Case) -> Refusal | None:
    if case.facts.labels_ours:
        return None
    message = f"its container must carry the labels of project {case.module.project}"
    return Refusal("guard.labels", message)


def _same_host(case: _Case) -> Refusal | None:
    if case.facts.same_host:
        return None
    message = "the lock and the backup must be on the Engine's own host: run it there, or over ssh"
    return Refusal("guard.host", message)


def _lock_held(case: _Case) -> Refusal | None:
    if case.facts.lock == "":
        return None
    said = case.facts.lock or "it could not be taken"
    return Refusal("guard.lock", f"the project's lock must be ours: {said}")


def _plan_fresh(case: _Case) -> Refusal | None:
    if not case.facts.changed:
        return None
    changed = ", ".join(case.facts.changed)
    return Refusal("stale-plan", f"since the plan was made this has changed: {changed}; plan again")


def _plan_unused(case: _Case) -> Refusal | None:
    if not case.facts.spent:
        return None
    return Refusal("guard.plan_used", "this plan was used before; make a new one: --plan")


def _once_per_run(case: _Case) -> Refusal | None:
    if not case.facts.repeated:
        return None
    return Refusal("guard.once", "it ran in this run already; look at what came of it first")


_OF_ORDER: tuple[_Condition, ...] = (
    _one_exact_module,
    _one_process,
    _no_reruns,
    _stateful_allowed,
    _confirmed,
    _backup_named,
    _backup_good,
    _asked_to_apply,
    _same_host,
)
_FROM_FILES: tuple[_Condition, ...] = (
    _is_declared,
    _one_exact_module,
    _one_process,
    _no_reruns,
    _is_one_shot,
    _never_restarts,
    _one_replica,
    _contract_passes,
    _data_is_its_owners,
    _stateful_allowed,
    _confirmed,
    _backup_named,
    _backup_good,
)
_FROM_HOST: tuple[_Condition, ...] = (
    _asked_to_apply,
    _only_the_failed_run,
    _not_in_progress,
    _owner_well,
    _our_container,
    _same_host,
    _lock_held,
    _plan_fresh,
    _plan_unused,
    _once_per_run,
)
