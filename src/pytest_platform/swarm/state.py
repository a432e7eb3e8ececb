"""The truth table of services and jobs: what was declared against the tasks that were seen. Pure.

A job passes only when all completions of its *current* iteration exited 0. That an older one
passed, that ``stack deploy`` returned 0 and what ``service ls`` shows say nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from pytest_platform.module.forms import ExpectedState
from pytest_platform.module.infer import UNDECIDED
from pytest_platform.swarm.seen import ENDED, Seen, describe, name_of
from pytest_platform.swarm.services import StackService, Task
from pytest_platform.verdict import Finding
from pytest_platform.workload.words import age_of, exited, in_times, span_of

EXITED_SUCCESS: Final = "container.state.exited_success"
STALE: Final = "container.state.stale"
RUNNING: Final = "container.state.running"
RESTART_LOOP: Final = "container.restart_loop"
HEALTH: Final = "container.health"
MISSING: Final = "container.missing"
DUPLICATE: Final = "container.duplicate"
REJECTED: Final = "task.rejected"
PENDING: Final = "task.pending"
NODE: Final = "task.node"
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


@dataclass(frozen=True, slots=True)
class SwarmExpectation:
    """What the module declares. ``replicas`` says nothing of what runs once on each node."""

    service: str
    state: ExpectedState
    replicas: int = 1
    max_age: timedelta | None = None
    deploy: str = "docker stack deploy"
    undecided: bool = False


def judge(expected: SwarmExpectation, seen: Seen) -> list[Finding]:
    """Compare; return what is wrong, the worst first. Empty when all is as declared."""
    if seen.service is None:
        message = f"the Swarm has no service '{expected.service}'; deploy it: {expected.deploy}"
        return [Finding(MISSING, message, "a service", "none")]
    if expected.state is ExpectedState.EXITED_SUCCESS:
        return list(_one_shot(expected, seen, seen.service))
    if expected.undecided and seen.newest and all(map(_succeeded, seen.newest)):
        return [_undecided(expected)]
    return list(_service(expected, seen, seen.service))


def settled(expected: SwarmExpectation, seen: Seen) -> bool:
    """Tell whether waiting longer is of no use: all is well, or a one-shot has failed for good."""
    if not judge(expected, seen):
        return True
    ends = expected.state is ExpectedState.EXITED_SUCCESS or expected.undecided
    if not ends or not seen.newest:
        return False
    return all(one.state in ENDED for one in seen.newest)


def _succeeded(task: Task) -> bool:
    return task.state == "complete" and not task.exit_code


def _one_shot(expected: SwarmExpectation, seen: Seen, service: StackService) -> Iterator[Finding]:
    policy = (service.template.get("RestartPolicy") or {}).get("Condition") or "any"
    if not service.is_job and policy == "any":
        message = (
            f"{service.name} is started again whenever it ends: give it deploy.mode "
            "replicated-job, or deploy.restart_policy.condition none"
        )
        yield Finding(EXITED_SUCCESS, message, "exited 0", "restart policy any")
        return
    wanted = _completions(expected, seen, service)
    done = [one for one in seen.newest if _succeeded(one)]
    if len(done) >= wanted:
        yield from _stale(expected, seen, done)
        return
    open_ones = [one for one in seen.newest if not _succeeded(one)]
    if not open_ones:
        yield _too_few(seen, service, len(done), wanted)
    for one in sorted(open_ones, key=lambda one: _RANK.get(one.state, len(_RANK))):
        yield _unfinished(one, seen)


_RANK: Final = {"failed": 0, "rejected": 1, "orphaned": 2, "shutdown": 3, "running": 4}


def _completions(expected: SwarmExpectation, seen: Seen, service: StackService) -> int:
    if seen.places is not None:
        # A node that was drained since has done its part all the same.
        return max(seen.places, 1)
    return max(service.count or 0, expected.replicas)


def _too_few(seen: Seen, service: StackService, done: int, wanted: int) -> Finding:
    older = "; an older run of it succeeded" if any(map(_succeeded, seen.older)) else ""
    why = "nothing is scheduled, or the history of its tasks was cut" if not done else ""
    message = (
        f"{service.name} has {done} of {wanted} completions{': ' * bool(why)}{why}{older}; "
        "a one-shot must exit 0"
    )
    return Finding(EXITED_SUCCESS, message, f"{wanted} completions", f"{done} completions")


def _unfinished(task: Task, seen: Seen) -> Finding:
    name, actual = name_of(task, seen), describe(task, seen)
    if finding := _not_started(task, seen):
        return finding
    before = [one for one in seen.tries if one.slot == task.slot and one.exit_code]
    failed = f" after it {exited(before[0].exit_code or 0)}" if before else ""
    if task.state == "failed" and not task.error.startswith("task: non-zero exit"):
        actual = f"{actual}: {task.error}" if task.error else actual
    if task.state == "failed":
        what = actual + (f" in each of {len(before)} tries" if len(before) > 1 else "")
    elif task.state == "running":
        what = f"is still {actual}{failed}"
    elif task.state in ENDED:
        what = f"was shut down before its end ({task.state})"
    else:
        what = f"has not started yet: {actual}{failed}"
    older = "; an older run of it succeeded" if any(map(_succeeded, seen.older)) else ""
    message = f"{name} {what}{older}; a one-shot must exit 0"
    return Finding(EXITED_SUCCESS, message, "exited 0", actual)


def _of_node(task: Task, seen: Seen) -> Finding | None:
    """Find a task of which nothing is known, since its node is gone."""
    node = seen.node_of(task)
    lost = task.state == "orphaned" or (task.state not in ENDED and node and not node.ready)
    if not lost:
        return None
    name = node.name if node else "a node that was removed"
    message = (
        f"{name_of(task, seen)} was last seen {task.state}, and its node is down: bring {name} "
        "back, or remove it from the Swarm"
    )
    return Finding(NODE, message, "a node that is up", f"{name} is down")


def _rejected(task: Task, seen: Seen) -> Finding:
    message = f"{name_of(task, seen)} was rejected: {task.error or task.message}"
    return Finding(REJECTED, message, "a task that starts", f"rejected ({task.error})")


def _pending(task: Task, seen: Seen) -> Finding:
    message = f"{name_of(task, seen)} waits for a node: {task.error}"
    return Finding(PENDING, message, "a task that starts", f"pending ({task.error})")


def _stale(expected: SwarmExpectation, seen: Seen, done: Sequence[Task]) -> Iterator[Finding]:
    finished = max((one.changed_at for one in done), default=None)
    if expected.max_age and finished and seen.now - finished > expected.max_age:
        old = age_of(finished, seen.now)
        message = f"{name_of(done[0], seen)} exited 0 {old} ago, which is older than its max_age"
        yield Finding(STALE, message, f"exited 0 within {span_of(expected.max_age)}", f"{old} ago")


def _undecided(expected: SwarmExpectation) -> Finding:
    message = (
        f"all tasks of '{expected.service}' exited 0, and nothing says whether it is to end: give "
        "it deploy.mode replicated-job if it is a one-shot, or write x-platform: "
        "{expected_state: running} into the service if it is not"
    )
    return Finding(UNDECIDED, message, "a declared state", "exited 0")


def _service(expected: SwarmExpectation, seen: Seen, service: StackService) -> Iterator[Finding]:
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
    if len(running) > wanted and service.update != "updating":
        message = f"{service.name} has {_tasks(len(running))}, {wanted} declared"
        yield Finding(DUPLICATE, message, _tasks(wanted), _tasks(len(running)))
    if not found and expected.state is ExpectedState.HEALTHY and not _has_check(service):
        message = f"{service.name} has no health check, so nobody knows whether it is healthy"
        yield Finding(HEALTH, message, "healthy", "no health check")


def _not_started(task: Task, seen: Seen) -> Finding | None:
    """Find what keeps a task from running at all."""
    if finding := _of_node(task, seen):
        return finding
    if task.state == "rejected":
        return _rejected(task, seen)
    if task.state in {"new", "pending"} and task.error:
        return _pending(task, seen)
    return None


def _task(expected: SwarmExpectation, task: Task, seen: Seen) -> Finding | None:
    name, actual, wanted = name_of(task, seen), describe(task, seen), expected.state.value
    if finding := _not_started(task, seen):
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
