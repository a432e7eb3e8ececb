"""What a service is expected to do, from the Compose project alone. Pure.

Never in favour of a pass: an exit with 0 counts as success only where something says that the
service is meant to end.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any, Final

from msgspec import Struct

from pytest_platform.module.forms import ExpectedState, StateClass

Service = Mapping[str, Any]
Services = Mapping[str, Service]
"""Services as Compose renders them, or as they are written where it cannot."""

UNDECIDED: Final = "infer.undecided"

_COMPLETED: Final = "service_completed_successfully"
_JOBS: Final = ("replicated-job", "global-job")
_RESTARTED: Final = ("always", "unless-stopped")


class Inference(Struct, frozen=True):
    """The expected state of a service, and why. ``path`` is the field that says so.

    Where it is not ``decided``, the state is ``running`` until the container ends.
    """

    state: ExpectedState
    reason: str
    path: tuple[str, ...] = ()
    decided: bool = True


class Data(Struct, frozen=True):
    """Whose data a service holds or changes, and why. ``owner`` is a service."""

    class_: StateClass
    reason: str
    owner: str | None = None


def infer(name: str, services: Services) -> Inference:
    """Return what the service ``name`` is expected to do: the first evidence that holds."""
    service = services[name]
    waiting = sorted(other for other, one in services.items() if _waits(one, name))
    if waiting:
        reason = f"'{waiting[0]}' waits for it with {_COMPLETED}"
        return Inference(ExpectedState.EXITED_SUCCESS, reason)
    mode = str(_mapping(service.get("deploy")).get("mode") or "")
    if mode in _JOBS:
        reason = f"deploy.mode is {mode}"
        return Inference(ExpectedState.EXITED_SUCCESS, reason, ("deploy", "mode"))
    checked = has_health_check(service)
    state = ExpectedState.HEALTHY if checked else ExpectedState.RUNNING
    found = next(_long_running(service), None)
    if found is None:
        reason = "nothing says whether it is to end or to keep running"
        return Inference(ExpectedState.RUNNING, reason, decided=False)
    reason, path = found
    if checked and path != ("healthcheck",):
        reason += ", and it has a health check"
    return Inference(state, reason, path)


def has_health_check(service: Service) -> bool:
    """Return whether the file gives the service a health check."""
    check = _mapping(service.get("healthcheck"))
    test = check.get("test")
    first = test[0] if isinstance(test, list) and test else test
    return bool(test) and first != "NONE" and str(check.get("disable", "")).lower() != "true"


def needed_by(service: Service) -> tuple[str, ...]:
    """Name the services that this one cannot do without, in the order of the file."""
    declared = service.get("depends_on") or ()
    optional = {
        name for name, how in _mapping(declared).items() if _mapping(how).get("required") is False
    }
    return tuple(str(name) for name in declared if name not in optional)


def data_of(name: str, services: Services, inference: Inference) -> Data:
    """Return whose data a service holds or changes, going by what it mounts and waits for.

    A long-running service that mounts a volume or folder to write to is stateful. A one-shot
    that waits for such a service, or shares what it mounts, is its sidecar.
    """
    service = services[name]
    if inference.state is not ExpectedState.EXITED_SUCCESS:
        mine = written_to(service)
        if mine:
            return Data(StateClass.STATEFUL, f"it writes to {mine[0]}")
        return Data(StateClass.STATELESS, "it mounts nothing that it can write to")
    stateful = [other for other in services if other != name and _is_stateful(other, services)]
    own = set(written_to(service))
    for other in stateful:
        shared = sorted(own & set(written_to(services[other])))
        if shared:
            reason = f"it writes to {shared[0]}, as '{other}' does"
            return Data(StateClass.SIDECAR, reason, other)
    needed = [other for other in needed_by(service) if other in stateful]
    if needed:
        reason = f"a one-shot that depends on '{needed[0]}', which is stateful"
        return Data(StateClass.SIDECAR, reason, needed[0])
    return Data(StateClass.STATELESS, "a one-shot without the data of a stateful service")


def written_to(service: Service) -> tuple[str, ...]:
    """Name the volumes and folders that a service can write to, sources first of all."""
    found = [_source(mount) for mount in service.get("volumes") or ()]
    return tuple(dict.fromkeys(one for one in found if one))


def _is_stateful(name: str, services: Services) -> bool:
    state = infer(name, services).state
    return state is not ExpectedState.EXITED_SUCCESS and bool(written_to(services[name]))


def _source(mount: Any) -> str:
    """Return what a mount brings in to be written to; empty for anything else."""
    if isinstance(mount, str):
        parts = mount.split(":")
        read_only = len(parts) > 2 and "ro" in parts[2].split(",")  # noqa: PLR2004
        folder = not parts[0].startswith((".", "/", "~")) or not _is_of_system(parts[0])
        return parts[0] if len(parts) > 1 and not read_only and folder else ""
    one = _mapping(mount)
    if one.get("type") not in {"volume", "bind"} or one.get("read_only"):
        return ""
    source = str(one.get("source") or "")
    return "" if one["type"] == "bind" and _is_of_system(source) else source


def _is_of_system(path: str) -> bool:
    """Return whether a path is the machine's own or a single file, and no data of a service."""
    folders = ("/var/run/", "/run/", "/dev", "/sys", "/proc", "/etc/localtime", "/etc/timezone")
    # A single file, such as nginx.conf, is configuration; a folder may be named conf.d.
    is_file = PurePosixPath(path).suffix not in {"", ".d"}
    return path == "/" or is_file or path.startswith(folders)


def _long_running(service: Service) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield what says that a service is to keep running, and the field that says it."""
    policy = _mapping(_mapping(service.get("deploy")).get("restart_policy"))
    if policy:
        word = str(policy.get("condition") or "")
        if word == "any" or (word == "on-failure" and not policy.get("max_attempts")):
            bound = " without a bound" if word == "on-failure" else ""
            yield f"deploy.restart_policy is {word}{bound}", ("deploy", "restart_policy")
    else:
        word, _, bound = str(service.get("restart") or "").partition(":")
        if word in _RESTARTED:
            yield f"restart is {word}", ("restart",)
        elif word == "on-failure" and not bound.strip("0"):
            yield "restart is on-failure without a bound", ("restart",)
    if service.get("ports"):
        yield "it publishes a port", ("ports",)
    if has_health_check(service):
        yield "it has a health check", ("healthcheck",)


def _waits(service: Service, name: str) -> bool:
    depends = _mapping(service.get("depends_on"))
    return _mapping(depends.get(name)).get("condition") == _COMPLETED


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
