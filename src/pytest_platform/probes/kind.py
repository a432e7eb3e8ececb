"""What a probe kind is: a spec to be written in YAML, an ``observe`` and a ``judge``."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

from msgspec import Struct

from pytest_platform.docker.endpoints import Network, read_network
from pytest_platform.docker.engine import Engine
from pytest_platform.docker.exec import ExecResult, exec_in
from pytest_platform.docker.snapshot import Container, Snapshot
from pytest_platform.docker.writable import WritableEngine
from pytest_platform.errors import PlatformError
from pytest_platform.hosts.transport import Address, Transport
from pytest_platform.module.forms import Base
from pytest_platform.module.loader import Module
from pytest_platform.verdict import Finding

MAX_OUTPUT = 1024 * 1024
"""Bytes that are read of one stream of a command's output."""


class NoContainer(PlatformError):
    """The probe's container does not exist or does not run, so nothing could be asked."""

    code = "probe.no_container"


class NoAddress(PlatformError):
    """The container runs and cannot be reached over the network from beside its host."""

    code = "probe.no_address"


class Endpoint(Struct, frozen=True):
    """Where a connection goes. ``name`` is for people; ``address`` is what a socket takes.

    ``host`` and ``port`` are the address as the container's host sees it.
    """

    name: str
    host: str
    port: int
    address: Address


class Target(Struct, frozen=True):
    """Where a probe goes: the module, its host and the Engine there, what was seen of it."""

    module: Module
    transport: Transport
    engine: Engine
    snapshot: Snapshot

    def looking_into(self, service: str | None) -> Target:  # noqa: ARG002
        """Return the target for looking into a container: where several hosts are, its own."""
        return self

    def gathered(
        self,
        service: str | None,  # noqa: ARG002
        streams: Collection[str],  # noqa: ARG002
        tail: int | None,  # noqa: ARG002
        limit: int,  # noqa: ARG002
    ) -> tuple[str, bytes, bool] | None:
        """Return name and output of a service, where it is not read container by container.

        The last one tells that it is more than ``limit`` bytes.
        """
        return None

    def container(self, service: str | None) -> Container:
        """Return the running container of a service of the module's project.

        Raises:
            NoContainer: there is none, or it does not run.
        """
        name = service or self.module.service
        containers = self.snapshot.of(self.module.project, name)
        running = [one for one in containers if one.status == "running"]
        if running:
            return running[0]
        state = containers[0].status if containers else "missing"
        message = f"a running container of '{name}' is needed, which is {state}"
        raise NoContainer(message)

    def endpoint(self, port: int, *, service: str | None = None, protocol: str = "tcp") -> Endpoint:
        """Return where a port of a service is reached from here; ``port`` is the container's.

        That is the published port, else the container's own address beside its host, so
        that nothing has to be published for a test.

        Raises:
            NoContainer: there is no running container of the service.
            NoAddress: it has no network, or its host is not the one that probes start from.
            PlatformError: the way to the host cannot be opened.
        """
        container = self.container(service)
        name = f"{service or self.module.service}:{port}"
        if not self.transport.beside_engine():
            message = f"{name} cannot be reached: the Engine is on another machine; name a url"
            raise NoAddress(message)
        reached = self._network_of(container).reach(port, protocol)
        if reached is None:
            message = f"{name} cannot be reached: {container.name} has no network; use exec"
            raise NoAddress(message)
        return Endpoint(name, *reached, self.transport.address(*reached))

    def outside(self, host: str, port: int) -> Endpoint:
        """Return where a host and a port are reached from beside the module's host.

        Raises:
            PlatformError: the way to the host cannot be opened.
        """
        return Endpoint(f"{host}:{port}", host, port, self.transport.address(host, port))

    def _network_of(self, container: Container) -> Network:
        """Return the network that a container is in, which may be another container's."""
        shared = container.network.shared_with
        if shared is None:
            return container.network
        lender = self.engine.inspect(shared)
        return read_network(lender) if lender else Network()

    def first_container(self) -> Container:
        """Return the first container of the module itself, in whatever state it is.

        Raises:
            NoContainer: there is none.
        """
        containers = self.snapshot.of(self.module.project, self.module.service)
        if not containers:
            message = f"'{self.module.service}' has no container"
            raise NoContainer(message)
        return containers[0]

    def exec(
        self, command: Sequence[str], *, service: str | None = None, timeout: float = 10.0
    ) -> ExecResult:
        """Run a command in a running container of the project; ``timeout`` in seconds.

        Raises:
            NoContainer: there is no running container of the service.
            ExecTimeout: the command did not end in time.
            EngineError: the Engine cannot be asked.
        """
        container = self.container(service)
        with WritableEngine(self.transport) as engine:
            return exec_in(engine, container.id, command, timeout=timeout, limit=MAX_OUTPUT)


class ProbeKind(Struct, frozen=True):
    """One kind of probe.

    ``observe`` does the I/O and returns facts, or raises a PlatformError when it could
    not look; ``judge`` is pure and returns what is wrong. ``services`` names the
    services of the module's project that the probe has to see.
    """

    spec: type[Base]
    observe: Callable[[Any, Target], Any]
    judge: Callable[[Any, Any], Sequence[Finding]]
    services: Callable[[Any], Sequence[str]] = lambda _: ()
