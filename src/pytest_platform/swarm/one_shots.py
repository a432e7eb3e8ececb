"""The truth table of what is to end: jobs, and services that are not started again. Pure.

A job passes only when all completions of its *current* iteration exited 0. That an older one
passed, that ``stack deploy`` returned 0 and what ``service ls`` shows say nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from pytest_platform.swarm.not_started import not_started
from pytest_platform.swarm.seen import ENDED, Seen, SwarmExpectation, describe, name_of, succeeded
from pytest_platform.swarm.services import StackService, Task
from pytest_platform.verdict import Finding
from pytest_platform.workload.seen import age_of, exited, span_of

EXITED_SUCCESS: Final = "container.state.exited_success"
STALE: Final = "container.state.stale"


def judge_one_shot(
    expected: SwarmExpectation, seen: Seen, service: StackService
) -> Iterator[Finding]:
    """Yield what is wrong with a one-shot, the worst first."""
    policy = (service.template.get("RestartPolicy") or {}).get("Condition") or "any"
    if not service.is_job and policy == "any":
        message = (
            f"{service.name} is started again whenever it ends: give it deploy.mode "
            "replicated-job, or deploy.restart_policy.condition none"
        )
        yield Finding(EXITED_SUCCESS, message, "exited 0", "restart policy any")
        return
    wanted = _completions(expected, seen, service)
    done = [one for one in seen.newest if succeeded(one)]
    if len(done) >= wanted:
        yield from _stale(expected, seen, done)
        return
    open_ones = [one for one in seen.newest if not succeeded(one)]
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
    older = "; an older run of it succeeded" if any(map(succeeded, seen.older)) else ""
    why = "nothing is scheduled, or the history of its tasks was cut" if not done else ""
    message = (
        f"{service.name} has {done} of {wanted} completions{': ' * bool(why)}{why}{older}; "
        "a one-shot must exit 0"
    )
    return Finding(EXITED_SUCCESS, message, f"{wanted} completions", f"{done} completions")


def _unfinished(task: Task, seen: Seen) -> Finding:
    name, actual = name_of(task, seen), describe(task, seen)
    if finding := not_started(task, seen):
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
    older = "; an older run of it succeeded" if any(map(succeeded, seen.older)) else ""
    message = f"{name} {what}{older}; a one-shot must exit 0"
    return Finding(EXITED_SUCCESS, message, "exited 0", actual)


def _stale(expected: SwarmExpectation, seen: Seen, done: Sequence[Task]) -> Iterator[Finding]:
    finished = max((one.changed_at for one in done), default=None)
    if expected.max_age and finished and seen.now - finished > expected.max_age:
        old = age_of(finished, seen.now)
        message = f"{name_of(done[0], seen)} exited 0 {old} ago, which is older than its max_age"
        yield Finding(STALE, message, f"exited 0 within {span_of(expected.max_age)}", f"{old} ago")
