"""The checks of the group ``apply``: what would be done, and doing it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from msgspec.structs import replace

from pytest_platform.change import plan as plans
from pytest_platform.change.apply import Applied, Setting, guarded_apply
from pytest_platform.change.guard import decide
from pytest_platform.change.guard_facts import Decision, GuardVerdict
from pytest_platform.change.observe import ObservedChange, observe
from pytest_platform.checks.check import ModuleCheck
from pytest_platform.module.loader import Module
from pytest_platform.output import Output
from pytest_platform.run.context import Context
from pytest_platform.verdict import Finding, Location, Result, Verdict, failed, passed

PLAN_DRIFT = "plan.drift"
PLAN_UNKNOWN = "plan.unknown"


@dataclass(frozen=True, slots=True)
class PlanCheck(ModuleCheck):
    """There is no drift. Says what the guard would decide, and changes nothing."""

    group: ClassVar[str] = "apply"
    live: ClassVar[bool] = False

    setting: Setting
    target: Output | None

    @classmethod
    def of(cls, module: Module, setting: Setting, target: Output | None) -> PlanCheck:
        """Make the check; ``target`` is where the plan is saved, if anywhere."""
        return cls("plan", _place(module), module, setting, target)

    def answer(self, context: Context) -> Result:
        """Plan, and save the plan."""
        return _plan(self.module, self.setting, context, self.target)


@dataclass(frozen=True, slots=True)
class ApplyCheck(ModuleCheck):
    """The one-shot succeeds when it is run again, where the guard allows it."""

    group: ClassVar[str] = "apply"
    live: ClassVar[bool] = False

    setting: Setting

    @classmethod
    def of(cls, module: Module, setting: Setting) -> ApplyCheck:
        """Make the check."""
        return cls("apply", _place(module), module, setting)

    def answer(self, context: Context) -> Result:
        """Run the guarded apply."""
        applied = guarded_apply(self.module, self.setting, context)
        details = {"plan": plans.as_record(applied.plan), "apply": _as_record(applied)}
        return replace(applied.result, details=details)


def _plan(module: Module, setting: Setting, context: Context, target: Output | None) -> Result:
    now = setting.now()
    request = replace(setting.request, apply=True, plan=True)
    seen = observe(module, context, request, now)
    facts = replace(seen.facts, workers=context.plan.workers, reruns=context.plan.reruns)
    verdict = decide(module, seen.drift, request, facts)
    drift, secrets = seen.drift or (), context.vault.secrets()
    plan = plans.make(seen.subject, drift, verdict, now, secrets, backup=seen.evidence)
    if target is not None:
        plans.save(plan, target)
    result = _offline(verdict, module) if seen.drift is None else _live(seen, verdict, module)
    if seen.drift is None and context.remote_mode.live:
        result = Result(Verdict.ERROR, "the drift could not be found out", PLAN_UNKNOWN)
    return replace(result, details={"plan": plans.as_record(plan), "drift": list(plan.drift)})


def _offline(verdict: GuardVerdict, module: Module) -> Result:
    if verdict.decision is Decision.ELIGIBLE:
        return passed("eligible (backup not verified)")
    findings = [Finding(one.code, f"blocked: {one.message}") for one in verdict.reasons]
    return failed(findings, _place(module))


def _live(seen: ObservedChange, verdict: GuardVerdict, module: Module) -> Result:
    if not seen.drift:
        return passed("no drift, nothing to do")
    codes = ", ".join(sorted(seen.drift))
    says = "it may be run again" if verdict.decision is Decision.ALLOWED else "it may not be run"
    says += f"; {seen.evidence}" if seen.evidence else ""
    drift = Finding(PLAN_DRIFT, f"it is not as declared: {codes}; {says}", "none", codes)
    wanted = [Finding(one.code, f"to run it: {one.message}") for one in verdict.reasons]
    return failed([drift, *wanted], _place(module))


def _as_record(applied: Applied) -> dict[str, object]:
    return {"ran": applied.ran, "exit_code": applied.exit_code, "seconds": applied.seconds}


def _place(module: Module) -> Location:
    return module.at("spec", "runtime", "expected_state")
