"""The guard: each condition alone refuses, and nothing else than all of them together allows."""

from __future__ import annotations

from typing import Any

import pytest
from guard_model import FACTS, REQUEST, module_of
from msgspec.structs import replace

from pytest_platform.change.guard import decide
from pytest_platform.change.guard_facts import CONFIRMATION, ChangeRequest, Decision, GuardFacts
from pytest_platform.change.refusal import Refusal
from pytest_platform.compose.service import RenderedService, service_of
from pytest_platform.module.forms import ExpectedState, StateClass
from pytest_platform.state.table import EXITED_SUCCESS, MISSING

FAILED_RUN = frozenset({EXITED_SUCCESS})
_BAD_BACKUP = (Refusal("backup.too_old", "make a new one"),)


def test_all_conditions_together_allow() -> None:
    verdict = decide(module_of(), FAILED_RUN, REQUEST, FACTS)
    assert verdict.decision is Decision.ALLOWED, verdict.reasons


def test_no_drift_is_nothing_to_do() -> None:
    request = ChangeRequest(apply=True, patterns=("minio-init",))
    assert decide(module_of(), frozenset(), request, FACTS).decision is Decision.NOTHING_TO_DO


REQUESTS: dict[str, tuple[dict[str, Any], str]] = {
    "not ordered": ({"apply": False}, "guard.apply"),
    "no module named": ({"patterns": ()}, "guard.module"),
    "a glob": ({"patterns": ("minio-*",)}, "guard.module"),
    "two modules": ({"patterns": ("minio-init", "minio")}, "guard.module"),
    "the same one twice": ({"patterns": ("minio-init", "minio-init")}, "guard.module"),
    "stateful not allowed": ({"allow_stateful": False}, "guard.allow_stateful"),
    "not confirmed": ({"confirmation": ""}, "guard.confirmation"),
    "nearly confirmed": ({"confirmation": CONFIRMATION.lower()}, "guard.confirmation"),
    "no backup named": ({"backup_ref": ""}, "guard.backup_ref"),
}

FACT_CASES: dict[str, tuple[dict[str, Any], str]] = {
    "xdist": ({"workers": 2}, "guard.workers"),
    "reruns": ({"reruns": True}, "guard.reruns"),
    "contract fails": ({"contract": frozenset({"contract.secrets"})}, "guard.contract"),
    "contract unknown": ({"contract": None}, "guard.contract"),
    "not rendered, restart": ({"service": service_of({"scale": 1})}, "guard.restart"),
    "restarts": ({"service": service_of({"restart": "always"})}, "guard.restart"),
    "restarts on failure": ({"service": service_of({"restart": "on-failure"})}, "guard.restart"),
    "two replicas": ({"service": service_of({"restart": "no", "scale": 2})}, "guard.replicas"),
    "replicas by deploy": (
        {"service": service_of({"restart": "no", "deploy": {"replicas": 2}})},
        "guard.replicas",
    ),
    "one on each node": (
        {"service": service_of({"restart": "no", "deploy": {"mode": "global-job"}})},
        "guard.replicas",
    ),
    "no replica": ({"service": service_of({"restart": "no", "scale": 0})}, "guard.replicas"),
    "backup bad": ({"backup": _BAD_BACKUP}, "guard.backup"),
    "backup unknown": ({"backup": None}, "guard.backup"),
    "owner unwell": ({"owner": "minio is unhealthy"}, "guard.owner"),
    "owner unknown": ({"owner": None}, "guard.owner"),
    "labels differ": ({"labels_ours": False}, "guard.labels"),
    "labels unknown": ({"labels_ours": None}, "guard.labels"),
    "in progress": ({"in_progress": True}, "guard.in_progress"),
    "progress unknown": ({"in_progress": None}, "guard.in_progress"),
    "another machine": ({"same_host": False}, "guard.host"),
    "another's data": ({"data": frozenset({"postgres"})}, "guard.data"),
    "another's data too": ({"data": frozenset({"minio", "postgres"})}, "guard.data"),
    "data unknown": ({"data": None}, "guard.data"),
    "machine unknown": ({"same_host": None}, "guard.host"),
    "restarts by deploy": (
        {
            "service": service_of(
                {"restart": "no", "deploy": {"restart_policy": {"condition": "any"}}}
            )
        },
        "guard.restart",
    ),
    "locked": ({"lock": "held by ada"}, "guard.lock"),
    "lock unknown": ({"lock": None}, "guard.lock"),
    "plan stale": ({"changed": ("started_at",)}, "stale-plan"),
    "a second time": ({"repeated": True}, "guard.once"),
    "plan used": ({"spent": True}, "guard.plan_used"),
}

DRIFTS: dict[str, frozenset[str] | None] = {
    "unknown": None,
    "another as well": FAILED_RUN | {"container.image"},
    "another": frozenset({MISSING}),
    "an unknown code": frozenset({"container.something_new"}),
}


@pytest.mark.parametrize("name", REQUESTS)
def test_a_request_that_falls_short_in_one_thing(name: str) -> None:
    changes, code = REQUESTS[name]
    verdict = decide(module_of(), FAILED_RUN, replace(REQUEST, **changes), FACTS)
    assert [reason.code for reason in verdict.reasons] == [code]
    assert verdict.decision is Decision.REFUSED


@pytest.mark.parametrize("name", FACT_CASES)
def test_one_fact_that_is_wrong_or_unknown(name: str) -> None:
    changes, code = FACT_CASES[name]
    verdict = decide(module_of(), FAILED_RUN, REQUEST, replace(FACTS, **changes))
    assert [reason.code for reason in verdict.reasons] == [code]
    assert verdict.decision is Decision.REFUSED


@pytest.mark.parametrize("name", DRIFTS)
def test_any_other_drift_refuses(name: str) -> None:
    verdict = decide(module_of(), DRIFTS[name], REQUEST, FACTS)
    assert [reason.code for reason in verdict.reasons] == ["guard.drift"]


MESSAGES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "name a finished backup of minio: --backup-ref=REF": ({"backup_ref": ""}, {"backup": None}),
    "its owner must be in its expected state: it is gone": ({}, {"owner": "it is gone"}),
    "its owner must be in its expected state: it could not be looked at": ({}, {"owner": None}),
    "the project's lock must be ours: held by ada": ({}, {"lock": "held by ada"}),
    "the project's lock must be ours: it could not be taken": ({}, {"lock": None}),
}


@pytest.mark.parametrize("message", MESSAGES)
def test_a_refusal_says_what_is_wrong(message: str) -> None:
    changes, seen = MESSAGES[message]
    request, facts = replace(REQUEST, **changes), replace(FACTS, **seen)
    verdict = decide(module_of(), FAILED_RUN, request, facts)
    assert [reason.message for reason in verdict.reasons] == [message]


@pytest.mark.parametrize("failed", [FAILED_RUN, frozenset()])
def test_a_refusal_names_the_drift_that_a_run_does_not_mend(failed: frozenset[str]) -> None:
    drift = failed | {"container.image", "container.command"}
    (reason,) = decide(module_of(), drift, REQUEST, FACTS).reasons
    assert reason.message.endswith("deploy to mend: container.command, container.image")


def test_a_module_without_others_is_backed_up_itself() -> None:
    module = module_of(backup_ref_modules=())
    (reason,) = decide(module, FAILED_RUN, replace(REQUEST, backup_ref=""), FACTS).reasons
    assert reason.message == "name a finished backup of minio-init: --backup-ref=REF"


def test_a_confirmation_is_compared_by_its_letters() -> None:
    request = replace(REQUEST, confirmation=CONFIRMATION.lower().upper())
    assert request.confirmation is not CONFIRMATION
    assert decide(module_of(), FAILED_RUN, request, FACTS).decision is Decision.ALLOWED


@pytest.mark.parametrize("replicas", [0, 2])
def test_a_module_of_another_number_of_containers_is_refused(replicas: int) -> None:
    verdict = decide(module_of(replicas=replicas), FAILED_RUN, REQUEST, FACTS)
    assert [reason.code for reason in verdict.reasons] == ["guard.replicas"]


def test_a_sidecar_without_an_owner_is_refused() -> None:
    seen = replace(FACTS, data=frozenset())
    (reason,) = decide(module_of(owner=None), FAILED_RUN, REQUEST, seen).reasons
    assert reason.message == "a sidecar must name its owner: state.owner"


@pytest.mark.parametrize("state_class", [StateClass.STATELESS, StateClass.STATEFUL])
def test_others_need_no_owner(state_class: StateClass) -> None:
    module, seen = module_of(state_class=state_class, owner=None), replace(FACTS, data=frozenset())
    assert decide(module, FAILED_RUN, REQUEST, seen).decision is Decision.ALLOWED


def test_what_touches_no_data_needs_no_backup() -> None:
    module = module_of(state_class=StateClass.STATELESS)
    seen = replace(FACTS, data=frozenset(), backup=_BAD_BACKUP)
    assert decide(module, FAILED_RUN, REQUEST, seen).decision is Decision.ALLOWED


@pytest.mark.parametrize("state_class", [StateClass.STATELESS, StateClass.STATEFUL])
def test_what_is_mounted_counts_and_not_the_word_in_the_file(state_class: StateClass) -> None:
    module = module_of(state_class=state_class)
    bare = replace(REQUEST, allow_stateful=False, backup_ref="", confirmation="")
    codes = {reason.code for reason in decide(module, FAILED_RUN, bare, FACTS).reasons}
    assert codes == {
        *("guard.data", "guard.allow_stateful", "guard.confirmation", "guard.backup_ref")
    }


def test_a_stateful_service_never_passes() -> None:
    service = module_of(state=ExpectedState.HEALTHY, state_class=StateClass.STATEFUL)
    for drift in (FAILED_RUN, frozenset({MISSING}), None):
        verdict = decide(service, drift, REQUEST, FACTS)
        assert verdict.decision is Decision.REFUSED
        assert "guard.one_shot" in {reason.code for reason in verdict.reasons}


@pytest.mark.parametrize("state_class", [StateClass.STATEFUL, StateClass.STATELESS])
def test_a_service_without_drift_has_nothing_to_do_if_the_order_is_right(
    state_class: StateClass,
) -> None:
    service = module_of(state=ExpectedState.HEALTHY, state_class=state_class)
    seen = replace(FACTS, data=frozenset(), service=RenderedService(restart="always", scale=2))
    assert decide(service, frozenset(), REQUEST, seen).decision is Decision.NOTHING_TO_DO
    wrong = decide(service, frozenset(), replace(REQUEST, patterns=("*",)), seen)
    assert [one.code for one in wrong.reasons] == ["guard.module"]


ORDER_OF_A_SERVICE: dict[str, dict[str, Any]] = {
    "guard.allow_stateful": {"allow_stateful": False},
    "guard.confirmation": {"confirmation": "yes"},
    "guard.backup_ref": {"backup_ref": ""},
}


@pytest.mark.parametrize("code", ORDER_OF_A_SERVICE)
def test_a_stateful_service_without_drift_wants_its_backup(code: str) -> None:
    service = module_of(state=ExpectedState.HEALTHY, state_class=StateClass.STATEFUL)
    request = replace(REQUEST, **ORDER_OF_A_SERVICE[code])
    seen = replace(FACTS, data=frozenset())
    assert [one.code for one in decide(service, frozenset(), request, seen).reasons] == [code]
    planned = decide(service, frozenset(), replace(request, plan=True), seen)
    assert planned.decision is Decision.NOTHING_TO_DO


def test_all_reasons_are_told_at_once() -> None:
    verdict = decide(module_of(), None, ChangeRequest(apply=False, patterns=()), _unknown())
    codes = [reason.code for reason in verdict.reasons]
    assert len(codes) == len(set(codes)) >= 12
    assert all(reason.message for reason in verdict.reasons)


def test_files_alone_make_eligible_and_never_allowed() -> None:
    offline = replace(_unknown(), remote_mode="skip", contract=frozenset(), backup=())
    offline = replace(offline, data=FACTS.data, service=FACTS.service, workers=0, reruns=False)
    request = replace(REQUEST, confirmation="", apply=True)
    assert decide(module_of(), None, request, offline).decision is Decision.ELIGIBLE


def _unknown() -> GuardFacts:
    return GuardFacts(
        remote_mode="local",
        workers=2,
        reruns=True,
        contract=None,
        service=None,
        backup=None,
        owner=None,
        labels_ours=None,
        in_progress=None,
        same_host=None,
        data=None,
        lock=None,
    )
