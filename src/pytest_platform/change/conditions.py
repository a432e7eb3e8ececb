"""The conditions of the guard: functions of a case that return a refusal or None. Pure."""

from __future__ import annotations

from pytest_platform.change.guard_facts import CONFIRMATION, ONLY_DRIFT, Case, Condition
from pytest_platform.change.refusal import Refusal
from pytest_platform.module.forms import StateClass
from pytest_platform.state.table import EXITED_SUCCESS


def _is_declared(case: Case) -> Refusal | None:
    if case.module.inferred is None:
        return None
    message = (
        "what may touch data is declared in a module file, and this module is inferred from a "
        f"Compose file: run pytest-platform adopt, then do without --{case.module.engine}"
    )
    return Refusal("guard.inferred", message)


def _one_exact_module(case: Case) -> Refusal | None:
    if case.request.patterns == (case.module.name,):
        return None
    message = f"name exactly one module: --module {case.module.name}"
    return Refusal("guard.module", message)


def _one_process(case: Case) -> Refusal | None:
    if case.facts.workers == 0:
        return None
    return Refusal("guard.workers", "run without -n: a change is made by one process")


def _no_reruns(case: Case) -> Refusal | None:
    if not case.facts.reruns:
        return None
    return Refusal("guard.reruns", "run without reruns or repeats: a change is made once")


def _is_one_shot(case: Case) -> Refusal | None:
    if case.module.one_shot and case.module.manifest.spec.runtime.hook is None:
        return None
    message = "only a one-shot (expected_state: exited-success) can be run again"
    return Refusal("guard.one_shot", message)


def _never_restarts(case: Case) -> Refusal | None:
    service = case.facts.service
    policy = service.restart_policy if service else None
    if policy is not None and policy.declared and policy.name == "no":
        return None
    message = (
        'the rendered service must say restart: "no"; in a stack, where that is ignored, '
        "deploy.restart_policy with condition: none"
    )
    return Refusal("guard.restart", message)


def _one_replica(case: Case) -> Refusal | None:
    service = case.facts.service
    declared = case.module.manifest.spec.runtime.replicas
    if service and declared == 1 == service.replicas and not service.deploy.is_global:
        return None
    return Refusal("guard.replicas", "the rendered service must have one replica")


def _contract_passes(case: Case) -> Refusal | None:
    failing = case.facts.contract
    if failing is None:
        return Refusal("guard.contract", "its contract checks could not be made; make them first")
    if failing:
        message = f"its contract checks must pass: {', '.join(sorted(failing))}"
        return Refusal("guard.contract", message)
    return None


def _data_is_its_owners(case: Case) -> Refusal | None:
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


def _stateful_allowed(case: Case) -> Refusal | None:
    if not case.touches_data or case.request.allow_stateful:
        return None
    return Refusal("guard.allow_stateful", "it changes stored data: give --allow-stateful")


def _confirmed(case: Case) -> Refusal | None:
    if case.offline or not case.touches_data or case.request.confirmation == CONFIRMATION:
        return None
    message = f"confirm the backup: --stateful-confirm {CONFIRMATION}"
    return Refusal("guard.confirmation", message)


def _backup_named(case: Case) -> Refusal | None:
    if not case.touches_data or case.request.backup_ref:
        return None
    names = case.module.manifest.spec.state.backup_ref_modules or (case.module.name,)
    message = f"name a finished backup of {' or '.join(names)}: --backup-ref=REF"
    return Refusal("guard.backup_ref", message)


def _backup_good(case: Case) -> Refusal | None:
    if not case.touches_data or not case.request.backup_ref:
        return None
    problems = case.facts.backup
    if problems is None:
        return Refusal("guard.backup", "the backup could not be looked at; make it readable")
    if problems:
        said = "; ".join(f"{one.message} [{one.code}]" for one in problems)
        return Refusal("guard.backup", f"the backup does not do: {said}")
    return None


def _asked_to_apply(case: Case) -> Refusal | None:
    if case.request.apply:
        return None
    return Refusal("guard.apply", "order it: --apply")


def _only_the_failed_run(case: Case) -> Refusal | None:
    if case.drift == ONLY_DRIFT:
        return None
    if case.drift is None:
        return Refusal("guard.drift", "the drift could not be found out; look at drift::none")
    others = ", ".join(sorted(case.drift - ONLY_DRIFT))
    message = f"the only drift may be {EXITED_SUCCESS}; deploy to mend: {others}"
    return Refusal("guard.drift", message)


def _not_in_progress(case: Case) -> Refusal | None:
    if case.facts.in_progress is False:
        return None
    return Refusal("guard.in_progress", "it is running, or may be; wait for its end: --wait 2m")


def _owner_well(case: Case) -> Refusal | None:
    state = case.module.manifest.spec.state
    if state.class_ is StateClass.SIDECAR and state.owner is None:
        return Refusal("guard.owner", "a sidecar must name its owner: state.owner")
    if case.facts.owner == "":
        return None
    said = case.facts.owner or "it could not be looked at"
    return Refusal("guard.owner", f"its owner must be in its expected state: {said}")


def _our_container(case: Case) -> Refusal | None:
    if case.facts.labels_ours:
        return None
    message = f"its container must carry the labels of project {case.module.project}"
    return Refusal("guard.labels", message)


def _same_host(case: Case) -> Refusal | None:
    if case.facts.same_host:
        return None
    message = "the lock and the backup must be on the Engine's own host: run it there, or over ssh"
    return Refusal("guard.host", message)


def _lock_held(case: Case) -> Refusal | None:
    if case.facts.lock == "":
        return None
    said = case.facts.lock or "it could not be taken"
    return Refusal("guard.lock", f"the project's lock must be ours: {said}")


def _plan_fresh(case: Case) -> Refusal | None:
    if not case.facts.changed:
        return None
    changed = ", ".join(case.facts.changed)
    return Refusal("stale-plan", f"since the plan was made this has changed: {changed}; plan again")


def _plan_unused(case: Case) -> Refusal | None:
    if not case.facts.spent:
        return None
    return Refusal("guard.plan_used", "this plan was used before; make a new one: --plan")


def _once_per_run(case: Case) -> Refusal | None:
    if not case.facts.repeated:
        return None
    return Refusal("guard.once", "it ran in this run already; look at what came of it first")


DECLARED: tuple[Condition, ...] = (_is_declared,)
"""What holds even where there is nothing to do."""

OF_ORDER: tuple[Condition, ...] = (
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
"""What holds of an order for a service, which is never started."""

FROM_FILES: tuple[Condition, ...] = (
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
"""What can be told from files and the command line."""

FROM_HOST: tuple[Condition, ...] = (
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
"""What can be told only by asking the host."""
