"""The types of what an Engine answers, as far as it is read. More may be there.

An answer of another shape is no answer: what speaks is no Docker Engine, or one that nobody can
understand, and the run says so. Nothing else reads the Engine's JSON, but for that of a Swarm.
"""

from __future__ import annotations

from datetime import UTC, datetime
from threading import Lock
from typing import Annotated, Any, Final, TypeVar

import msgspec
from msgspec import Meta, Struct, field

from pytest_platform.docker.host_config import HostConfig, Keys, Names, Texts
from pytest_platform.errors import EngineAnswer
from pytest_platform.text import quoted

Identity = Annotated[str, Meta(min_length=1)]


class ListedContainer(Struct, rename="pascal"):
    """One line of the list of containers."""

    id: Identity
    names: Annotated[list[str], Meta(min_length=1)] | None = None
    labels: Names = None
    state: str = ""


class ListedImage(Struct, rename="pascal"):
    """One line of the list of images."""

    id: str
    repo_tags: Texts = None
    repo_digests: Texts = None


class InspectedVolume(Struct, rename="pascal"):
    """A volume."""

    name: str
    labels: Names = None
    options: Names = None
    driver: str = ""
    created_at: str | None = None


class ListedVolumes(Struct, rename="pascal"):
    """The list of volumes."""

    volumes: list[InspectedVolume] | None = None


class Subnet(Struct, rename="pascal"):
    """A range of addresses of a network."""

    subnet: str | None = None


class AddressRanges(Struct, rename="pascal"):
    """How a network gives addresses."""

    config: list[Subnet] | None = None


class InspectedNetwork(Struct, rename="pascal"):
    """A network."""

    name: str
    labels: Names = None
    options: Names = None
    driver: str = ""
    internal: bool | None = None
    attachable: bool | None = None
    ipam: AddressRanges | None = field(default=None, name="IPAM")


class HealthLog(Struct, rename="pascal"):
    """One run of a health check."""

    output: str | None = None


class HealthState(Struct, rename="pascal"):
    """What the health check said."""

    status: str | None = None
    log: list[HealthLog] | None = None


class ContainerState(Struct, rename="pascal"):
    """The state of a container."""

    status: str
    exit_code: int
    running: bool | None = None
    oom_killed: bool | None = field(default=None, name="OOMKilled")
    error: str | None = None
    started_at: str | None = None
    finished_at: str | None = None
    health: HealthState | None = None

    def runs(self) -> bool:
        """Return whether it runs, also where it is paused or about to be restarted."""
        return self.status == "running" if self.running is None else self.running


class DeclaredCheck(Struct, rename="pascal"):
    """A declared health check; times in nanoseconds."""

    test: Texts = None
    interval: int | None = None
    timeout: int | None = None
    start_period: int | None = None
    retries: int | None = None


class ContainerConfig(Struct, rename="pascal"):
    """What a container or an image was made with."""

    image: str | None = None
    labels: Names = None
    env: Texts = None
    cmd: Texts = None
    entrypoint: Texts = None
    exposed_ports: Keys = None
    volumes: Keys = None
    user: str | None = None
    hostname: str | None = None
    tty: bool | None = None
    healthcheck: DeclaredCheck | None = None

    def environment(self) -> dict[str, str | None]:
        """Return the values of the variables by name; None where a name has no value."""
        parts = (entry.partition("=") for entry in self.env or ())
        return {name: value if separator else None for name, separator, value in parts}


class WantedAddresses(Struct):
    """Addresses that were asked for."""

    ipv4: str | None = field(default=None, name="IPv4Address")
    ipv6: str | None = field(default=None, name="IPv6Address")


class AttachedNetwork(Struct):
    """A network that a container is in."""

    address: str | None = field(default=None, name="IPAddress")
    address6: str | None = field(default=None, name="GlobalIPv6Address")
    aliases: Texts = field(default=None, name="Aliases")
    asked: WantedAddresses | None = field(default=None, name="IPAMConfig")


class PortBinding(Struct, rename="pascal"):
    """Where a port is published."""

    host_ip: str | None = None
    host_port: Annotated[str, Meta(pattern="^[0-9]*$")] | None = None


class NetworkSettings(Struct, rename="pascal"):
    """The networks and ports of a container."""

    networks: dict[str, AttachedNetwork] | None = None
    ports: dict[str, list[PortBinding] | None] | None = None


class MountPoint(Struct, rename="pascal"):
    """A mount as it is."""

    type: str
    destination: str
    name: str | None = None
    source: str | None = None
    writable: bool | None = field(default=None, name="RW")


class ImageManifest(Struct):
    """A part of an image: what containers are made of, or what attests how it was built."""

    id: str | None = field(default=None, name="ID")
    digest: str | None = None
    kind: str | None = field(default=None, name="Kind")


class InspectedContainer(Struct, rename="pascal"):
    """The answer to ``inspect`` of a container."""

    id: Identity
    name: Identity
    state: ContainerState
    config: ContainerConfig
    host_config: HostConfig
    network_settings: NetworkSettings
    image: str | None = None
    image_manifest_descriptor: ImageManifest | None = None
    restart_count: int | None = None
    mounts: list[MountPoint] | None = None

    @property
    def own_name(self) -> str:
        """The name as people write it."""
        return self.name.lstrip("/")


class InspectedImage(Struct, rename="pascal"):
    """The answer to ``inspect`` of an image. ``manifests`` are there where they were asked for."""

    config: ContainerConfig | None = None
    manifests: list[ImageManifest] | None = None


Answer = TypeVar("Answer")
_ONE_AT_A_TIME: Final = Lock()
"""msgspec learns a type when it first meets it, and two threads that do it at once crash."""


def understood(answer: Any, shape: type[Answer], host: str) -> Answer:
    """Return an answer of the Engine as the type in which it is read.

    Raises:
        EngineAnswer: it has another shape; the message names the place.
    """
    try:
        with _ONE_AT_A_TIME:
            return msgspec.convert(answer, shape)
    except msgspec.ValidationError as error:
        message = (
            f"the Engine on {host} answers what no Docker Engine does ({error}): "
            "correct DOCKER_HOST or the docker context, or report this Engine and its version"
        )
        raise EngineAnswer(message) from None


def time_of(text: str | None) -> datetime | None:
    """Read the Engine's time; its year 1 means never.

    Raises:
        EngineAnswer: it is none.
    """
    if not text or text.startswith("0001-"):
        return None
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        message = f"the Engine gives {quoted(text)} for a time: look at its version and its clock"
        raise EngineAnswer(message) from None
