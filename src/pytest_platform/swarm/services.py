"""One service and one task of a Swarm, read from the answers of its API."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from msgspec import Struct

from pytest_platform.docker.details import Digests
from pytest_platform.docker.engine import Document

NAMESPACE: Final = "com.docker.stack.namespace"
"""The label by which a service belongs to a stack, whatever tool has deployed it."""

KILLED: Final = 137


class Port(Struct, frozen=True):
    """One port of a service or a task; ``mode`` is ``ingress`` or ``host``.

    ``published`` is 0 where a service leaves the choice to the node of each task.
    """

    target: int
    published: int
    protocol: str
    mode: str


class Task(Struct, frozen=True):
    """One try of a service to run once. ``exit_code`` is None where it has not ended.

    ``slot`` counts the tasks of a service, where there is not one on each node. ``wanted`` is the
    state that Swarm wants, ``forced`` how often the service had been forced to start again.
    """

    id: str
    service: str
    slot: int
    node: str
    state: str
    wanted: str
    made_at: datetime
    changed_at: datetime
    message: str = ""
    error: str = ""
    exit_code: int | None = None
    container: str = ""
    image: str = ""
    iteration: int = 0
    forced: int = 0
    out_of_memory: bool = False
    ports: tuple[Port, ...] = ()


@dataclass(frozen=True, slots=True)
class StackService:
    """One service. ``spec`` is as the API has it, with digests in place of environments' values.

    ``mode`` is ``replicated``, ``global``, ``replicated-job`` or ``global-job``, and ``count``
    how many tasks or completions it wants, None where that is one on each node.
    """

    id: str
    name: str
    stack: str
    version: int
    mode: str
    count: int | None
    spec: Document = field(repr=False)
    iteration: int = 0
    executed_at: datetime | None = None
    update: str = ""
    update_message: str = ""
    ports: tuple[Port, ...] = ()

    @property
    def is_job(self) -> bool:
        """Whether Swarm itself knows that it is to end."""
        return self.mode.endswith("-job")

    @property
    def template(self) -> Document:
        """What its tasks are made from."""
        template: Document = self.spec.get("TaskTemplate") or {}
        return template

    @property
    def container(self) -> Document:
        """What the containers of its tasks are made from."""
        container: Document = self.template.get("ContainerSpec") or {}
        return container

    @property
    def forced(self) -> int:
        """How often an update without a change has started its tasks again."""
        return int(self.template.get("ForceUpdate") or 0)


def read_service(document: Document, digests: Digests | None = None) -> StackService:
    """Read one service as the API describes it."""
    spec = document["Spec"]
    mode, count = mode_of(spec.get("Mode") or {})
    job, update = document.get("JobStatus") or {}, document.get("UpdateStatus") or {}
    return StackService(
        document["ID"],
        spec["Name"],
        (spec.get("Labels") or {}).get(NAMESPACE, ""),
        document["Version"]["Index"],
        mode,
        count,
        _without_values(spec, digests),
        (job.get("JobIteration") or {}).get("Index") or 0,
        moment(job.get("LastExecution")),
        update.get("State") or "",
        update.get("Message") or "",
        tuple(_ports(document.get("Endpoint"))),
    )


def _ports(document: Document | None) -> Iterator[Port]:
    for one in (document or {}).get("Ports") or ():
        protocol, mode = one.get("Protocol") or "tcp", one.get("PublishMode") or "ingress"
        yield Port(one["TargetPort"], one.get("PublishedPort") or 0, protocol, mode)


def mode_of(mode: Document) -> tuple[str, int | None]:
    """Return the word of a mode, and how many tasks it wants; None where one on each node."""
    if "ReplicatedJob" in mode:
        total = (mode["ReplicatedJob"] or {}).get("TotalCompletions")
        return "replicated-job", 1 if total is None else total
    if "GlobalJob" in mode:
        return "global-job", None
    if "Global" in mode:
        return "global", None
    replicas = (mode.get("Replicated") or {}).get("Replicas")
    return "replicated", 1 if replicas is None else replicas


def _without_values(spec: Document, digests: Digests | None) -> Document:
    """Replace the values of an environment by digests, or leave out all of it."""
    template = spec.get("TaskTemplate") or {}
    container = template.get("ContainerSpec") or {}
    entries = [entry.partition("=") for entry in container.get("Env") or ()] if digests else []
    env = {
        name: digests.of(value) if digests and equals else None for name, equals, value in entries
    }
    return {**spec, "TaskTemplate": {**template, "ContainerSpec": {**container, "Env": env}}}


def read_task(document: Document) -> Task:
    """Read one task as the API describes it."""
    status, spec = document.get("Status") or {}, document.get("Spec") or {}
    state, contained = status.get("State") or "", status.get("ContainerStatus") or {}
    ran = state in {"complete", "failed"} and contained.get("ContainerID")
    container = spec.get("ContainerSpec") or {}
    return Task(
        document["ID"],
        document.get("ServiceID") or "",
        document.get("Slot") or 0,
        document.get("NodeID") or "",
        state,
        document.get("DesiredState") or "",
        moment(document.get("CreatedAt")) or datetime.min.replace(tzinfo=UTC),
        moment(status.get("Timestamp")) or datetime.min.replace(tzinfo=UTC),
        status.get("Message") or "",
        status.get("Err") or "",
        int(contained.get("ExitCode") or 0) if ran else None,
        contained.get("ContainerID") or "",
        container.get("Image") or "",
        (document.get("JobIteration") or {}).get("Index") or 0,
        int(spec.get("ForceUpdate") or 0),
        ports=tuple(_ports(status.get("PortStatus"))),
    )


def moment(text: str | None) -> datetime | None:
    """Read a time of the API; its year 1 means never."""
    if not text or text.startswith("0001-"):
        return None
    return datetime.fromisoformat(text).astimezone(UTC)
