"""What a service may ask for in an ephemeral stack, and values that keep it apart. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, Final

from pytest_platform.compose.service import CONTAINER, RenderedService
from pytest_platform.compose.service_parts import ServiceBuild
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


def profiles(options: Iterable[str], folder: str) -> Iterator[str]:
    """Yield the whole paths of the seccomp profiles among a service's ``security_opt``."""
    for option in options:
        if (path := _profile(option)) is not None:
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


def refusals(
    service: RenderedService, document: Mapping[str, Any], services: Collection[str]
) -> Iterator[str]:
    """Yield what a rendered service, or hook, may not ask for, in words that follow its name.

    Its ``document`` has the keys that nobody knows, too. ``services`` are those of its project.
    """
    if any(one.privileged for one in (service, *service.post_start, *service.pre_stop)):
        yield "is privileged"
    for key in _HOST_SPACES:
        if getattr(service, key).strip() == "host":
            yield f"shares the host's {key.removesuffix('_mode')}"
    for key in _OF_OTHERS:
        if getattr(service, key).startswith(CONTAINER):
            yield f"shares the {key.removesuffix('_mode')} of a container outside"
    build = service.build or ServiceBuild()
    yield from _networks(service, build, services)
    yield from _powers_of_build(build)
    yield from refused_keys(document)
    yield from _devices(service)
    if powers := _POWERS & {one.upper().removeprefix("CAP_") for one in service.cap_add}:
        yield f"has power over the host ({', '.join(sorted(powers))})"
    if any(name.startswith(CONTAINER) for name, _ in service.volumes_taken):
        yield "uses the volumes of a container outside"


def _networks(
    service: RenderedService, build: ServiceBuild, services: Collection[str]
) -> Iterator[str]:
    """Yield the ways to networks outside; Compose takes any network's name for a mode."""
    mode = service.network_mode or "none"
    kind, _, name = mode.partition(":")
    told = mode == "host" or kind == "container"
    if not told and mode != "none" and not (kind == "service" and name in services):
        yield f"joins the network '{mode}', which is not the stack's"
    if build.network not in _BUILD_NETWORKS:
        yield f"is built in the network '{build.network}', which is not the stack's"
    # A list of NAME=ADDRESS, or a mapping: the word is found in either.
    if any("host-gateway" in str(one.extra_hosts) for one in (service, build)):
        yield "reaches what the host publishes (host-gateway)"


def _devices(service: RenderedService) -> Iterator[str]:
    """Yield the devices of the host that stand elsewhere than in a key of their own."""
    if service.deploy.resources.reservations.devices:
        yield "uses devices of the host"
    for option in service.security_opt:
        if _OPEN_TO_HOST.fullmatch(option):
            yield f"has power over the host ({option})"


def _powers_of_build(build: ServiceBuild) -> Iterator[str]:
    powers = [*(["privileged"] if build.privileged else []), *build.entitlements]
    if powers:
        yield f"is built with power over the host ({', '.join(powers)})"
    if build.ssh:
        yield "is built with keys of the host's ssh agent"


def gives_engine(source: str) -> bool:
    """Return whether who mounts ``source`` of the host can give the Engine orders."""
    path = PurePosixPath(source)
    if path.suffix == ".sock":
        return True
    return any(path == socket or path in socket.parents for socket in _SOCKETS)
