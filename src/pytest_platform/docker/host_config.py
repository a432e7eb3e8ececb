"""What a host grants a container: ``HostConfig`` of the Engine's answer to ``inspect``."""

from __future__ import annotations

from typing import Any

from msgspec import UNSET, Struct, UnsetType, field

Names = dict[str, str] | None
Texts = list[str] | None
Keys = dict[str, Any] | None

# UNSET where an Engine says nothing, which is not the same as null.
Number = int | None | UnsetType
Flag = bool | None | UnsetType
Word = str | None | UnsetType
Capabilities = list[str] | None | UnsetType


class RestartPolicy(Struct, rename="pascal"):
    """A restart policy."""

    name: str | None = None
    maximum_retry_count: int | None = None


class WantedBinding(Struct, rename="pascal"):
    """Where a port is to be published; a range may be asked for."""

    host_ip: str | None = None
    host_port: str | None = None


class TmpfsOptions(Struct, rename="pascal"):
    """Options of a tmpfs."""

    size_bytes: int | None = None
    mode: int | None = None


class ImageOptions(Struct, rename="pascal"):
    """Options of an image that is mounted."""

    subpath: str | None = None


class WantedMount(Struct, rename="pascal"):
    """A mount as it was asked for."""

    type: str
    target: str
    source: str | None = None
    read_only: bool | None = None
    tmpfs_options: TmpfsOptions | None = None
    image_options: ImageOptions | None = None


class HostDevice(Struct, rename="pascal"):
    """A device of the host."""

    path_on_host: str | None = None


class HostConfig(Struct, rename="pascal"):
    """What the host grants a container."""

    network_mode: str | None = None
    restart_policy: RestartPolicy | None = None
    port_bindings: dict[str, list[WantedBinding] | None] | None = None
    tmpfs: Names = None
    mounts: list[WantedMount] | None = None
    volumes_from: Texts = None
    annotations: Keys = None
    devices: list[HostDevice] | None = None
    uts_mode: str | None = field(default=None, name="UTSMode")
    pid_mode: Word = UNSET
    ipc_mode: Word = UNSET
    userns_mode: Word = UNSET
    cap_add: Capabilities = UNSET
    cap_drop: Capabilities = UNSET
    privileged: Flag = UNSET
    readonly_rootfs: Flag = UNSET
    memory: Number = UNSET
    memory_reservation: Number = UNSET
    nano_cpus: Number = UNSET
    cpu_quota: Number = UNSET
    cpu_shares: Number = UNSET
    cpuset_cpus: Word = UNSET
    pids_limit: Number = UNSET
