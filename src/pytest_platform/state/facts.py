"""What a module's state is judged by: what is declared, and what snapshots show. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from pytest_platform.docker.snapshot import Container, Snapshot
from pytest_platform.module.forms import ExpectedState
from pytest_platform.module.loader import Module
from pytest_platform.units import seconds
from pytest_platform.workload.seen import age_of, exited

_PRE_START = "pre_start"


class Expectation(Struct, frozen=True):
    """What the module declares. ``max_age`` bounds how long ago a one-shot exited 0.

    Where it is ``undecided`` whether it is to end, running is right, and an exit with 0 is not
    judged.
    """

    service: str
    state: ExpectedState
    replicas: int = 1
    max_age: timedelta | None = None
    hook: str | None = None
    deploy: str = "docker compose up -d"
    undecided: bool = False


class ObservedState(Struct, frozen=True):
    """What a snapshot shows of one module.

    ``containers`` are those that the state is judged by. ``bearers`` are, for a hook,
    the containers of the service that carries it. ``data_created`` is when the newest
    data volume of the owner was made.
    """

    now: datetime
    containers: Sequence[Container]
    bearers: Sequence[Container] = ()
    data_created: datetime | None = None


def expected_of(module: Module) -> Expectation:
    """Take from a module what its state is judged against."""
    runtime = module.manifest.spec.runtime
    max_age = timedelta(seconds=seconds(runtime.max_age)) if runtime.max_age else None
    return Expectation(
        module.service,
        runtime.expected_state,
        runtime.replicas,
        max_age,
        runtime.hook,
        module.deploy,
        module.undecided,
    )


def seen_of(
    module: Module,
    owner: Module | None,
    snapshot: Snapshot,
    beside_owner: Snapshot | None = None,
) -> ObservedState:
    """Take from snapshots what was seen of a module, and of the data of its owner.

    The owner may be on another host, and ``beside_owner`` the snapshot of that one.
    """
    own = snapshot.of(module.project, module.service)
    hook = module.manifest.spec.runtime.hook
    data_created = _data_created(owner, beside_owner or snapshot) if owner else None
    if hook is None:
        failed = snapshot.hooks_of(module.project, module.service, _PRE_START)
        held = [_held_back(one, failed) for one in own]
        return ObservedState(snapshot.taken_at, held, (), data_created)
    kept = snapshot.hooks_of(module.project, module.service, hook)
    return ObservedState(snapshot.taken_at, kept, own, data_created)


def _held_back(container: Container, hooks: Sequence[Container]) -> Container:
    """Add why a container was never started, where a hook before it failed; the Engine cannot."""
    failed = next((one for one in hooks if one.status == "exited" and one.exit_code), None)
    if failed is None or container.status != "created" or container.error:
        return container
    why = f"its {_PRE_START} hook {failed.name} {exit_of(failed)}; see: docker logs {failed.name}"
    return replace(container, error=why)


def _data_created(owner: Module, snapshot: Snapshot) -> datetime | None:
    made = [
        snapshot.volumes[name]
        for container in snapshot.of(owner.project, owner.service)
        for name in container.volumes
        if name in snapshot.volumes
    ]
    return max(made, default=None)


def describe(container: Container, now: datetime) -> str:
    """Say in a few words what a container is doing, for people."""
    if container.status == "exited":
        count = container.restart_count if container.restart_limit else 0
        return exit_of(container) + (f" after {_restarts(count)}" if count else "")
    if container.status == "created":
        return "created, never started"
    if container.status != "running":
        return container.status
    words = f"running for {age_of(container.started_at, now)}"
    return f"{words}, {container.health}" if container.health else words


def exit_of(container: Container) -> str:
    """Name the exit code, and what is known of its cause."""
    return exited(container.exit_code, out_of_memory=container.oom_killed)


def reason_of(container: Container) -> str:
    """Give the Engine's own words, where it could not start or run the container."""
    return f" ({container.error})" if container.error else ""


def last_exit_of(container: Container) -> str:
    """Give the exit code of the last run; while another one runs, the Engine says 0."""
    if container.status != "running":
        return f", last exit code {container.exit_code}"
    if container.last_exit is None:
        return ", running just now"
    return f", last exit code {container.last_exit}, running just now"


def _restarts(count: int) -> str:
    return f"{count} restart{'s' if count > 1 else ''}"


def in_containers(count: int) -> str:
    """Count containers."""
    return "1 container" if count == 1 else f"{count} containers"
