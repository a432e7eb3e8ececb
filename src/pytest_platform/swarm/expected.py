"""What a module declares of a service, and how a task that has done its part looks. Pure."""

from __future__ import annotations

from datetime import timedelta

from msgspec import Struct

from pytest_platform.module.forms import ExpectedState
from pytest_platform.swarm.services import Task


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
