"""Cases of the guard at random, most of them near what it allows: it allows what the rules do.

``PLATFORM_FUZZ`` says how many; each comes from its number, so that a failure can be repeated.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

import msgspec
import pytest
from guard_model import FACTS, REQUEST, module_of
from msgspec.structs import replace
from oddities import SHARES, chance, of_share

from pytest_platform.change.guard import decide
from pytest_platform.change.guard_facts import CONFIRMATION, ChangeRequest, Decision, GuardFacts
from pytest_platform.change.refusal import Refusal
from pytest_platform.compose.service import service_of
from pytest_platform.module.forms import ExpectedState, StateClass
from pytest_platform.state.table import EXITED_SUCCESS, MISSING

Choices = Mapping[str, tuple[Any, ...]]
"""What each part may be; the first is of the case that is allowed."""

MODULE: Choices = {
    "state": (ExpectedState.EXITED_SUCCESS, *ExpectedState),
    "state_class": (StateClass.SIDECAR, *StateClass),
    "replicas": (1, 2),
    "hook": (None, "pre_start"),
}
DRIFT: Choices = {
    "drift": (
        *(frozenset({EXITED_SUCCESS}), frozenset(), None, frozenset({MISSING})),
        *(frozenset({EXITED_SUCCESS, MISSING}), frozenset({"container.image"})),
        *(frozenset({EXITED_SUCCESS, one}) for one in ("container.config", "container.unheard_of")),
    )
}
ORDER: Choices = {
    "apply": (True, False),
    "patterns": (("minio-init",), (), ("minio*",), ("minio-init", "minio")),
    "allow_stateful": (True, False),
    "backup_ref": (REQUEST.backup_ref, ""),
    "confirmation": (CONFIRMATION, "", "yes"),
}
SEEN: Choices = {
    "remote_mode": ("local", "ssh", "skip"),
    "workers": (0, 2),
    "reruns": (False, True),
    "contract": (frozenset(), None, frozenset({"contract.name"})),
    "service": (
        *({"restart": "no"}, {"restart": "no", "scale": 1}, {"restart": "always"}, {}, None),
        {"restart": "no", "deploy": {"restart_policy": {"condition": "on-failure"}}},
    ),
    "backup": ((), None, (Refusal("backup.too_old", "make a new one"),)),
    "owner": ("", None, "unhealthy"),
    "labels_ours": (True, False, None),
    "in_progress": (False, True, None),
    "same_host": (True, False, None),
    "data": (
        *(frozenset({"minio"}), frozenset(), None),
        *(frozenset({"postgres"}), frozenset({"minio", "postgres"})),
    ),
    "lock": ("", "ada", None),
    "changed": ((), ("image",)),
    "spent": (False, True),
    "repeated": (False, True),
}


def permitted(
    module: Any, drift: Any, request: ChangeRequest, seen: GuardFacts, service: Any
) -> bool:
    """Say the rules of the guard once more, on raw data and without its code."""
    spec = msgspec.to_builtins(module.manifest.spec)
    runtime, class_ = spec["runtime"], spec["state"]["class"]
    touches = class_ in {"stateful", "sidecar"} or seen.data != frozenset()
    minio = frozenset({"minio"})
    own = seen.data == frozenset() or (class_ == "sidecar" and seen.data == minio)
    ordered = request.apply and list(request.patterns) == [module.name]
    alone = seen.workers == 0 and not seen.reruns and seen.remote_mode in {"local", "ssh"}
    one_shot = runtime["expected_state"] == "exited-success" and not runtime["hook"]
    once = service.get("restart") == "no" and runtime["replicas"] == 1
    once = once and service.get("scale", 1) == 1 and "deploy" not in service
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


def _some(by: random.Random, choices: Choices, often: float) -> dict[str, Any]:
    return {
        part: by.choice(values) if by.random() < often else values[0]
        for part, values in choices.items()
    }


@pytest.mark.parametrize("share", range(SHARES))
def test_nothing_is_allowed_that_the_rules_do_not_allow(share: int) -> None:
    decisions = set()
    for number in of_share(share):
        by = chance(number)
        often = by.choice((0.02, 0.1, 0.5))
        module = module_of(**_some(by, MODULE, often))
        drift = _some(by, DRIFT, often)["drift"]
        request = replace(REQUEST, **_some(by, ORDER, often))
        facts = _some(by, SEEN, often)
        service = facts.pop("service")
        seen = replace(FACTS, **facts, service=None if service is None else service_of(service))
        verdict = decide(module, drift, request, seen)
        allowed = verdict.decision is Decision.ALLOWED
        assert allowed == permitted(module, drift, request, seen, service or {}), number
        assert bool(verdict.reasons) == (verdict.decision is Decision.REFUSED), number
        decisions.add(allowed)
    assert decisions == {True, False}
