"""Whether a probe is of use at all: not where what it stands on is not as declared.

The fault is told once, by the check of the state that is wrong, and not again by every
probe that fails in its wake. Where no such check is part of the run, as with
``-m smoke``, the probe itself tells it, so that no fault goes unnoticed.
"""

from __future__ import annotations

from collections.abc import Iterator

from pytest_platform.checks.context import Context
from pytest_platform.checks.health import state
from pytest_platform.checks.neighbours import neighbours
from pytest_platform.errors import PlatformError
from pytest_platform.module.loader import Module
from pytest_platform.verdict import Finding, Result, Verdict

CODE = "probe.blocked"


def blocked(module: Module, context: Context) -> Result | None:
    """Return the answer of a probe that need not be asked; None where it is to be asked.

    Raises:
        EngineError: the Engine cannot be asked.
    """
    for other in (*neighbours(module, context.catalog), module):
        if findings := state_findings(other, context):
            message = f"not asked, because {_whose(other, module)}: {findings[0].message}"
            told = told_elsewhere(other, module, context)
            verdict = Verdict.SKIPPED if told else Verdict.ERROR
            return Result(verdict, message, CODE)
    return None


def state_findings(module: Module, context: Context) -> list[Finding]:
    """Judge the state of a module by the run's snapshot.

    Raises:
        EngineError: the Engine cannot be asked.
    """
    snapshot = context.snapshot(module)
    try:
        seen = context.seen(module)
    except PlatformError:  # Of its owner, of which other checks tell.
        seen = state.seen_of(module, None, snapshot)
    return state.judge(state.expected_of(module), seen)


def told_elsewhere(other: Module, module: Module, context: Context) -> bool:
    """Tell whether a check in this run says that the state of ``other`` is wrong."""
    return not context.state_checks.isdisjoint(_tellers(other, module))


def _tellers(other: Module, module: Module) -> Iterator[tuple[str, str]]:
    yield other.name, "state"
    if other.name == module.manifest.spec.state.owner:
        yield module.name, "owner"
    elif other is not module:
        yield module.name, "requires"


def _whose(other: Module, module: Module) -> str:
    if other is module:
        return "its module is not as declared"
    if other.name == module.manifest.spec.state.owner:
        return f"its owner '{other.name}' is not as declared"
    return f"'{other.name}', which it requires, is not as declared"
