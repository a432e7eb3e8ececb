"""What a run has of a module: its groups of checks, in their order, its host and its containers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from pytest_platform.checks.blocked import state_findings
from pytest_platform.checks.check import GROUPS, Check
from pytest_platform.checks.suite import checks_of
from pytest_platform.errors import PlatformError
from pytest_platform.module.loader import Broken, Module
from pytest_platform.plugin.run import Run
from pytest_platform.report.answers import ObservedModule, container_of, contradiction_of


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


def host_shown(run: Run, module: Module | Broken) -> str:
    """Name the host of a module, where that is another than this one and known."""
    if not run.remote_mode.elsewhere or isinstance(module, Broken):
        return ""
    try:
        return run.remote_mode.place_of(module).name
    except PlatformError:
        return ""


def observation_of(run: Run, module: Module) -> ObservedModule:
    """Describe the containers of a module as the run's snapshot shows them."""
    context = run.context
    seen = context.state_alone(module)
    wrong = state_findings(module, context, asker=module)
    return ObservedModule(
        observed=[container_of(one) for one in seen.workloads],
        contradiction=contradiction_of(wrong[0], run.secrets()) if wrong else None,
    )


def observed_already(run: Run, module: Module | Broken) -> ObservedModule:
    """Describe what another check or a fixture has observed of a module; asks no host."""
    if run.begun and isinstance(module, Module) and run.context.fleet.has_snapshot(module):
        with suppress(PlatformError):
            return observation_of(run, module)
    return ObservedModule()
