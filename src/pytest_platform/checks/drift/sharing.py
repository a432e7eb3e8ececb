"""Services that share something with the container of another service, as ``up`` resolves them.

Compose puts a container's id in place of ``service:NAME``, so a service also differs when the
container of NAME is another one by now. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pytest_platform.docker.host_config import HostConfig

Model = Mapping[str, Any]
_MODES = {"network_mode": "network_mode", "pid": "pid_mode", "ipc": "ipc_mode"}
_SERVICE, _CONTAINER = "service:", "container:"


def shares(service: Model) -> bool:
    """Whether a rendered service uses a namespace or the volumes of another service."""
    modes = (str(service.get(key) or "") for key in _MODES)
    return bool(service.get("volumes_from")) or any(one.startswith(_SERVICE) for one in modes)


def resolved(service: Model, host: HostConfig, ids: Mapping[str, Sequence[str]]) -> Model:
    """Return the service with the ids of containers in place of the names of services.

    ``host`` is of the container that it is compared with; ``ids`` are those of the containers
    of each service. Of several containers of one service, the one in use is taken. A
    service without a container stays as it is.
    """
    changed: dict[str, Any] = {}
    for key, seen in _MODES.items():
        mode = str(service.get(key) or "")
        if mode.startswith(_SERVICE):
            used = str(getattr(host, seen) or "").removeprefix(_CONTAINER)
            one = _one(ids.get(mode.removeprefix(_SERVICE), ()), [used])
            changed[key] = f"{_CONTAINER}{one}" if one else mode
    if given := service.get("volumes_from"):
        used_volumes = [one.partition(":")[0] for one in host.volumes_from or ()]
        changed["volumes_from"] = [_volumes(one, ids, used_volumes) for one in given]
    return {**service, **changed}


def _volumes(given: str, ids: Mapping[str, Sequence[str]], used: Sequence[str]) -> str:
    name, _, rest = given.partition(":")
    if name == _CONTAINER.rstrip(":"):
        return rest.partition(":")[0]
    return _one(ids.get(name, ()), used) or given


def _one(ids: Sequence[str], used: Sequence[str]) -> str:
    return next((one for one in ids if one in used), ids[0] if ids else "")
