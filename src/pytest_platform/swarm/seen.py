"""What a snapshot shows of one service: the tasks that count, and how they are called. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from msgspec import Struct

from pytest_platform.module.forms import ExpectedState
from pytest_platform.swarm.nodes import SwarmNode, eligible
from pytest_platform.swarm.services import KILLED, StackService, Task
from pytest_platform.swarm.snapshot import SwarmSnapshot
from pytest_platform.workload.seen import age_of, exited

ENDED: Final = frozenset({"complete", "failed", "rejected", "shutdown", "orphaned", "remove"})
_STARTING: Final = frozenset({"new", "allocated", "assigned", "accepted", "preparing", "ready"})


class Seen(Struct, frozen=True):
    """What a snapshot shows of one module.

    ``newest`` has the newest task of each slot or node that counts, ``tries`` all tasks of the
    current iteration, the newest first; ``older`` are those of other iterations. ``stacks`` are
    those that the Swarm has, where it has not the service; ``unlabelled`` is one of its name that
    belongs to no stack, or to another one.
    """

    now: datetime
    service: StackService | None
    newest: tuple[Task, ...] = ()
    tries: tuple[Task, ...] = ()
    older: tuple[Task, ...] = ()
    nodes: Mapping[str, SwarmNode] | None = None
    stack: str = ""
    stacks: tuple[str, ...] = ()
    unlabelled: str = ""

    @property
    def places(self) -> int | None:
        """On how many nodes there is to be a task; None where it is not one on each."""
        if self.service is None or self.service.count is not None:
            return None
        placement = self.service.template.get("Placement") or {}
        return len(eligible((self.nodes or {}).values(), placement))

    def node_of(self, task: Task) -> SwarmNode | None:
        """Return the node of a task; None where it is on none, or that was removed."""
        return (self.nodes or {}).get(task.node)


def seen_of(snapshot: SwarmSnapshot, stack: str, name: str) -> Seen:
    """Take from a snapshot what was seen of one service."""
    service = snapshot.of(stack, name)
    if service is None:
        stacks = tuple(sorted({one.stack for one in snapshot.services if one.stack}))
        names = (one.name for one in snapshot.services if one.name == f"{stack}_{name}")
        return Seen(
            snapshot.taken_at,
            None,
            nodes=snapshot.nodes,
            stack=stack,
            stacks=stacks,
            unlabelled=next(names, ""),
        )
    tasks = snapshot.tasks_of(service)
    current = [one for one in tasks if is_current(one, service)]
    older = tuple(one for one in tasks if not is_current(one, service))
    newest: dict[object, Task] = {}
    for one in current:
        newest.setdefault(one.slot if service.count is not None else one.node, one)
    counted = tuple(_counted(list(newest.values()), service, current))
    return Seen(snapshot.taken_at, service, counted, tuple(current), older, snapshot.nodes)


def is_current(task: Task, service: StackService) -> bool:
    """Tell whether a task belongs to the current iteration of a job, or run of a service."""
    if service.is_job:
        return task.iteration == service.iteration
    return task.forced == service.forced or task.wanted == "running"


def _counted(
    newest: Sequence[Task], service: StackService, tries: Sequence[Task]
) -> Iterator[Task]:
    """Yield the tasks that count: of a service not those that Swarm has shut down for good."""
    done = {one.slot: one for one in reversed(tries) if one.state == "complete"}
    for one in sorted(newest, key=lambda one: (one.slot, one.node)):
        if service.mode == "replicated-job" and one.slot in done:
            yield done[one.slot]
        elif service.is_job or one.state != "shutdown":
            yield one


def in_progress(seen: Seen) -> bool:
    """Tell whether a task runs, or is about to."""
    return any(one.state not in ENDED for one in seen.tries)


def describe(task: Task, seen: Seen) -> str:
    """Say in a few words what a task is doing, for people."""
    if task.exit_code is not None:
        said = exited(task.exit_code, out_of_memory=task.out_of_memory)
        return said.replace("(killed)", _killed(seen)) if task.exit_code == KILLED else said
    if task.state == "running":
        return f"running for {age_of(task.changed_at, seen.now)}"
    said = task.error or (task.message if task.state in _STARTING else "")
    return f"{task.state} ({said})" if said and said != task.state else task.state


def _killed(seen: Seen) -> str:
    """Say why a task may have been killed: only the Engine of its node knows for sure."""
    template = seen.service.template if seen.service else {}
    limit = ((template.get("Resources") or {}).get("Limits") or {}).get("MemoryBytes")
    if not limit:
        return "(killed)"
    return f"(killed, perhaps out of memory: its limit is {limit // 2**20} MiB)"


def name_of(task: Task, seen: Seen) -> str:
    """Name a task as ``docker service ps`` does, with its node where that is known."""
    service, node = seen.service, seen.node_of(task)
    name = service.name if service else task.service
    if service and service.count is not None:
        name = f"{name}.{task.slot}"
    return f"{name} on {node.name}" if node else name


class SwarmExpectation(Struct, frozen=True):
    """What the module declares. ``replicas`` says nothing of what runs once on each node."""

    service: str
    state: ExpectedState
    replicas: int = 1
    max_age: timedelta | None = None
    deploy: str = "docker stack deploy"
    undecided: bool = False


def succeeded(task: Task) -> bool:
    """Tell whether a task has exited 0."""
    return task.state == "complete" and not task.exit_code
