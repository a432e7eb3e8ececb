"""The truth table of services and jobs: what was declared against what was seen. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from pytest_platform.module.forms import ExpectedState
from pytest_platform.module.infer import UNDECIDED
from pytest_platform.swarm.not_started import NODE, not_started
from pytest_platform.swarm.one_shots import judge_one_shot
from pytest_platform.swarm.seen import ENDED, Seen, SwarmExpectation, describe, name_of, succeeded
from pytest_platform.swarm.services import NAMESPACE, StackService, Task
from pytest_platform.verdict import Finding
from pytest_platform.workload.seen import exited, in_times

RUNNING: Final = "container.state.running"
RESTART_LOOP: Final = "container.restart_loop"
HEALTH: Final = "container.health"
MISSING: Final = "container.missing"
DUPLICATE: Final = "container.duplicate"
UPDATE: Final = "service.update"
LOOP_WINDOW: Final = timedelta(seconds=60)
"""A task that started less long ago, after others had ended, may be a loop."""

_UPDATES: Final = {
    "paused": "its update was paused",
    "rollback_started": "its update failed and is rolled back",
    "rollback_paused": "its update failed, and the way back was paused",
    "rollback_completed": "its update failed and was rolled back: the older settings run",
    "updating": "an update is in progress",
}


def judge(expected: SwarmExpectation, seen: Seen) -> list[Finding]:
    """Compare; return what is wrong, the worst first. Empty when all is as declared."""
    if seen.service is None:
        message = f"{_missing(expected, seen)}; deploy it: {expected.deploy}"
        return [Finding(MISSING, message, "a service", "none")]
    if expected.state is ExpectedState.EXITED_SUCCESS:
        return list(judge_one_shot(expected, seen, seen.service))
    if expected.undecided and seen.newest and all(map(succeeded, seen.newest)):
        return [_undecided(expected)]
    return list(judge_service(expected, seen, seen.service))


def _missing(expected: SwarmExpectation, seen: Seen) -> str:
    if seen.unlabelled:
        return (
            f"the service {seen.unlabelled} runs and is not of the stack '{seen.stack}', as it has "
            f"no label {NAMESPACE}={seen.stack}"
        )
    if seen.stack in seen.stacks:
        return f"the stack '{seen.stack}' has no service '{expected.service}' in the Swarm"
    known = f"its stacks: {', '.join(seen.stacks)}" if seen.stacks else "it has none"
    return f"the Swarm has no stack '{seen.stack}' ({known})"


def settled(expected: SwarmExpectation, seen: Seen) -> bool:
    """Tell whether waiting longer is of no use: all is well, or a one-shot has failed for good."""
    if not judge(expected, seen):
        return True
    ends = expected.state is ExpectedState.EXITED_SUCCESS or expected.undecided
    if not ends or not seen.newest:
        return False
    return all(one.state in ENDED for one in seen.newest)


def _undecided(expected: SwarmExpectation) -> Finding:
    message = (
        f"all tasks of '{expected.service}' exited 0, and nothing says whether it is to end: give "
        "it deploy.mode replicated-job if it is a one-shot, or write x-platform: "
        "{expected_state: running} into the service if it is not"
    )
    return Finding(UNDECIDED, message, "a declared state", "exited 0")


def judge_service(
    expected: SwarmExpectation, seen: Seen, service: StackService
) -> Iterator[Finding]:
    """Yield what is wrong with a service that is to keep running."""
    if service.update in _UPDATES:
        said = f": {service.update_message}" if service.update_message else ""
        message = f"{service.name} is not as declared, {_UPDATES[service.update]}{said}"
        yield Finding(UPDATE, message, "an update that completed", service.update)
    found = [one for task in seen.newest if (one := _task(expected, task, seen))]
    yield from found
    wanted = expected.replicas if seen.places is None else seen.places
    running = [one for one in seen.newest if one.state == "running"]
    if len(seen.newest) < wanted and len(running) < wanted:
        message = f"{len(running)} of {wanted} tasks of {service.name} run"
        yield Finding(MISSING, message, _tasks(wanted), _tasks(len(running)))
    staying = [one for one in running if not _drained(one, seen)]
    if len(staying) > wanted and service.update != "updating":
        message = f"{service.name} has {_tasks(len(staying))}, {wanted} declared"
        yield Finding(DUPLICATE, message, _tasks(wanted), _tasks(len(staying)))
    if not found and expected.state is ExpectedState.HEALTHY and not _has_check(service):
        message = f"{service.name} has no health check, so nobody knows whether it is healthy"
        yield Finding(HEALTH, message, "healthy", "no health check")


def _task(expected: SwarmExpectation, task: Task, seen: Seen) -> Finding | None:
    name, actual, wanted = name_of(task, seen), describe(task, seen), expected.state.value
    if finding := not_started(task, seen):
        return finding
    if "unhealthy" in task.error:
        return Finding(HEALTH, f"{name} was unhealthy and is started again", "healthy", actual)
    before = [one for one in _before(task, seen) if one.exit_code is not None]
    young = task.state != "running" or seen.now - task.changed_at < LOOP_WINDOW
    if before and young:
        last = exited(before[0].exit_code or 0)
        message = f"{name} is started again and again ({in_times(len(before))}, last {last})"
        return Finding(RESTART_LOOP, message, wanted, f"{len(before)} restarts")
    if task.state == "running":
        return _drained(task, seen)
    if task.state == "starting":
        message = f"{name} is still starting; wait for it with --wait 60s"
        return Finding(HEALTH, message, "healthy", actual)
    verb = "" if task.exit_code is not None else "is "
    return Finding(RUNNING, f"{name} {verb}{actual}; it is to keep running", "running", actual)


def _before(task: Task, seen: Seen) -> list[Task]:
    """Return the tries of the same slot or node before this one, the newest first."""
    on_each = seen.places is not None
    return [
        one
        for one in seen.tries
        if one is not task and (one.node == task.node if on_each else one.slot == task.slot)
    ]


def _drained(task: Task, seen: Seen) -> Finding | None:
    node = seen.node_of(task)
    if node is None or node.availability != "drain":
        return None
    message = f"{name_of(task, seen)} runs on a node that is drained; it is to move"
    return Finding(NODE, message, "a node that takes tasks", f"{node.name} is drained")


def _has_check(service: StackService) -> bool:
    test = list((service.container.get("Healthcheck") or {}).get("Test") or ())
    return bool(test) and test[0] != "NONE"


def _tasks(count: int) -> str:
    return "1 task" if count == 1 else f"{count} tasks"
