"""Where a probe of a Swarm's service goes: published ports, the service's log, a task's node."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from msgspec.structs import replace

from pytest_platform.docker.exec import ExecResult
from pytest_platform.docker.snapshot import Container, Snapshot, read_container
from pytest_platform.errors import PlatformError
from pytest_platform.probes.kind import Endpoint, NoAddress, NoContainer, Target
from pytest_platform.run.engines import Reach
from pytest_platform.swarm.seen import seen_of
from pytest_platform.swarm.services import Port, StackService, Task
from pytest_platform.swarm.snapshot import SwarmSnapshot


class NodeUnreached(PlatformError):
    """A probe has to look into a container on a node that the inventory does not name."""

    code = "swarm.unreached"


class NoMesh(PlatformError):
    """A port is published through the routing mesh, which does not work on the node asked."""

    code = "swarm.mesh"


_KERNEL: Final = ("sh", "-c", "uname -r; test ! -e /proc/net/ip_vs || echo ipvs")
_PATIENCE: Final = 60.0
"""Seconds that a short command may take on a busy host."""


class ServiceTarget(Target, frozen=True):
    """A target whose containers are tasks, on whatever node."""

    swarm: SwarmSnapshot
    reach: Reach

    def container(self, service: str | None) -> Container:
        """Return the container of a running task."""
        return self.looking_into(service).container(service)

    def first_container(self) -> Container:
        """Return the container of a task of the module itself."""
        return self.looking_into(None).first_container()

    def exec(
        self, command: Sequence[str], *, service: str | None = None, timeout: float = 10.0
    ) -> ExecResult:
        """Run a command in the container of a running task, on its node."""
        there = self.looking_into(service)
        return there.exec(command, service=service, timeout=timeout)

    def endpoint(self, port: int, *, service: str | None = None, protocol: str = "tcp") -> Endpoint:
        """Return where a published port is reached: the routing mesh, or a task's own node."""
        name = service or self.module.service
        found = self._service(name)
        for one in found.ports:
            if (one.target, one.protocol) == (port, protocol):
                host, published = self._place(found, one)
                return Endpoint(
                    f"{name}:{port}", host, published, self.transport.address(host, published)
                )
        message = (
            f"{name}:{port} cannot be reached: only published ports of a service can; publish it, "
            "or use exec"
        )
        raise NoAddress(message)

    def gathered(
        self, service: str | None, streams: Collection[str], tail: int | None, limit: int
    ) -> tuple[str, bytes, bool] | None:
        """Return the output of all current tasks, as the manager gathers it."""
        found = self._service(service or self.module.service)
        tasks = seen_of(self.swarm, found.stack, found.name.removeprefix(f"{found.stack}_")).tries
        since = min((one.made_at.timestamp() for one in tasks), default=0.0)
        data, cut = self.engine.service_log(
            found.id,
            since=since,
            streams=streams,
            tail=tail,
            limit=limit,
            terminal=bool(found.container.get("TTY")),
        )
        return found.name, data, cut

    def looking_into(self, service: str | None) -> Target:
        """Return a target on the node of a task, with its container.

        Raises:
            NoContainer: no task has a container.
            NodeUnreached: it is on a node that the inventory does not name.
        """
        name = service or self.module.service
        task = self._task(self._service(name), name)
        node = self.swarm.nodes.get(task.node)
        host_name = node.name if node else task.node
        transport, engine = self.transport, self.engine
        if task.node != engine.swarm_node():
            host = self.reach(host_name)
            if host is None:
                message = (
                    f"{name} runs on the node {host_name}, which the inventory does not name: add "
                    f"'{host_name} = [user@]host' to platform_hosts, and use --remote-mode ssh"
                )
                raise NodeUnreached(message)
            transport, engine = host.transport, host.engine
        inspected = engine.inspect(task.container)
        if inspected is None:
            message = f"the container of {name} on {host_name} is gone"
            raise NoContainer(message)
        container = replace(read_container(inspected), project=self.module.project, service=name)
        seen = Snapshot(engine.host, self.swarm.taken_at, (container,))
        return Target(self.module, transport, engine, seen)

    def _service(self, name: str) -> StackService:
        found = self.swarm.of(self.module.project, name)
        if found is None:
            message = f"the stack {self.module.project} has no service '{name}'"
            raise NoContainer(message)
        return found

    def _task(self, service: StackService, name: str) -> Task:
        tasks = [one for one in self.swarm.tasks_of(service) if one.container]
        running = [one for one in tasks if one.state == "running"]
        if not (running or tasks):
            message = f"no task of '{name}' has a container"
            raise NoContainer(message)
        return (running or tasks)[0]

    def _place(self, service: StackService, port: Port) -> tuple[str, int]:
        """Return address and port: in host mode of a node that runs a task, else of any."""
        if port.mode == "host":
            return self._of_task(service, port)
        self._refuse_mesh(f"{service.name}:{port.target}")
        nodes = self.swarm.nodes
        own = nodes.get(self.engine.swarm_node())
        return own.address if own else next(iter(nodes.values())).address, port.published

    def _of_task(self, service: StackService, port: Port) -> tuple[str, int]:
        for task in self.swarm.tasks_of(service):
            node = self.swarm.nodes.get(task.node)
            if task.state != "running" or node is None:
                continue
            # Where the service leaves the choice to the node, the task alone knows the port.
            for one in task.ports:
                if (one.target, one.protocol) == (port.target, port.protocol) and one.published:
                    return node.address, one.published
            return node.address, port.published
        message = f"no task of '{service.name}' runs"
        raise NoContainer(message)

    def _refuse_mesh(self, name: str) -> None:
        """Refuse the routing mesh where the node that would be asked cannot be part of it.

        Raises:
            NoMesh: its kernel has no IPVS. Nothing is known of one that is not asked from beside.
        """
        if not self.transport.beside_engine():
            return
        try:
            told = self.transport.run(_KERNEL, timeout=_PATIENCE)
        except PlatformError:
            return
        release, *found = told.stdout.split()
        if release == self.engine.kernel() and not found:
            message = (
                f"{name} is published through the routing mesh, and the kernel of "
                f"{self.transport.name} has no IPVS, without which no mesh works: load the module "
                "ip_vs, or publish the port with mode: host"
            )
            raise NoMesh(message)
