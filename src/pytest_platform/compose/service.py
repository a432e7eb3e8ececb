"""A service as Compose renders it, typed once for all: contract, drift, guard and Swarm share it.

Only what Compose has rendered has this form. What is read before variables are filled in, to show
a line or to see where a variable stands, stays a document: there a port may be a text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from pytest_platform.compose.service_parts import (
    Deploy,
    FileGrant,
    Hosts,
    Listed,
    Logging,
    Number,
    Provider,
    Scalar,
    ServiceBuild,
    ServiceHealthcheck,
    ServiceMount,
    ServiceNetwork,
    ServicePort,
    Ulimit,
    Words,
)

CONDITIONS: Final = {"none": "no", "any": "always"}
"""Words of ``deploy.restart_policy.condition`` that the Engine spells differently."""

CONTAINER: Final = "container:"
"""Begins the name of what is a container's own, and no service's."""


class Restart(Struct, frozen=True):
    """A restart policy as the Engine gets it; ``attempts`` is 0 where nothing bounds them.

    ``path`` is where it stands in the service; ``declared`` tells whether it does. The name is
    empty where ``deploy.restart_policy`` has no condition: what the Engine does is not declared.
    """

    name: str
    attempts: int = 0
    path: tuple[str, ...] = ("restart",)
    declared: bool = True

    @property
    def ends(self) -> bool:
        """Whether a container that exits 0 stays away, and one that fails does in the end."""
        return self.name == "no" or (self.name == "on-failure" and self.attempts > 0)

    def __str__(self) -> str:
        bounded = self.name == "on-failure" and self.attempts
        return f"{self.name}:{self.attempts}" if bounded else self.name


class RenderedService(Struct, frozen=True, gc=False):
    """One service, or one of its hooks: a ``pre_start`` hook is a container of its own.

    A command or an entrypoint that is None is left to the image; an empty one is declared.
    """

    image: str = ""
    build: ServiceBuild | None = None
    provider: Provider | None = None
    pull_policy: str = ""
    container_name: str = ""
    command: Words | None = None
    entrypoint: Words | None = None
    environment: Mapping[str, Scalar] = {}
    labels: Mapping[str, Scalar] = {}
    healthcheck: ServiceHealthcheck | None = None
    user: Number = ""
    working_dir: str = ""

    restart: str = ""
    scale: int | None = None
    deploy: Deploy = Deploy()
    depends_on: Mapping[str, Any] = {}
    links: Words = ()
    pre_start: tuple[RenderedService, ...] = ()
    post_start: tuple[RenderedService, ...] = ()
    pre_stop: tuple[RenderedService, ...] = ()

    ports: tuple[ServicePort, ...] = ()
    expose: tuple[int | str, ...] = ()
    networks: Mapping[str, ServiceNetwork | None] = {}
    network_mode: str = ""
    hostname: str = ""
    extra_hosts: Hosts = ()
    dns: Listed = ()
    dns_search: Listed = ()
    dns_opt: Words = ()

    volumes: tuple[ServiceMount, ...] = ()
    volumes_from: Words = ()
    configs: tuple[FileGrant, ...] = ()
    secrets: tuple[FileGrant, ...] = ()
    tmpfs: Words = ()
    use_api_socket: bool = False

    cpus: Number = 0
    cpu_quota: Number = 0
    cpu_shares: Number = 0
    cpuset: str = ""
    mem_limit: Number = 0
    mem_reservation: Number = 0
    pids_limit: Number = 0
    ulimits: Mapping[str, int | Ulimit] = {}
    sysctls: Mapping[str, Scalar] = {}

    privileged: bool = False
    read_only: bool = False
    pid: str = ""
    ipc: str = ""
    userns_mode: str = ""
    cap_add: Words = ()
    cap_drop: Words = ()
    group_add: tuple[int | str, ...] = ()
    uts: str = ""
    cgroup: str = ""
    security_opt: Words = ()
    isolation: str = ""

    init: bool = False
    tty: bool = False
    stdin_open: bool = False
    stop_signal: str = ""
    stop_grace_period: Number | None = None
    logging: Logging = Logging()

    @property
    def containers(self) -> tuple[RenderedService, ...]:
        """The service and its hooks: each becomes a container of its own."""
        return (self, *self.pre_start)

    @property
    def hooks(self) -> Mapping[str, tuple[RenderedService, ...]]:
        """The hooks by the keys under which they stand."""
        return {name: getattr(self, name) for name in HOOKS}

    def over(self, service: RenderedService, keys: Iterable[str]) -> RenderedService:
        """Return a hook with what it takes over of its service where it says nothing itself."""
        taken = {key: getattr(service, key) for key in keys if not getattr(self, key)}
        return replace(self, **taken)

    def without(self, keys: Iterable[str]) -> RenderedService:
        """Return the service as one that says nothing under these keys."""
        nothing = RenderedService()
        kept = {key: getattr(nothing, key) for key in keys if hasattr(nothing, key)}
        return replace(self, **kept)

    @property
    def restart_policy(self) -> Restart:
        """The policy that holds: ``deploy`` wins over ``restart``, and none means ``no``."""
        policy = self.deploy.restart_policy
        if policy is None:
            name, _, bound = self.restart.partition(":")
            return Restart(name or "no", number(bound), declared=bool(self.restart))
        name = CONDITIONS.get(policy.condition, policy.condition)
        attempts = number(policy.max_attempts)
        return Restart(name, attempts, ("deploy", "restart_policy"), declared=bool(name))

    @property
    def replicas(self) -> int:
        """How many containers Compose starts: ``scale`` wins over ``deploy.replicas``."""
        declared = self.deploy.replicas if self.scale is None else self.scale
        return 1 if declared is None else declared

    @property
    def replicas_path(self) -> tuple[str, ...]:
        """Where the number of replicas stands, or would stand."""
        return ("deploy", "replicas") if self.scale is None else ("scale",)

    @property
    def volumes_taken(self) -> list[tuple[str, bool]]:
        """Whose volumes the service uses, and whether only to read."""
        return volumes_taken(self.volumes_from)


HOOKS: Final = ("pre_start", "post_start", "pre_stop")


def service_of(document: Mapping[str, Any]) -> RenderedService:
    """Read a rendered service. A key without a value is one that is not there.

    Raises:
        ValueError: Compose gives a field no such form.
    """
    declared = {key: value for key, value in document.items() if value is not None}
    return msgspec.convert(declared, RenderedService, strict=False)


def volumes_taken(entries: Iterable[str]) -> list[tuple[str, bool]]:
    """Return whose volumes the entries of ``volumes_from`` name, and whether only to read.

    A name is that of a service, or begins with ``container:``.
    """
    taken = []
    for text in entries:
        name, _, mode = text.removeprefix(CONTAINER).partition(":")
        outside = text.startswith(CONTAINER)
        taken.append((f"{CONTAINER}{name}" if outside else name, "ro" in mode.split(",")))
    return taken


def text_of(value: Any) -> str:
    """Write a YAML scalar as Compose does."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def number(text: Any) -> int:
    """Return a whole number of a file; 0 where there is none."""
    return int(text) if str(text or "").isdigit() else 0
