"""What a report says of the host and the containers of a module."""

from __future__ import annotations

from contextlib import suppress

from pytest_platform.checks.blocked import state_findings
from pytest_platform.errors import PlatformError
from pytest_platform.module.loader import Broken, Module
from pytest_platform.plugin.run import Run
from pytest_platform.report.answers import ObservedModule, container_of, contradiction_of


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
