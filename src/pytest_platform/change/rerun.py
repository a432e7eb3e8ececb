"""Running a one-shot again: start, wait, capture its log, and see whether it worked."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_platform.change.observe import ObservedChange
from pytest_platform.checks.suite import checks_of
from pytest_platform.docker.writable import AlreadyStarted, OneShotTimeout
from pytest_platform.errors import PlatformError
from pytest_platform.module.loader import Module
from pytest_platform.run.context import Context
from pytest_platform.run.engines import Host, engine_of
from pytest_platform.text import excerpt
from pytest_platform.units import seconds
from pytest_platform.verdict import Finding, Verdict
from pytest_platform.workload.seen import Workload

LOG_LINES = 50

EXIT_CODE = "apply.exit_code"
NOT_STARTED = "apply.not_started"
DRIFT_LEFT = "apply.drift_left"
OWNER = "apply.owner"
SMOKE = "apply.smoke"


def start_and_wait(
    module: Module, host: Host, workload: Workload
) -> tuple[int | None, Finding | None]:
    """Return the exit code, or what went wrong while it was waited for."""
    timeout = seconds(module.manifest.spec.runtime.timeout)
    try:
        with engine_of(module).again(host, module, workload) as again:
            again.start()
            return again.wait(timeout), None
    except AlreadyStarted:
        raise
    except OneShotTimeout as error:
        return None, Finding(error.code, f"{error}; look again: --wait {int(timeout)}s")
    except PlatformError as error:
        message = f"contact was lost, and the one-shot may go on; look at its state: {error}"
        return None, Finding(error.code, message)


def capture(module: Module, host: Host, workload: Workload) -> str:
    """Return the end of the log, before anything can remove the container."""
    try:
        tail = engine_of(module).tail(host, workload, LOG_LINES)
    except PlatformError as error:
        return f"  its log could not be captured: {error}"
    return excerpt("its last lines:", tail)


def describe_now(module: Module, host: Host, workload: Workload) -> str:
    """Say how a workload is now; as running where that cannot be found out any more."""
    with engine_of(module).again(host, module, workload) as again:
        now = again.now()
    return now if now == "running" else f"{now}, its result not verified"


def verify(
    before: ObservedChange, after: ObservedChange, exit_code: int | None
) -> Iterator[Finding]:
    """Ask all that makes the difference between *it ended* and *it worked*."""
    if exit_code != 0:
        told = after.workload.words if after.workload else "is gone"
        yield Finding(EXIT_CODE, f"it ran again and {told}", "exited 0", told)
    if after.subject.started_at <= before.subject.started_at:
        yield Finding(NOT_STARTED, "the container shows no start of this run")
    if after.drift is None:
        yield Finding(DRIFT_LEFT, "whether drift is left could not be found out")
    elif after.drift:
        yield Finding(DRIFT_LEFT, f"drift is left: {', '.join(sorted(after.drift))}")
    if after.facts.owner != "":
        yield Finding(OWNER, f"its owner is not well: {after.facts.owner or 'not seen'}")


def smoke(module: Module, context: Context) -> Iterator[Finding]:
    """Yield a finding for each smoke check that does not pass."""
    for check in checks_of(module, "smoke"):
        result = check.run(context)
        if result.verdict is not Verdict.PASSED:
            yield Finding(SMOKE, f"smoke '{check.name}': {result.message}")
