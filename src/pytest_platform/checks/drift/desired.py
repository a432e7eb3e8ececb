"""Desired: the normal form of one service of ``docker compose config --format json``."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pytest_platform.checks.drift import rights
from pytest_platform.checks.drift.model import (
    Attachment,
    ContainerSettings,
    Desired,
    Healthcheck,
    Mount,
    address,
    binding,
    own_labels,
)
from pytest_platform.compose import image_name
from pytest_platform.compose.rendered import Rendered, unescaped
from pytest_platform.compose.service import image_of, restart_of, text_of

_UNITS = {"h": 3600 * 10**9, "m": 60 * 10**9, "s": 10**9, "ms": 10**6, "us": 10**3, "µs": 10**3}
_DURATION = re.compile(r"([0-9.]+)(h|ms|us|µs|ns|m|s)")
VARIABLE = re.compile(r"(?<!\$)(?:\$\$)*\$(?!\$)")
"""Matches where a text of a Compose file has a variable; ``$$`` is a dollar."""
_SECTIONS = ("name", "networks", "volumes", "configs", "secrets")
_SHARED = ("service:", "container:")
_BY_ID = re.compile("container:[0-9a-f]{64}")
_API_SOCKET = "/run/secrets/docker"
CONTAINER = "container"
"""The network mode of a container that shares the network of another one, unknown which."""

_SHOWN = ("command", "entrypoint", "healthcheck", "labels")

Model = Mapping[str, Any]


def desired(
    name: str,
    rendered: Rendered,
    digest: Callable[[str], str],
    source: Rendered | None = None,
) -> Desired:
    """Return what the files want of a service. ``source`` is the same, not interpolated.

    Raises:
        KeyError: the project has no such service.
    """
    model = {key: unescaped(rendered.model.get(key)) for key in _SECTIONS}
    service: Model = unescaped(rendered.services[name])
    mode, policy = service.get("network_mode") or "", restart_of(service)
    settings = ContainerSettings(
        image=image_name.normal(image_of(service, str(model.get("name")), name)),
        command=tuple(service.get("command") or ()),
        entrypoint=_entrypoint(service),
        environment=_environment(service, digest),
        published=frozenset(_published(service)),
        exposed=frozenset(_exposed(service)),
        mounts={_path(target): mount for target, mount in _mounts(service, model)},
        network_mode=network_mode(mode) if without_networks(mode) else "",
        networks=dict(_networks(service, model)),
        restart=restart(policy.name, policy.attempts),
        user=str(service.get("user") or ""),
        healthcheck=_healthcheck(service.get("healthcheck")),
        labels=own_labels(service.get("labels") or {}),
        rights=rights.declared(service),
        container_name=service.get("container_name") or "",
    )
    return Desired(
        settings,
        _private(name, source),
        bool(service.get("volumes_from")),
        "" if service.get("image") else image_name.normal(f"{model.get('name')}_{name}"),
        bool(service.get("use_api_socket")),
        digest(_API_SOCKET),
    )


def network_mode(mode: str) -> str:
    """Return the normal form of a mode; a shared network is compared where the id is known."""
    if mode.startswith(_SHARED):
        return mode if _BY_ID.fullmatch(mode) else CONTAINER
    return mode.replace("default", "bridge")


def without_networks(mode: str) -> bool:
    """Return whether a container of this mode has no networks of its own to compare."""
    return mode in {"none", "host", "bridge", "default"} or mode.startswith(_SHARED)


def nanoseconds(duration: str | None) -> int:
    """Read a duration of Go, such as ``1m30s``; none is 0."""
    parts = _DURATION.findall(duration or "")
    return round(sum(float(number) * _UNITS.get(unit, 1) for number, unit in parts))


def _entrypoint(service: Model) -> tuple[str, ...] | None:
    declared = service.get("entrypoint")
    return None if declared is None else tuple(declared)


def _environment(service: Model, digest: Callable[[str], str]) -> dict[str, str | None]:
    return {
        name: None if value is None else digest(text_of(value))
        for name, value in (service.get("environment") or {}).items()
    }


def _published(service: Model) -> Iterator[str]:
    for port in service.get("ports") or ():
        inside = f"{port['target']}/{port.get('protocol') or 'tcp'}"
        yield binding(port.get("host_ip") or "", str(port.get("published") or ""), inside)


def _exposed(service: Model) -> Iterator[str]:
    for port in service.get("ports") or ():
        yield f"{port['target']}/{port.get('protocol') or 'tcp'}"
    for text in service.get("expose") or ():
        ports, _, protocol = str(text).partition("/")
        first, _, last = ports.partition("-")
        for number in range(int(first), int(last or first) + 1):
            yield f"{number}/{protocol or 'tcp'}"


def _mounts(service: Model, model: Model) -> Iterator[tuple[str, Mount]]:
    """Yield mounts, the weakest first: what is listed under ``volumes`` wins."""
    yield from _files(service, model, "configs", "/")
    yield from _files(service, model, "secrets", "/run/secrets/")
    for text in service.get("tmpfs") or ():
        target, _, options = text.partition(":")
        yield target, Mount("tmpfs", options=options)
    for volume in service.get("volumes") or ():
        yield volume["target"], _mount(volume, model)


def _files(service: Model, model: Model, key: str, folder: str) -> Iterator[tuple[str, Mount]]:
    """Yield the mounts of configs or secrets that are files; others are copied in."""
    for use in service.get(key) or ():
        defined = (model.get(key) or {}).get(use["source"]) or {}
        if not defined.get("file"):
            continue
        target = posixpath.join(folder, use.get("target") or use["source"])
        yield target, Mount("bind", _path(defined["file"]), read_only=True)


def _mount(volume: Model, model: Model) -> Mount:
    kind, source = volume["type"], volume.get("source") or ""
    read_only = bool(volume.get("read_only"))
    if kind == "volume":
        named = (model.get("volumes") or {}).get(source) or {}
        return Mount(kind, named.get("name") or source, read_only)
    if kind == "tmpfs":
        return Mount(kind, "", read_only, _tmpfs(volume.get("tmpfs") or {}))
    if kind == "image":
        return Mount(
            kind, image_name.normal(source), True, (volume.get("image") or {}).get("subpath", "")
        )
    return Mount(kind, _path(source), read_only)


def _tmpfs(options: Model) -> str:
    size, mode = int(options.get("size") or 0), int(options.get("mode") or 0)
    return ",".join([f"size={size}"] * bool(size) + [f"mode={mode:o}"] * bool(mode))


def _networks(service: Model, model: Model) -> Iterator[tuple[str, Attachment]]:
    defined, mode = model.get("networks") or {}, service.get("network_mode") or ""
    if mode and not without_networks(mode):
        yield mode, Attachment()
    for key, options in (service.get("networks") or {}).items():
        name = (defined.get(key) or {}).get("name") or key
        given = options or {}
        yield (
            name,
            Attachment(
                frozenset(given.get("aliases") or ()),
                address(given.get("ipv4_address") or ""),
                address(given.get("ipv6_address") or ""),
            ),
        )


def restart(name: str, count: int) -> str:
    """Write a restart policy; ``count`` is how often it is tried at most, 0 for ever."""
    return f"{name or 'no'}:{count}" if count else name or "no"


def _healthcheck(check: Model | None) -> Healthcheck | None:
    if check is None:
        return None
    return Healthcheck(
        ("NONE",) if check.get("disable") else tuple(check.get("test") or ()),
        nanoseconds(check.get("interval")),
        nanoseconds(check.get("timeout")),
        nanoseconds(check.get("start_period")),
        int(check.get("retries") or 0),
    )


def _private(name: str, source: Rendered | None) -> frozenset[str]:
    """Name the fields, and the single labels, whose source holds a variable."""
    service: Model = (source.services.get(name) if source else None) or {}
    fields = {key for key in _SHOWN if VARIABLE.search(str(service.get(key) or ""))}
    labels = service.get("labels") or {}
    named = isinstance(labels, Mapping) and not VARIABLE.search(" ".join(labels))
    if named:
        fields |= {f"labels.{key}" for key in labels if VARIABLE.search(str(labels[key]))}
    return frozenset(fields - {"labels"} if named else fields)


def _path(path: str) -> str:
    return posixpath.normpath(path) if path else ""
