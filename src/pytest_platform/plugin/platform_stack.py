"""The stack as tests in Python get it, whether it is one's own or a deployed one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pytest_platform.docker import start
from pytest_platform.docker.snapshot import Container, Snapshot
from pytest_platform.docker.writable import WritableEngine
from pytest_platform.run.host import Host
from pytest_platform.stack.errors import StackDeployed, StackPort

RUN_TIMEOUT = 300.0


@dataclass(frozen=True, slots=True)
class PlatformStack:
    """A Compose project with running modules. ``ephemeral`` tells that it is the run's own."""

    project: str
    ephemeral: bool
    _host: Host
    _snapshot: Callable[[], Snapshot]
    _changed: Callable[[], None]

    def port(self, service: str, port: int, protocol: str = "tcp") -> int:
        """Return the host's port at which a port of a service is published.

        Raises:
            StackPort: it is not published.
            EngineError: the Engine cannot be asked.
        """
        document = self._host.engine.inspect(self._container(service).id) or {}
        ports = (document.get("NetworkSettings") or {}).get("Ports") or {}
        for binding in ports.get(f"{port}/{protocol}") or ():
            return int(binding["HostPort"])
        message = f"port {port}/{protocol} of '{service}' is not published"
        raise StackPort(message)

    def run_again(self, service: str, *, timeout: float = RUN_TIMEOUT) -> int:
        """Run a one-shot once more, in the container it has; return its exit code.

        Raises:
            StackDeployed: the stack is not the run's own.
            OneShotTimeout: it did not end within ``timeout`` seconds.
            EngineError: it cannot be started.
        """
        if not self.ephemeral:
            message = (
                f"'{service}' is deployed: run it again with --apply, or use --stack=ephemeral"
            )
            raise StackDeployed(message)
        container = self._container(service).id
        try:
            with WritableEngine(self._host.transport) as engine:
                start.start(engine, container)
                return start.wait_for_exit(engine, container, timeout=timeout)
        finally:
            self._changed()

    def _container(self, service: str) -> Container:
        containers = self._snapshot().of(self.project, service)
        if containers:
            return containers[0]
        message = f"'{service}' has no container in {self.project}"
        raise StackPort(message)
