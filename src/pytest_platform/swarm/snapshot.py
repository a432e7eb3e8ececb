"""What a manager knows of its Swarm, taken once and shared by all checks."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from msgspec import Struct, field
from msgspec.structs import replace

from pytest_platform.docker.details import Digests
from pytest_platform.docker.engine import Document, Engine
from pytest_platform.errors import EngineError, PlatformError
from pytest_platform.secrets import Secrets
from pytest_platform.swarm.nodes import SwarmNode, read_node
from pytest_platform.swarm.services import KILLED, StackService, Task, read_service, read_task
from pytest_platform.workload.seen import ServiceKey

QUESTIONS: Final = ("/services", "/tasks", "/nodes", "/networks")


class NoManager(PlatformError):
    """The host is in a Swarm and does not lead it: only a manager answers."""

    code = "swarm.worker"


class NoSwarm(PlatformError):
    """The Engine is part of no Swarm."""

    code = "swarm.inactive"


class NoQuorum(PlatformError):
    """Too few managers are there to answer for the Swarm."""

    code = "swarm.quorum"


class SwarmSnapshot(Struct, frozen=True):
    """One look at a Swarm through a manager. ``networks`` are names by id."""

    host: str
    taken_at: datetime
    services: tuple[StackService, ...]
    tasks: Mapping[str, tuple[Task, ...]] = field(default_factory=dict)
    nodes: Mapping[str, SwarmNode] = field(default_factory=dict)
    networks: Mapping[str, str] = field(default_factory=dict)
    secrets: Secrets = field(default_factory=Secrets)
    digests: Digests | None = None

    @property
    def public(self) -> set[str]:
        """The names of what was seen, which are no secrets."""
        names = {word for one in self.services for word in (one.name, one.stack)}
        return names | {node.name for node in self.nodes.values()}

    def at(self, moment: datetime) -> SwarmSnapshot:
        """Return the same look as if it had been taken later."""
        return replace(self, taken_at=moment)

    def of(self, stack: str, service: str) -> StackService | None:
        """Return a service of a stack by its label and its name."""
        name = f"{stack}_{service}"
        found = (one for one in self.services if (one.stack, one.name) == (stack, name))
        return next(found, None)

    def tasks_of(self, service: StackService) -> tuple[Task, ...]:
        """Return the tasks of a service that the manager still remembers, the newest first."""
        return self.tasks.get(service.id, ())


def take(
    engine: Engine, keys: Collection[ServiceKey], digests: Digests | None = None
) -> SwarmSnapshot:
    """Look at the Swarm: four questions, however many services there are.

    Raises:
        NoManager, NoSwarm, NoQuorum: the host cannot answer for a Swarm.
        EngineError: the Engine cannot be asked.
    """
    services, tasks, nodes, networks = _asked(engine)
    kept = {f"{stack}_{name}" for stack, name in keys} if digests else set()
    seen = read(engine.host, services, tasks, nodes, networks, digests=digests, kept=kept)
    return _with_memory(seen, keys, engine)


def _asked(engine: Engine) -> list[Any]:
    try:
        return engine.ask(QUESTIONS)
    except EngineError as error:
        raise explained(error, engine.host) from None


def explained(error: EngineError, host: str) -> PlatformError:
    """Return what a refusal means, in words that say what to do."""
    said = str(error)
    if "Worker nodes can't be used" in said:
        message = f"{host} is a worker of its Swarm, and only a manager answers: name a manager"
        return NoManager(message)
    if "not a swarm manager" in said:
        message = f"the Engine on {host} is in no Swarm: name a manager, or run docker swarm init"
        return NoSwarm(message)
    if "does not have a leader" in said or "too few managers" in said or "context deadline" in said:
        message = (
            f"the Swarm of {host} has no leader, as too few of its managers are up: bring them "
            "back; nothing can be said of its services until then"
        )
        return NoQuorum(message)
    return error


def read(  # noqa: PLR0913 - the answers to all questions
    host: str,
    services: Iterable[Document],
    tasks: Iterable[Document],
    nodes: Iterable[Document],
    networks: Iterable[Document] = (),
    *,
    digests: Digests | None = None,
    kept: Collection[str] = (),
    now: datetime | None = None,
) -> SwarmSnapshot:
    """Make a snapshot of the manager's answers.

    Environments leave it not at all, or as digests where they are ``kept``, by names of services.
    """
    services = list(services)
    by_service: dict[str, list[Task]] = {}
    for one in map(read_task, tasks):
        by_service.setdefault(one.service, []).append(one)
    return SwarmSnapshot(
        host,
        now or datetime.now(UTC),
        tuple(
            read_service(one, digests if one["Spec"]["Name"] in kept else None) for one in services
        ),
        {key: tuple(sorted(found, key=_made, reverse=True)) for key, found in by_service.items()},
        {one["ID"]: read_node(one) for one in nodes},
        {one["Id"]: one["Name"] for one in networks or ()},
        Secrets(outside=_environments(services)),
        digests,
    )


def _made(task: Task) -> datetime:
    return task.made_at


def _with_memory(
    seen: SwarmSnapshot, keys: Collection[ServiceKey], engine: Engine
) -> SwarmSnapshot:
    """Ask the manager's own Engine whether what was killed was out of memory: no task says so."""
    wanted = [one for stack, name in sorted(keys) if (one := seen.of(stack, name))]
    killed = [task for one in wanted for task in seen.tasks_of(one) if task.exit_code == KILLED]
    if not killed:
        return seen
    containers = engine.inspect_all([one.container for one in killed])
    dead = {
        task.id
        for task, container in zip(killed, containers, strict=True)
        if container and container.state.oom_killed
    }
    tasks = {
        key: tuple(replace(one, out_of_memory=True) if one.id in dead else one for one in found)
        for key, found in seen.tasks.items()
    }
    return replace(seen, tasks=tasks)


def _environments(services: Iterable[Document]) -> Iterator[tuple[str, str]]:
    for service in services:
        for where in ("Spec", "PreviousSpec"):
            template = (service.get(where) or {}).get("TaskTemplate") or {}
            for entry in (template.get("ContainerSpec") or {}).get("Env") or ():
                name, _, value = entry.partition("=")
                yield name, value
