"""The truth table of state: what was declared against what was seen. Pure.

A one-shot passes only when its container exited 0. Whatever else has exited, with 0
or not, fails.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from pytest_platform.docker.snapshot import Container
from pytest_platform.module.forms import ExpectedState
from pytest_platform.module.infer import UNDECIDED
from pytest_platform.state.facts import (
    Expectation,
    ObservedState,
    describe,
    in_containers,
    last_exit_of,
    reason_of,
)
from pytest_platform.verdict import Finding
from pytest_platform.workload.seen import age_of, in_times, span_of

EXITED_SUCCESS = "container.state.exited_success"
STALE = "container.state.stale"
RUNNING = "container.state.running"
RESTART_LOOP = "container.restart_loop"
HEALTH = "container.health"
NETWORKS = "container.networks"
MISSING = "container.missing"
DUPLICATE = "container.duplicate"

LOOP_WINDOW = timedelta(seconds=60)
"""Docker waits at most a minute between two restarts, so younger than this may be a loop."""


def judge(expected: Expectation, seen: ObservedState) -> list[Finding]:
    """Compare; return what is wrong, the worst first. Empty when all is as declared."""
    if expected.hook:
        return _judge_hook(expected, seen)
    findings = _count(expected, seen.containers)
    for container in seen.containers:
        if expected.state is ExpectedState.EXITED_SUCCESS:
            finding = _one_shot(expected, container, seen)
        elif expected.undecided and container.status == "exited" and not container.exit_code:
            finding = _undecided(expected, container)
        else:
            finding = _long_running(expected.state, container, seen.now)
        findings += [finding] if finding else []
    return findings


def settled(expected: Expectation, seen: ObservedState) -> bool:
    """Return whether waiting longer is of no use: all is well, or a one-shot has failed.

    Anything else may still come right: a container may be created, start or turn healthy.
    """
    if not judge(expected, seen):
        return True
    ends = expected.state is ExpectedState.EXITED_SUCCESS or expected.undecided
    if not ends or not seen.containers:
        return False
    return all(_over(one) for one in seen.containers)


def _over(container: Container) -> bool:
    """Return whether a one-shot has ended, or could not be started at all."""
    if container.status == "created":
        return bool(container.error)
    return container.status in {"exited", "dead"}


def _count(expected: Expectation, containers: Sequence[Container]) -> list[Finding]:
    count = len(containers)
    if count < expected.replicas:
        message = (
            f"the service '{expected.service}' has no container; deploy it: {expected.deploy}"
            if count == 0
            else f"{count} of {expected.replicas} containers of '{expected.service}' exist"
        )
        return [Finding(MISSING, message, in_containers(expected.replicas), in_containers(count))]
    if count > expected.replicas:
        names = ", ".join(one.name for one in containers)
        message = (
            f"'{expected.service}' has {count} containers, {expected.replicas} declared: {names}"
        )
        return [Finding(DUPLICATE, message, in_containers(expected.replicas), in_containers(count))]
    return []


def _undecided(expected: Expectation, container: Container) -> Finding:
    message = (
        f"{container.name} exited 0, and nothing says whether '{expected.service}' is to end: "
        "write x-platform: {expected_state: exited-success} into the service if it is a one-shot, "
        "{expected_state: running} if it is not, or run: pytest-platform adopt"
    )
    return Finding(UNDECIDED, message, "a declared state", "exited 0")


def _one_shot(expected: Expectation, container: Container, seen: ObservedState) -> Finding | None:
    actual = describe(container, seen.now)
    wrong = _why_not_success(container, actual)
    if wrong:
        message = f"{container.name} {wrong}; a one-shot must exit 0"
        return Finding(EXITED_SUCCESS, message, "exited 0", actual)
    return _stale(expected, container, seen)


def _why_not_success(container: Container, actual: str) -> str | None:
    status = container.status
    if status == "exited" and container.exit_code == 0:
        # A bounded on-failure stops at the first success, so it has succeeded.
        if container.restart_count and not container.restart_limit:
            return f"exited 0 but was restarted {in_times(container.restart_count)}"
        return None
    if status == "running":
        return f"is still {actual}"
    if status == "created":
        return f"never ran: it was created and not started{reason_of(container)}"
    return actual if status == "exited" else f"is {status}"


def _stale(expected: Expectation, container: Container, seen: ObservedState) -> Finding | None:
    finished = container.finished_at
    if finished is None:
        return None
    created = seen.data_created
    if created and finished < created:
        message = (
            f"{container.name} exited 0 before its owner's data volume was made "
            f"({created:%Y-%m-%d %H:%M} UTC); run it again"
        )
        return Finding(STALE, message, "exited 0 after the volume was made", f"{finished:%c}")
    if expected.max_age and seen.now - finished > expected.max_age:
        age = age_of(finished, seen.now)
        message = f"{container.name} exited 0 {age} ago, which is older than its max_age"
        return Finding(STALE, message, f"exited 0 within {span_of(expected.max_age)}", f"{age} ago")
    return None


def _long_running(state: ExpectedState, container: Container, now: datetime) -> Finding | None:
    actual = describe(container, now)
    if container.status == "restarting" or _restarted_lately(container, now):
        message = (
            f"{container.name} restarts again and again "
            f"({in_times(container.restart_count)}{last_exit_of(container)})"
        )
        return Finding(RESTART_LOOP, message, state.value, f"{container.restart_count} restarts")
    if container.status != "running":
        verb = "" if container.status == "exited" else "is "
        message = f"{container.name} {verb}{actual}{reason_of(container)}; it is to keep running"
        return Finding(RUNNING, message, "running", actual)
    return _without_network(container) or _health(state, container, actual)


def _without_network(container: Container) -> Finding | None:
    """Find a container whose lender was replaced or restarted: its network is gone since then."""
    lender, name = container.lender, container.name
    if lender is None:
        return None
    if not lender.name:
        actual, how = "a container that is gone", f"up -d --force-recreate {container.service}"
    elif not lender.running:
        actual, how = f"{lender.name}, which does not run", f"up -d {container.service}"
    elif container.started_at and lender.started_at and container.started_at < lender.started_at:
        actual, how = f"{lender.name}, which was started since", f"restart {container.service}"
    else:
        return None
    message = f"{name} has no network: it uses that of {actual}; mend it: docker compose {how}"
    return Finding(NETWORKS, message, "the network of a running container", f"that of {actual}")


def _health(state: ExpectedState, container: Container, actual: str) -> Finding | None:
    name, health = container.name, container.health
    if health is None and state is ExpectedState.HEALTHY:
        message = f"{name} has no health check, so nobody knows whether it is healthy"
        return Finding(HEALTH, message, "healthy", "no health check")
    if health == "unhealthy":
        said = f": {container.health_output}" if container.health_output else ""
        return Finding(HEALTH, f"{name} is unhealthy{said}", "healthy", actual)
    if health == "starting":
        message = f"{name} is still starting; wait for it with --wait 60s"
        if container.podman:
            message += (
                "; Podman leaves health checks to systemd: where none runs, run: "
                f"podman healthcheck run {name}"
            )
        return Finding(HEALTH, message, "healthy", actual)
    return None


def _restarted_lately(container: Container, now: datetime) -> bool:
    started = container.started_at
    if container.status != "running" or not container.restart_count or not started:
        return False
    return now - started < LOOP_WINDOW


def _judge_hook(expected: Expectation, seen: ObservedState) -> list[Finding]:
    """Compose removes a hook's container that succeeded and keeps one that failed."""
    failed = [_one_shot(expected, container, seen) for container in seen.containers]
    if findings := [finding for finding in failed if finding]:
        return findings
    what = f"the {expected.hook} hook of '{expected.service}'"
    if not seen.bearers:
        message = f"{what} cannot have run: the service has no container"
        return [Finding(MISSING, message, "a container of the service", "none")]
    if not any(bearer.started_at for bearer in seen.bearers):
        message = f"{what} has not let its service start; look at: docker compose up"
        return [Finding(EXITED_SUCCESS, message, "exited 0", "the service never started")]
    return []
