"""The guard: each condition alone refuses, and nothing else than all of them together allows."""

from __future__ import annotations

import os
from typing import Any

import msgspec
import pytest
from guard_model import FACTS, REQUEST, module_of
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from pytest_platform.change.guard import decide
from pytest_platform.change.guard_facts import CONFIRMATION, ChangeRequest, Decision, GuardFacts
from pytest_platform.change.refusal import Refusal
from pytest_platform.compose.service import RenderedService, service_of
from pytest_platform.compose.service_parts import Deploy
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


CODES = (EXITED_SUCCESS, MISSING, "container.image", "container.config", "container.unheard_of")
RESTARTS = service_of({"restart": "no", "deploy": {"restart_policy": {"condition": "on-failure"}}})
drifts = st.none() | st.frozensets(st.sampled_from(CODES), max_size=3)
requests = st.builds(
    ChangeRequest,
    apply=st.booleans(),
    patterns=st.sampled_from([("minio-init",), (), ("minio*",), ("minio-init", "minio")]),
    allow_stateful=st.booleans(),
    backup_ref=st.sampled_from(["", "/srv/backups/minio-20260517T010847Z.tar.gz"]),
    confirmation=st.sampled_from(["", CONFIRMATION, "yes"]),
)
facts = st.builds(
    GuardFacts,
    remote_mode=st.sampled_from(["skip", "local", "ssh"]),
    workers=st.sampled_from([0, 0, 0, 2]),
    reruns=st.sampled_from([False, False, False, True]),
    contract=st.sampled_from([frozenset(), frozenset(), None, frozenset({"contract.name"})]),
    service=st.sampled_from(
        [
            RenderedService(restart="no"),
            RenderedService(restart="no", scale=1),
            None,
            RenderedService(restart="always"),
            RenderedService(),
            RESTARTS,
        ]
    ),
    backup=st.sampled_from([(), (), None, _BAD_BACKUP]),
    owner=st.sampled_from(["", "", None, "unhealthy"]),
    labels_ours=st.sampled_from([True, True, False, None]),
    in_progress=st.sampled_from([False, False, True, None]),
    same_host=st.sampled_from([True, True, True, False, None]),
    data=st.sampled_from(
        [
            frozenset(),
            frozenset(),
            frozenset({"minio"}),
            None,
            frozenset({"postgres"}),
            frozenset({"minio", "postgres"}),
        ]
    ),
    lock=st.sampled_from(["", "", "ada", None]),
    changed=st.sampled_from([(), (), ("image",)]),
    spent=st.sampled_from([False, False, True]),
    repeated=st.sampled_from([False, False, True]),
)
modules = st.builds(
    module_of,
    state=st.sampled_from([ExpectedState.EXITED_SUCCESS] * 3 + list(ExpectedState)),
    state_class=st.sampled_from(list(StateClass)),
    replicas=st.sampled_from([1, 1, 1, 2]),
    hook=st.sampled_from([None, None, None, "pre_start"]),
)


def permitted(module: Any, drift: Any, request: ChangeRequest, seen: GuardFacts) -> bool:
    """Say the rules of the guard once more, on raw data and without its code."""
    spec = msgspec.to_builtins(module.manifest.spec)
    runtime, class_ = spec["runtime"], spec["state"]["class"]
    touches = class_ in {"stateful", "sidecar"} or seen.data != frozenset()
    minio = frozenset({"minio"})
    own = seen.data == frozenset() or (class_ == "sidecar" and seen.data == minio)
    ordered = request.apply and list(request.patterns) == [module.name]
    alone = seen.workers == 0 and not seen.reruns and seen.remote_mode in {"local", "ssh"}
    one_shot = runtime["expected_state"] == "exited-success" and not runtime["hook"]
    service = seen.service or RenderedService()
    once = service.restart == "no" and runtime["replicas"] == 1
    once = once and service.scale in {None, 1} and service.deploy == Deploy()
    sound = seen.contract == frozenset() and drift == {"container.state.exited_success"}
    backed_up = not touches or (
        request.allow_stateful
        and request.confirmation == "BACKUP_DONE_F3"
        and bool(request.backup_ref)
        and seen.backup == ()
    )
    well = seen.owner == "" and seen.labels_ours is True and seen.in_progress is False
    fresh = seen.lock == "" and seen.changed == () and not seen.spent
    fresh = fresh and not seen.repeated and seen.same_host is True
    backed_up = backed_up and own
    return bool(ordered and alone and one_shot and once and sound and backed_up and well and fresh)


@settings(max_examples=int(os.environ.get("PLATFORM_EXAMPLES", "20000")))
@given(modules, drifts, requests, facts)
def test_nothing_is_allowed_that_the_rules_do_not_allow(
    module: Any, drift: Any, request: ChangeRequest, seen: GuardFacts
) -> None:
    verdict = decide(module, drift, request, seen)
    assert (verdict.decision is Decision.ALLOWED) == permitted(module, drift, request, seen)
    assert bool(verdict.reasons) == (verdict.decision is Decision.REFUSED)
