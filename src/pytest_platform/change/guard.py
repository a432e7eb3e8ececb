"""The guard: may this one-shot be run again? Pure; what cannot be evaluated refuses.

Every condition is a function of the case that returns a refusal or None. All are
asked, so that people are told all reasons at once.
"""

from __future__ import annotations

from pytest_platform.change.conditions import DECLARED, FROM_FILES, FROM_HOST, OF_ORDER
from pytest_platform.change.guard_facts import (
    Case,
    ChangeRequest,
    Decision,
    GuardFacts,
    GuardVerdict,
)
from pytest_platform.module.loader import Module


def decide(
    module: Module, drift: frozenset[str] | None, request: ChangeRequest, facts: GuardFacts
) -> GuardVerdict:
    """Decide whether ``module`` may be run again.

    ``drift`` are the codes of all differences; None means that they are not known.
    Nothing to do is an answer of its own: it runs nothing, whatever else holds. Ordered for a
    service, which is never started, the order and the backup have to be right.
    """
    case = Case(module, drift, request, facts)
    if drift is not None and not drift and not case.offline:
        of_service = () if module.one_shot else OF_ORDER
        asked = () if request.plan else (*DECLARED, *of_service)
        reasons = tuple(reason for condition in asked if (reason := condition(case)))
        return GuardVerdict(Decision.REFUSED if reasons else Decision.NOTHING_TO_DO, reasons)
    conditions = FROM_FILES if case.offline else (*FROM_FILES, *FROM_HOST)
    reasons = tuple(reason for condition in conditions if (reason := condition(case)))
    if reasons:
        return GuardVerdict(Decision.REFUSED, reasons)
    return GuardVerdict(Decision.ELIGIBLE if case.offline else Decision.ALLOWED)
