"""The parts of a rendered service, in the long form in which Compose leaves them.

A field that is not there has the value that Compose and the Engine take for it. Keys that
nothing reads are not named: other versions of Compose may add some.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

Scalar = str | int | float | bool | None
"""A value of YAML. Versions of Compose differ in which numbers they write as texts."""

Number = str | int | float
"""A number of bytes, of CPUs or of seconds, as a number or as a text such as ``1m30s``."""

Words = tuple[str, ...]

Listed = str | Sequence[str]
"""One text, or several."""

Hosts = Sequence[str] | Mapping[str, Any]
"""Names with their addresses: texts such as ``db=10.0.0.1``, or keys with values."""


class ServicePort(Struct, frozen=True, gc=False):
    """One port of ``ports``: ``target`` in the container; ``published`` may be empty."""

    target: int | str
    published: int | str = ""
    host_ip: str = ""
    protocol: str = "tcp"
    mode: str = "ingress"


class ServiceTmpfs(Struct, frozen=True, gc=False):
    """The bytes and the rights of a file system in memory; 0 is what the Engine takes."""

    size: int = 0
    mode: int = 0


class ServiceImage(Struct, frozen=True, gc=False):
    """Which folder of an image is mounted."""

    subpath: str = ""


class ServiceMount(Struct, frozen=True, gc=False):
    """One entry of ``volumes``: a volume, a folder, an image, or a file system in memory."""

    type: str = ""
    source: str = ""
    target: str = ""
    read_only: bool = False
    tmpfs: ServiceTmpfs = ServiceTmpfs()
    image: ServiceImage = ServiceImage()


class FileGrant(Struct, frozen=True, gc=False):
    """One entry of ``configs`` or ``secrets``: ``source`` is its key in the project."""

    source: str
    target: str = ""
    uid: Number = "0"
    gid: Number = "0"
    mode: int | str | None = None


class ServiceNetwork(Struct, frozen=True, gc=False):
    """How a service is attached to one of its networks."""

    aliases: Words = ()
    ipv4_address: str = ""
    ipv6_address: str = ""


class ServiceHealthcheck(Struct, frozen=True, gc=False):
    """A health check. An empty test and empty times leave it to the image."""

    test: Words | str = ()
    disable: bool = False
    interval: Number | None = None
    timeout: Number | None = None
    start_period: Number | None = None
    retries: int = 0

    @property
    def words(self) -> Words:
        """The test as words; a text is one for a shell."""
        return ("CMD-SHELL", self.test) if isinstance(self.test, str) else self.test


class ServiceBuild(Struct, frozen=True, gc=False):
    """What an image is built from."""

    context: str = ""
    dockerfile: str = ""
    dockerfile_inline: str = ""
    target: str = ""
    tags: Words = ()
    additional_contexts: Mapping[str, Scalar] = {}
    network: str = ""
    extra_hosts: Hosts = ()
    privileged: bool = False
    entitlements: Words = ()
    ssh: Any = None


class Provider(Struct, frozen=True, gc=False):
    """The program that makes a service in place of a container."""

    type: str = ""


class Logging(Struct, frozen=True, gc=False):
    """Where the lines of a container go."""

    driver: str = ""
    options: Mapping[str, Scalar] = {}


class Ulimit(Struct, frozen=True, gc=False):
    """A limit of the kernel that differs for those who may raise it and all others."""

    soft: int = 0
    hard: int = 0


class DeployRestart(Struct, frozen=True, gc=False):
    """What ``deploy.restart_policy`` says."""

    condition: str = ""
    delay: Number | None = None
    max_attempts: int | str | None = None
    window: Number | None = None


class Limits(Struct, frozen=True, gc=False):
    """Shares of the machine: CPUs, bytes of memory, processes."""

    cpus: Number = 0
    memory: Number = 0
    pids: Number = 0
    devices: tuple[Any, ...] = ()


class Resources(Struct, frozen=True, gc=False):
    """What a service may use at most, and what is kept for it."""

    limits: Limits = Limits()
    reservations: Limits = Limits()


class Preference(Struct, frozen=True, gc=False):
    """By which label of the nodes tasks are spread."""

    spread: str | None = None


class Placement(Struct, frozen=True, gc=False):
    """On which nodes of a Swarm tasks run."""

    constraints: Words = ()
    preferences: tuple[Preference, ...] = ()
    max_replicas_per_node: int = 0


class RollingUpdate(Struct, frozen=True, gc=False):
    """How a Swarm replaces tasks, one after the other."""

    parallelism: int | None = None
    delay: Number | None = None
    failure_action: str = ""
    monitor: Number | None = None
    max_failure_ratio: float | None = None
    order: str = ""


class Deploy(Struct, frozen=True, gc=False):
    """What ``deploy`` says."""

    mode: str = ""
    replicas: int | None = None
    labels: Mapping[str, Scalar] = {}
    restart_policy: DeployRestart | None = None
    resources: Resources = Resources()
    placement: Placement = Placement()
    update_config: RollingUpdate = RollingUpdate()
    rollback_config: RollingUpdate = RollingUpdate()
    endpoint_mode: str = ""

    @property
    def is_global(self) -> bool:
        """Whether a Swarm runs it once on each node."""
        return self.mode.startswith("global")

    @property
    def is_job(self) -> bool:
        """Whether a Swarm lets it end, and starts none of it again that has succeeded."""
        return self.mode.endswith("-job")
