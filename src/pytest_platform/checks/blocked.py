"""Whether a probe is of use at all: not where what it stands on is not as declared.

The fault is told once, by the check of the state that is wrong, and not again by every
probe that fails in its wake. Where no such check is part of the run, as with
``-m smoke``, or where it has found all well before, the probe itself tells it, so that
no fault goes unnoticed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pytest_platform.checks.engines import judged
from pytest_platform.errors import ComposeError, ComposeMissing, PlatformError
from pytest_platform.module.loader import Module
from pytest_platform.run.context import Context
from pytest_platform.run.faults import ReportingCheck
from pytest_platform.run.graph import below_owner, neighbours
from pytest_platform.verdict import Finding, Result, Verdict

CODE = "probe.blocked"


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
            return Result(verdict, message, CODE)
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
