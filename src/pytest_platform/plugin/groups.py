"""Which groups of checks a run has for a module, in the order in which they run."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_platform.checks.check import GROUPS, Check
from pytest_platform.checks.suite import checks_of
from pytest_platform.module.loader import Broken, Module
from pytest_platform.plugin.run import Run


def groups_of(run: Run, module: Module | Broken) -> list[tuple[str, list[Check]]]:
    """List groups and their checks, and count these."""
    groups = list(_groups(run, module))
    run.checks[module.name] = sum(len(checks) for _, checks in groups)
    return groups


def _groups(run: Run, module: Module | Broken) -> Iterator[tuple[str, list[Check]]]:
    """Yield groups and their checks. A plan asks nothing else; an apply comes before health.

    So health and smoke judge the state that the apply has left.
    """
    change = run.settings.change
    if change.plan and isinstance(module, Module):
        yield "apply", [_plan(run, module)]
        return
    for group in GROUPS:
        if group == "health" and change.apply and isinstance(module, Module):
            yield "apply", [_apply(run, module)]
        checks = checks_of(module, group)
        if run.settings.stack.ephemeral and isinstance(module, Module):
            from pytest_platform.checks import ephemeral

            checks = ephemeral.adapted(module, group, checks)
        if checks:
            yield group, checks


def total_of(run: Run, module: Module | Broken) -> int:
    """Count the checks of a module, selected or not, its tests in Python included."""
    if module.name not in run.checks:  # as of a module that only a test in Python names
        groups_of(run, module)
    return run.checks[module.name] + run.tests.get(module.name, 0)


def _plan(run: Run, module: Module) -> Check:
    from pytest_platform.change.suite import PlanCheck

    return PlanCheck.of(module, run.setting(), run.settings.change.output)


def _apply(run: Run, module: Module) -> Check:
    from pytest_platform.change.suite import ApplyCheck

    return ApplyCheck.of(module, run.setting())
