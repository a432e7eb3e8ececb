"""The shape of what an Engine answers, as far as it is read. More may be there.

An answer of another shape is no answer: what speaks is no Docker Engine, or one that nobody
can understand, and the run says so in place of judging it.
"""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta, Struct, field

from pytest_platform.errors import EngineAnswer

Names = dict[str, str] | None
Texts = list[str] | None
Keys = dict[str, Any] | None
Port = Annotated[str, Meta(pattern="^[0-9]*$")]
Identity = Annotated[str, Meta(min_length=1)]
Answer = TypeVar("Answer")


class ListedShape(Struct, rename="pascal"):
    """One line of the list of containers."""

    id: Identity
    names: Annotated[list[str], Meta(min_length=1)] | None = None
    labels: Names = None
    state: str = ""


class NamedShape(Struct, rename="pascal"):
    """A volume, or a network."""

    name: str
    labels: Names = None
    options: Names = None
    driver: str = ""
    created_at: str | None = None


class VolumesShape(Struct, rename="pascal"):
    """The list of volumes."""

    volumes: list[NamedShape] | None = None


class ListedImageShape(Struct, rename="pascal"):
    """One line of the list of images."""

    id: str
    repo_tags: Texts = None
    repo_digests: Texts = None


class ProbeShape(Struct, rename="pascal"):
    """One run of a health check."""

    output: str | None = None


class HealthShape(Struct, rename="pascal"):
    """What the health check said."""

    status: str | None = None
    log: list[ProbeShape] | None = None


class StateShape(Struct, rename="pascal"):
    """The state of a container."""

    status: str
    exit_code: int
    error: str | None = None
    started_at: str | None = None
    finished_at: str | None = None
    health: HealthShape | None = None


class CheckShape(Struct, rename="pascal"):
    """A declared health check; times in nanoseconds."""

    test: Texts = None
    interval: int | None = None
    timeout: int | None = None
    start_period: int | None = None
    retries: int | None = None


class ConfigShape(Struct, rename="pascal"):
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
    healthcheck: CheckShape | None = None


class PolicyShape(Struct, rename="pascal"):
    """A restart policy."""

    name: str | None = None
    maximum_retry_count: int | None = None


class WantedShape(Struct, rename="pascal"):
    """Where a port is to be published; a range may be asked for."""

    host_ip: str | None = None
    host_port: str | None = None


class BindingShape(Struct, rename="pascal"):
    """Where a port is published."""

    host_ip: str | None = None
    host_port: Port | None = None


class TmpfsShape(Struct, rename="pascal"):
    """Options of a tmpfs."""

    size_bytes: int | None = None
    mode: int | None = None


class AskedShape(Struct, rename="pascal"):
    """A mount as it was asked for."""

    type: str
    target: str
    source: str | None = None
    tmpfs_options: TmpfsShape | None = None
    image_options: Keys = None


class DeviceShape(Struct, rename="pascal"):
    """A device of the host."""

    path_on_host: str | None = None


class HostShape(Struct, rename="pascal"):
    """What the host grants a container."""

    network_mode: str | None = None
    restart_policy: PolicyShape | None = None
    port_bindings: dict[str, list[WantedShape] | None] | None = None
    tmpfs: Names = None
    mounts: list[AskedShape] | None = None
    annotations: Keys = None
    cap_add: Texts = None
    cap_drop: Texts = None
    devices: list[DeviceShape] | None = None
    memory: int | None = None
    memory_reservation: int | None = None
    nano_cpus: int | None = None
    cpu_quota: int | None = None
    pids_limit: int | None = None


class GivenShape(Struct):
    """Addresses that were asked for."""

    ipv4: str | None = field(default=None, name="IPv4Address")
    ipv6: str | None = field(default=None, name="IPv6Address")


class AttachedShape(Struct):
    """A network that a container is in."""

    address: str | None = field(default=None, name="IPAddress")
    address6: str | None = field(default=None, name="GlobalIPv6Address")
    aliases: Texts = field(default=None, name="Aliases")
    asked: GivenShape | None = field(default=None, name="IPAMConfig")


class NetworkShape(Struct, rename="pascal"):
    """The networks and ports of a container."""

    networks: dict[str, AttachedShape] | None = None
    ports: dict[str, list[BindingShape] | None] | None = None


class MountShape(Struct, rename="pascal"):
    """A mount as it is."""

    type: str
    destination: str
    name: str | None = None
    source: str | None = None


class ContainerShape(Struct, rename="pascal"):
    """The answer to ``inspect`` of a container."""

    id: Identity
    name: Identity
    state: StateShape
    config: ConfigShape
    host_config: HostShape
    network_settings: NetworkShape
    image: str | None = None
    restart_count: int | None = None
    mounts: list[MountShape] | None = None


class ImageShape(Struct, rename="pascal"):
    """The answer to ``inspect`` of an image."""

    config: ConfigShape | None = None


def understood(answer: Answer, shape: Any, host: str) -> Answer:
    """Return an answer of the Engine that has the shape in which it is read.

    Raises:
        EngineAnswer: it has another; the message names the place.
    """
    try:
        msgspec.convert(answer, shape)
    except msgspec.ValidationError as error:
        message = (
            f"the Engine on {host} answers what no Docker Engine does ({error}): "
            "correct DOCKER_HOST or the docker context, or report this Engine and its version"
        )
        raise EngineAnswer(message) from None
    return answer
