"""What a service may ask for in an ephemeral stack, and values that keep it apart. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, Final

from pytest_platform.compose.service import volumes_taken
from pytest_platform.stack.keys import refused_keys

LOGGING: Final = frozenset({"json-file", "local", "none"})
"""Logging drivers that keep the lines on the Engine's side, with the container."""

_OPTIONS: Final = frozenset(
    {"compress", "env", "env-regex", "labels", "labels-regex", "max-file", "max-size", "tag"}
)

_PULLS: Final = frozenset({"build", "if_not_present", "missing", "never"})
_PROFILE = re.compile(r"(?P<key>seccomp)[=:](?P<path>.+)")

Document = dict[str, Any]


def logging(wanted: Mapping[str, Any] | None) -> Document:
    """Return where the lines go. The Engine's own default may be a log server, too."""
    given = wanted or {}
    driver = str(given.get("driver") or "json-file")
    if driver not in LOGGING:
        return {"driver": "json-file"}
    options = given.get("options") or {}
    kept = {key: value for key, value in options.items() if key in _OPTIONS}
    return {"driver": driver, **({"options": kept} if kept and driver != "none" else {})}


def pull_policy(wanted: str) -> str:
    """Return a policy that moves no tag of an image that is here."""
    return wanted if wanted in _PULLS else "missing"


def port(wanted: Mapping[str, Any]) -> Document:
    """Publish on loopback; which port is for the Engine to find."""
    return {
        "mode": "ingress",
        "target": wanted["target"],
        "protocol": wanted.get("protocol", "tcp"),
        "host_ip": "127.0.0.1",
    }


def deploy(wanted: Mapping[str, Any]) -> Document:
    """Leave out the labels, on which a deployed program would act."""
    return {key: one for key, one in wanted.items() if key != "labels"}


def security_opt(options: Sequence[Any], folder: str) -> list[str]:
    """Return the options with each seccomp profile by its whole path."""
    return [_with_path(str(one), folder) for one in options]


def _with_path(option: str, folder: str) -> str:
    path = _profile(option)
    return option if path is None else f"seccomp:{_whole(path, folder)}"


def profiles(container: Mapping[str, Any], folder: str) -> Iterator[str]:
    """Yield the whole paths of a service's seccomp profiles."""
    for option in container.get("security_opt") or ():
        if (path := _profile(str(option))) is not None:
            yield _whole(path, folder)


def _profile(option: str) -> str | None:
    found = _PROFILE.fullmatch(option)
    return None if found is None or found["path"] == "unconfined" else found["path"]


def _whole(path: str, folder: str) -> str:
    return str(PurePosixPath(folder) / path)


_HOST_SPACES = ("network_mode", "pid", "ipc", "uts", "userns_mode", "cgroup")
_OF_OTHERS = ("network_mode", "pid", "ipc")
_BUILD_NETWORKS = ("", "default", "none")

_POWERS = frozenset(
    {"ALL", "AUDIT_CONTROL", "AUDIT_READ", "BLOCK_SUSPEND", "BPF", "CHECKPOINT_RESTORE"}
    | {"DAC_READ_SEARCH", "MAC_ADMIN", "MAC_OVERRIDE", "PERFMON", "SYSLOG", "SYS_ADMIN"}
    | {"SYS_BOOT", "SYS_MODULE", "SYS_PACCT", "SYS_PTRACE", "SYS_RAWIO", "SYS_TIME"}
    | {"SYS_TTY_CONFIG", "WAKE_ALARM"}
)
"""Capabilities that no namespace of the container bounds."""

_OPEN_TO_HOST = re.compile(r"(systempaths|credentialspec)[=:].*")
_SOCKETS = (PurePosixPath("/run/docker.sock"), PurePosixPath("/var/run/docker.sock"))


def refusals(service: Mapping[str, Any], services: Collection[str]) -> Iterator[str]:
    """Yield what a rendered service, or hook, may not ask for, in words that follow its name.

    ``services`` are those of its project.
    """
    hooks = [hook for key in ("post_start", "pre_stop") for hook in service.get(key) or ()]
    if any(one.get("privileged") for one in (service, *hooks)):
        yield "is privileged"
    for key in _HOST_SPACES:
        if str(service.get(key) or "").strip() == "host":
            yield f"shares the host's {key.removesuffix('_mode')}"
    for key in _OF_OTHERS:
        if str(service.get(key) or "").startswith("container:"):
            yield f"shares the {key.removesuffix('_mode')} of a container outside"
    yield from _networks(service, services)
    yield from _powers_of_build(service.get("build") or {})
    yield from refused_keys(service)
    yield from _devices(service)
    if powers := _POWERS & {str(one).upper().removeprefix("CAP_") for one in _added(service)}:
        yield f"has power over the host ({', '.join(sorted(powers))})"
    if any(name.startswith("container:") for name, _ in volumes_taken(service)):
        yield "uses the volumes of a container outside"


def _networks(service: Mapping[str, Any], services: Collection[str]) -> Iterator[str]:
    """Yield the ways to networks outside; Compose takes any network's name for a mode."""
    mode = str(service.get("network_mode") or "none")
    kind, _, name = mode.partition(":")
    told = mode == "host" or kind == "container"
    if not told and mode != "none" and not (kind == "service" and name in services):
        yield f"joins the network '{mode}', which is not the stack's"
    build: Mapping[str, Any] = service.get("build") or {}
    if (mode := str(build.get("network") or "")) not in _BUILD_NETWORKS:
        yield f"is built in the network '{mode}', which is not the stack's"
    # A list of NAME=ADDRESS, or a mapping: the word is found in either.
    if any("host-gateway" in str(one.get("extra_hosts")) for one in (service, build)):
        yield "reaches what the host publishes (host-gateway)"


def _devices(service: Mapping[str, Any]) -> Iterator[str]:
    """Yield the devices of the host that stand elsewhere than in a key of their own."""
    resources = (service.get("deploy") or {}).get("resources") or {}
    if (resources.get("reservations") or {}).get("devices"):
        yield "uses devices of the host"
    for option in service.get("security_opt") or ():
        if _OPEN_TO_HOST.fullmatch(str(option)):
            yield f"has power over the host ({option})"


def _powers_of_build(build: Mapping[str, Any]) -> Iterator[str]:
    powers = [*(["privileged"] if build.get("privileged") else []), *build.get("entitlements", ())]
    if powers:
        yield f"is built with power over the host ({', '.join(powers)})"
    if build.get("ssh"):
        yield "is built with keys of the host's ssh agent"


def gives_engine(source: str) -> bool:
    """Return whether who mounts ``source`` of the host can give the Engine orders."""
    path = PurePosixPath(source)
    if path.suffix == ".sock":
        return True
    return any(path == socket or path in socket.parents for socket in _SOCKETS)


def _added(service: Mapping[str, Any]) -> list[Any]:
    return list(service.get("cap_add") or ())
