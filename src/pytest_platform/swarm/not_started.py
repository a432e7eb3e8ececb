"""What keeps a task from running at all: its node, a rejection, or that no node takes it. Pure."""

from __future__ import annotations

from typing import Final

from pytest_platform.swarm.seen import ENDED, Seen, name_of
from pytest_platform.swarm.services import Task
from pytest_platform.verdict import Finding

REJECTED: Final = "task.rejected"
PENDING: Final = "task.pending"
NODE: Final = "task.node"


def not_started(task: Task, seen: Seen) -> Finding | None:
    """Find what keeps a task from running at all."""
    if finding := _of_node(task, seen):
        return finding
    if task.state == "rejected":
        return _rejected(task, seen)
    if task.state in {"new", "pending"} and task.error:
        return _pending(task, seen)
    return None


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
