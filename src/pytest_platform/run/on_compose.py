"""Containers of Compose projects, as the seam wants them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from msgspec import Struct

from pytest_platform.compose.service import RenderedService, Restart
from pytest_platform.docker.details import Digests
from pytest_platform.docker.snapshot import Container, Snapshot, take
from pytest_platform.docker.writable import WritableEngine, exit_code_of, start, wait_for_exit
from pytest_platform.errors import PlatformError
from pytest_platform.module.loader import Module
from pytest_platform.probes.kind import Target
from pytest_platform.run.engines import Again, Host, Reach
from pytest_platform.stack.errors import OtherEngine
from pytest_platform.state import table
from pytest_platform.state.facts import describe, expected_of, seen_of
from pytest_platform.state.wait import subscribed
from pytest_platform.workload.seen import (
    Changes,
    HostView,
    JudgedState,
    Phase,
    ServiceKey,
    Workload,
)

NAME = "compose"
_ENDED = frozenset({"exited", "dead"})
_STOPPED = frozenset({"exited", "restarting", "dead"})
_PHASES = {"created": Phase.WAITING, "running": Phase.RUNNING, "paused": Phase.RUNNING}


class OnCompose:
    """The engine ``compose``."""

    ignores: Mapping[str, str] = {}

    def restart_of(self, service: RenderedService) -> Restart:
        """Read the policy as Compose does."""
        return service.restart_policy

    def as_deployed(self, service: Mapping[str, Any]) -> Mapping[str, Any]:
        """Add nothing."""
        return service

    def take(self, host: Host, keys: Collection[ServiceKey], digests: Digests | None) -> Snapshot:
        """Look at the containers of some services."""
        return take(host.engine, keys, digests)

    def watch(self, host: Host, groups: Collection[str]) -> AbstractContextManager[Changes]:
        """Subscribe to the Engine's events."""
        return subscribed(host.engine, groups)

    def state(
        self, module: Module, view: HostView, owner: Module | None, beside: HostView | None
    ) -> JudgedState:
        """Judge the containers of a module."""
        others = beside if isinstance(beside, Snapshot) else None
        seen = seen_of(module, owner, containers_in(view), others)
        expected = expected_of(module)
        return JudgedState(
            seen.now,
            tuple(workload_of(one, describe(one, seen.now)) for one in seen.containers),
            tuple(table.judge(expected, seen)),
            table.settled(expected, seen),
        )

    def running_beside(self, module: Module, view: HostView) -> bool | None:
        """Tell whether one of ``docker compose run`` goes on."""
        details = containers_in(view).details
        if details is None:
            return None
        key = (module.project, module.service)
        return any((one.project, one.service) == key for one in details.one_offs)

    def target(self, module: Module, host: Host, view: HostView, reach: Reach) -> Target:  # noqa: ARG002
        """Return the containers of the host."""
        return Target(module, host.transport, host.engine, containers_in(view))

    def tail(self, host: Host, workload: Workload, lines: int) -> str:
        """Return the end of the container's log."""
        return host.engine.log_tail(workload.id, lines)

    @contextmanager
    def again(self, host: Host, module: Module, workload: Workload) -> Iterator[Again]:  # noqa: ARG002
        """Start the container that exists."""
        with WritableEngine(host.transport) as engine:
            yield _Container(engine, host, workload.id)


class _Container(Struct, frozen=True):
    """One container to be started once more."""

    engine: WritableEngine
    host: Host
    id: str

    def start(self) -> None:
        start(self.engine, self.id)

    def wait(self, timeout: float) -> int:
        return wait_for_exit(self.engine, self.id, timeout=timeout)

    def now(self) -> str:
        try:
            container = self.host.engine.inspect(self.id)
        except PlatformError:
            container = None
        code = exit_code_of(container) if container else None
        return "running" if code is None else f"exited {code}"


def containers_in(view: HostView) -> Snapshot:
    """Return a look as one at containers of Compose.

    Raises:
        OtherEngine: it is one at something else.
    """
    if isinstance(view, Snapshot):
        return view
    message = "this can be asked of a container of Compose alone, and the module runs elsewhere"
    raise OtherEngine(message)


def runs_containers(module: Module) -> bool:
    """Tell whether Compose makes the containers of a module, on the one host that it has."""
    return module.engine == NAME


def workload_of(container: Container, words: str) -> Workload:
    """Return what was seen of a container in words of no engine."""
    return Workload(
        container.id,
        container.name,
        _phase(container),
        container.status,
        words,
        exit_code=container.exit_code if container.status in _ENDED else None,
        health=container.health,
        started_at=container.started_at,
        finished_at=container.finished_at,
        restart_count=container.restart_count,
        image=container.image,
        image_id=container.image_id,
        revision=container.config_hash,
        troubled=container.status in _STOPPED or bool(container.restart_count),
        ports=tuple(_published(container)),
    )


def _published(container: Container) -> Iterator[int]:
    for one in container.network.published:
        port, _, protocol = one.port.partition("/")
        if protocol == "tcp":
            yield int(port)


def _phase(container: Container) -> Phase:
    if container.status in _ENDED:
        return Phase.FAILED if container.exit_code else Phase.SUCCEEDED
    return _PHASES.get(container.status, Phase.UNKNOWN)
