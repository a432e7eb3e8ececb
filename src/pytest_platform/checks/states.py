"""The checks of states: of the module itself, of its owner, and of what it requires.

Other checks leave a fault to these, so that it is reported once. See ``run.faults``. A probe is
skipped where what it stands on is not as declared: the check of that state reports the fault, and
not again every probe that fails in its wake. Where no such check is part of the run, as with
``-m smoke``, or where it has found all well before, the probe itself reports it, so that no fault
goes unnoticed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from msgspec.structs import replace

from pytest_platform.checks.check import ModuleCheck
from pytest_platform.checks.engines import judged
from pytest_platform.errors import ComposeError, ComposeMissing, PlatformError
from pytest_platform.module.infer import UNDECIDED
from pytest_platform.module.loader import Module
from pytest_platform.run.context import Context
from pytest_platform.run.engines import engine_of
from pytest_platform.run.faults import ReportingCheck
from pytest_platform.run.graph import below_owner, below_required, neighbours, required
from pytest_platform.text import excerpt
from pytest_platform.verdict import Finding, Result, Verdict, failed, passed
from pytest_platform.workload.seen import JudgedState

BLOCKED = "probe.blocked"
LOG_LINES = 10


@dataclass(frozen=True, slots=True)
class _FaultOwner(ModuleCheck):
    """A check to which others leave a fault, and which then has to report it."""

    group: ClassVar[str] = "health"

    def run(self, context: Context) -> Result:
        """Answer, and fail where a fault was left to this check that is gone by now."""
        result = super(_FaultOwner, self).run(context)
        if not context.remote_mode.live:
            return result
        return context.faults.answered((self.module.name, self.name), result, self.location)


class StateCheck(_FaultOwner):
    """The module is in its declared state."""

    def answer(self, context: Context) -> Result:
        """Judge the state by the run's snapshot."""
        return judge_state(self.module, context)


class OwnerCheck(_FaultOwner):
    """The owner of the data, and all that it depends on, are in their declared states."""

    def answer(self, context: Context) -> Result:
        """Judge the owner first: its fault may explain the others."""
        owner = context.owner_of(self.module)
        if owner is None:
            return passed()
        result = judge_state(owner, context, asker=self.module)
        if result.verdict is not Verdict.PASSED:
            return result
        below = below_owner(self.module, context.catalog)
        return _judge_dependencies(self.module, below, context) or result


class RequiresCheck(_FaultOwner):
    """All direct and indirect dependencies are in their declared states."""

    def answer(self, context: Context) -> Result:
        """Judge each dependency whose own check is no part of the run.

        Raises:
            ModuleBroken: a direct dependency does not exist, or its file cannot be read.
        """
        for name in required(self.module):
            context.catalog.require(name, wanted_by=self.location)
        others = below_required(self.module, context.catalog)
        return _judge_dependencies(self.module, others, context) or passed()


def judge_state(module: Module, context: Context, *, asker: Module | None = None) -> Result:
    """Judge the state of a module; ``asker`` is the module whose check asks, where another.

    Raises:
        PlatformError: the host cannot be asked, or the files cannot be rendered.
    """
    context.fleet.view(module, asker=asker)
    state = context.state_of(module)
    findings = judged(module, context, state)
    if not findings:
        return passed(", ".join(one.words for one in state.workloads))
    result = failed(findings, module.at("spec", "runtime", "expected_state"))
    if all(one.code == UNDECIDED for one in findings):
        result = replace(result, verdict=Verdict.ERROR)
    return replace(result, evidence=_log_tail(module, state, context))


def _judge_dependencies(
    module: Module, others: Iterable[Module], context: Context
) -> Result | None:
    """Judge states, and leave faults to their owners in this run; None where all is well."""
    left: list[str] = []
    for other in others:
        findings = state_findings(other, context, asker=module)
        if findings and not context.faults.leave((other.name, "state"), findings):
            return judge_state(other, context, asker=module)
        left += [f"'{other.name}'"] if findings else []
    if left:
        return Result(Verdict.SKIPPED, f"the checks of {', '.join(left)} tell what is wrong")
    return None


def _log_tail(module: Module, state: JudgedState, context: Context) -> str:
    """Return the end of the log of the first workload that is in trouble, if it can be had."""
    for one in state.workloads:
        if one.troubled:
            try:
                host = context.fleet.host_of(module)
                tail = engine_of(module).tail(host, one, LOG_LINES)
            except PlatformError:
                return ""
            return excerpt(f"the last lines of {one.name}:", tail)
    return ""


def blocked(module: Module, context: Context) -> Result | None:
    """Return the answer of a probe that need not be asked; None where it is to be asked.

    Raises:
        EngineError: the Engine cannot be asked.
    """
    for other in (*neighbours(module, context.catalog), module):
        if findings := state_findings(other, context, asker=module):
            message = f"not asked, because {_whose(other, module)}: {findings[0].message}"
            told = reported_elsewhere(other, module, context, findings)
            verdict = Verdict.SKIPPED if told else Verdict.ERROR
            return Result(verdict, message, BLOCKED)
    return None


def state_findings(module: Module, context: Context, *, asker: Module) -> list[Finding]:
    """Judge the state of a module by the run's snapshot.

    Raises:
        EngineError: the Engine cannot be asked.
    """
    context.fleet.view(module, asker=asker)
    try:
        state = context.state_of(module)
    except PlatformError:  # Of its owner, of which other checks tell.
        state = context.state_alone(module)
    try:
        return judged(module, context, state)
    except (ComposeError, ComposeMissing):  # Of files that cannot be rendered, its own checks tell.
        return list(state.findings)


def reported_elsewhere(
    other: Module, module: Module, context: Context, findings: Sequence[Finding]
) -> bool:
    """Return whether a check in this run says that the state of ``other`` is wrong."""
    tellers = _tellers(other, module, context)
    return any(context.faults.leave(teller, findings) for teller in tellers)


def _tellers(other: Module, module: Module, context: Context) -> Iterator[ReportingCheck]:
    """Name the checks that look at ``other``: its own, and one of ``module``."""
    yield other.name, "state"
    if other is not module:
        covered = {one.name for one in below_owner(module, context.catalog)}
        yield module.name, "owner" if other.name in covered else "requires"


def _whose(other: Module, module: Module) -> str:
    if other is module:
        return "its module is not as declared"
    if other.name == module.manifest.spec.state.owner:
        return f"its owner '{other.name}' is not as declared"
    return f"'{other.name}', which it requires, is not as declared"
