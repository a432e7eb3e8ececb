"""What can be written to through the mounts of a container. Pure.

Read-only mounts and tmpfs do not count. A volume counts by its resolved name and by the folder
in which the Engine keeps it, a folder by its path.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any, Final, NamedTuple

from msgspec import UNSET, Struct

from pytest_platform.docker.api import InspectedContainer
from pytest_platform.docker.host_config import HostConfig

VOLUMES: Final = "/var/lib/docker/volumes"
"""Where an Engine keeps its volumes, unless it was configured otherwise."""

_NO_DATA: Final = tuple(
    map(
        PurePosixPath,
        (
            *("/dev", "/proc", "/sys", "/etc/localtime", "/etc/timezone"),
            *("/run/dbus", "/run/systemd", "/run/udev"),
            *("/var/run/dbus", "/var/run/systemd", "/var/run/udev"),
        ),
    )
)
"""Places of the host that hold nobody's data, and that many services share."""

_ENGINES: Final = tuple(
    PurePosixPath(folder, socket)
    for folder in ("/run", "/var/run")
    for socket in ("docker.sock", "podman/podman.sock", "containerd/containerd.sock")
)
_POWERS: Final = frozenset({"ALL", "SYS_ADMIN", "SYS_MODULE", "SYS_RAWIO", "DAC_READ_SEARCH"})
_DISK: Final = re.compile(r"/dev($|/(sd|hd|vd|xvd|nvme|mapper|dm-|md|disk|block|loop|zd|mem))")


class VolumeMount(NamedTuple):
    """A volume as a container has it mounted: ``path`` is in the container."""

    name: str
    path: str
    writable: bool


def volume_mounts(container: InspectedContainer | None) -> list[VolumeMount]:
    """Return the volumes that a container has mounted; none of one that is gone."""
    return [
        VolumeMount(one.name, one.destination, bool(one.writable))
        for one in (container.mounts if container else None) or ()
        if one.type == "volume" and one.name
    ]


class Mounted(Struct, frozen=True):
    """What can be written to.

    ``volumes`` are resolved names, ``paths`` absolute paths of the host. ``services`` are those,
    as ``PROJECT/SERVICE``, whose volumes or processes are shared as a whole; ``containers`` are
    such containers by name or id. ``host`` tells that nothing keeps it from the rest of the host.
    """

    volumes: frozenset[str] = frozenset()
    paths: frozenset[str] = frozenset()
    services: frozenset[str] = frozenset()
    containers: frozenset[str] = frozenset()
    host: bool = False

    def __or__(self, other: Mounted) -> Mounted:
        return Mounted(
            self.volumes | other.volumes,
            self.paths | other.paths,
            self.services | other.services,
            self.containers | other.containers,
            self.host or other.host,
        )

    def __bool__(self) -> bool:
        return bool(self.volumes or self.paths or self.services or self.containers or self.host)

    def shared_with(self, data: Mounted) -> str:
        """Name something that stands in both, for people; an empty text where nothing does.

        A folder is shared with all that is nested in it, either way round.
        """
        for kind in ("volumes", "services", "containers"):
            if both := sorted(getattr(self, kind) & getattr(data, kind)):
                return f"the {kind.removesuffix('s')} {both[0]}"
        if self.host:
            return "the whole host"
        pairs = ((one, other) for one in sorted(self.paths) for other in sorted(data.paths))
        return next((f"the folder {one}" for one, other in pairs if _nested(one, other)), "")


def _nested(one: str, other: str) -> bool:
    first, second = PurePosixPath(one), PurePosixPath(other)
    return first.is_relative_to(second) or second.is_relative_to(first)


def of_container(container: InspectedContainer) -> Mounted:
    """Return what a container can write to."""
    mounts, host = container.mounts or [], container.host_config
    kind, _, other = (host.pid_mode or "").partition(":")
    writable = [one for one in mounts if one.writable is not False]
    sources = [one.source or "" for one in writable if one.type in {"bind", "volume"}]
    return Mounted(
        frozenset(one.name for one in writable if one.name),
        frozenset(filter(holds_data, sources)),
        containers=frozenset([other] if kind == "container" and other else []),
        # A socket takes orders also where it is mounted read-only.
        host=kind == "host"
        or _has_power(host)
        or any(_gives_engine(one.source or "") for one in mounts),
    )


def _has_power(host: HostConfig) -> bool:
    given = [] if host.cap_add is UNSET else host.cap_add or []
    added = {one.upper().removeprefix("CAP_") for one in given}
    devices = (one.path_on_host or "" for one in host.devices or ())
    return bool(host.privileged or added & _POWERS or any(map(_DISK.match, devices)))


def _gives_engine(source: str) -> bool:
    path = PurePosixPath(source)
    return any(path == socket or path in socket.parents for socket in _ENGINES)


def of_volume(name: str, options: Mapping[str, Any]) -> Mounted:
    """Return a volume by its resolved name, with where its driver's options say its data is."""
    kept = Mounted(frozenset([name]), frozenset([f"{VOLUMES}/{name}"]))
    return kept | of_driver(options)


def of_driver(options: Mapping[str, Any]) -> Mounted:
    """Return where the options of a volume's driver say that its data is.

    A share of another machine counts by its address and its path there.
    """
    device = str(options.get("device") or "")
    if device.startswith("/"):
        return Mounted(paths=frozenset([device]))
    if "/" not in device:
        return Mounted()
    words = str(options.get("o") or "").split(",")
    server = next((word.removeprefix("addr=") for word in words if word.startswith("addr=")), "")
    return Mounted(volumes=frozenset([f"{server}{device}"]))


def holds_data(path: str) -> bool:
    """Return whether a path of the host can hold data: no socket, device, or view of the kernel."""
    if not path or path.endswith(".sock"):
        return False
    return not any(PurePosixPath(path).is_relative_to(one) for one in _NO_DATA)
