"""What a service may not ask for in a stack of one's own: the ways to touch what is not its own."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

_HOST_SPACES = ("network_mode", "pid", "ipc", "uts", "userns_mode", "cgroup")
_OF_OTHERS = ("network_mode", "pid", "ipc")
_BUILD_NETWORKS = ("", "default", "none")
_FORBIDDEN = {
    "devices": "uses devices of the host",
    "device_cgroup_rules": "uses devices of the host",
    "external_links": "links to a container outside",
    "use_api_socket": "uses the Engine's socket",
    "provider": "is made by a program on the host",
}
_POWERS = frozenset(
    {"ALL", "SYS_ADMIN", "SYS_MODULE", "SYS_RAWIO", "SYS_BOOT", "SYS_TIME", "SYS_PTRACE"}
)
_SOCKETS = (PurePosixPath("/run/docker.sock"), PurePosixPath("/var/run/docker.sock"))


def refusals(service: Mapping[str, Any], services: Collection[str]) -> Iterator[str]:
    """Yield what a rendered service may not ask for, in words that follow its name.

    ``services`` are those of its project.
    """
    hooks = [hook for key in ("post_start", "pre_stop") for hook in service.get(key) or ()]
    if any(one.get("privileged") for one in (service, *hooks)):
        yield "is privileged"
    for key in _HOST_SPACES:
        if service.get(key) == "host":
            yield f"shares the host's {key.removesuffix('_mode')}"
    for key in _OF_OTHERS:
        if str(service.get(key) or "").startswith("container:"):
            yield f"shares the {key.removesuffix('_mode')} of a container outside"
    yield from _networks(service, services)
    yield from _powers_of_build(service.get("build") or {})
    for key, words in _FORBIDDEN.items():
        if service.get(key):
            yield words
    if powers := _POWERS & {str(one).upper().removeprefix("CAP_") for one in _added(service)}:
        yield f"has power over the host ({', '.join(sorted(powers))})"
    if any(str(one).startswith("container:") for one in service.get("volumes_from") or ()):
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


def _powers_of_build(build: Mapping[str, Any]) -> Iterator[str]:
    powers = [*(["privileged"] if build.get("privileged") else []), *build.get("entitlements", ())]
    if powers:
        yield f"is built with power over the host ({', '.join(powers)})"


def gives_engine(source: str) -> bool:
    """Tell whether who mounts ``source`` of the host can give the Engine orders."""
    path = PurePosixPath(source)
    if path.suffix == ".sock":
        return True
    return any(path == socket or path in socket.parents for socket in _SOCKETS)


def _added(service: Mapping[str, Any]) -> list[Any]:
    return list(service.get("cap_add") or ())
