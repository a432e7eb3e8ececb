"""Observed: the normal form of an ``inspect`` answer, and of what its image brings."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from pytest_platform.checks.drift import rights
from pytest_platform.checks.drift.desired import network_mode, restart, without_networks
from pytest_platform.checks.drift.model import (
    Attachment,
    ContainerSettings,
    Healthcheck,
    Image,
    Mount,
    Observed,
    address,
    binding,
    own_labels,
)
from pytest_platform.compose import image_name
from pytest_platform.docker.engine import PROJECT, SERVICE, Document
from pytest_platform.docker.snapshot import is_podman

PLAIN = frozenset({"podman", "bridge"})
"""Networks of containers that have no networks of their own."""

_COMPOSE = "com.docker.compose."

_ANONYMOUS = re.compile(r"[0-9a-f]{64}")
_DESKTOP = re.compile(r"^/(host_mnt|run/desktop/mnt/host)(?=/)")


def observed(container: Document, image: Document | None) -> Observed:
    """Return what a container has. Environments are digests in both documents."""
    labels = container["Config"].get("Labels") or {}
    return Observed(
        _settings(container),
        image_of(image) if image else None,
        container.get("Image") or "",
        _own_names(container, labels),
        labels.get(SERVICE, ""),
        _first_names(labels),
        is_podman(container),
        labels.get(f"{_COMPOSE}config-hash", ""),
        labels.get(f"{_COMPOSE}version", ""),
    )


def _settings(container: Document) -> ContainerSettings:
    config, host = container["Config"], container["HostConfig"]
    mode = _mode(container)
    return ContainerSettings(
        image=image_name.normal(config.get("Image") or ""),
        command=tuple(config.get("Cmd") or ()),
        entrypoint=tuple(config.get("Entrypoint") or ()),
        environment=config.get("Env") or {},
        published=frozenset(_published(host)),
        exposed=frozenset(config.get("ExposedPorts") or ()),
        mounts=dict(_mounts(container)),
        network_mode=network_mode(mode) if without_networks(mode) else "",
        networks={} if without_networks(mode) else dict(_networks(container)),
        restart=_restart(host),
        user=config.get("User") or "",
        healthcheck=_healthcheck(config.get("Healthcheck")),
        labels=own_labels(config.get("Labels") or {}),
        rights=rights.observed(host),
        container_name=container["Name"].lstrip("/"),
    )


def image_of(document: Document) -> Image:
    """Return what an image brings into its containers."""
    config = document.get("Config") or {}
    return Image(
        command=tuple(config.get("Cmd") or ()),
        entrypoint=tuple(config.get("Entrypoint") or ()),
        environment=config.get("Env") or {},
        exposed=frozenset(config.get("ExposedPorts") or ()),
        volumes=frozenset(map(posixpath.normpath, config.get("Volumes") or ())),
        user=config.get("User") or "",
        healthcheck=_healthcheck(config.get("Healthcheck")),
        labels=own_labels(config.get("Labels") or {}),
    )


def _own_names(container: Document, labels: Document) -> frozenset[str]:
    """Name the aliases that Compose and the Engine give without being asked."""
    host = container["Config"].get("Hostname") or ""
    name, service = container["Name"].lstrip("/"), labels.get(SERVICE, "")
    return frozenset({name, *_first_names(labels), service, host, container["Id"][:12]})


def _first_names(labels: Document) -> tuple[str, ...]:
    """Return the names that Compose gives where none is declared, the usual one first."""
    number = labels.get(f"{_COMPOSE}container-number", "")
    parts = (labels.get(PROJECT, ""), labels.get(SERVICE, ""), number)
    return ("-".join(parts), "_".join(parts)) if number else ()


def _mode(container: Document) -> str:
    """Return the network mode; Podman says ``bridge`` of a container with networks of its own."""
    mode = container["HostConfig"].get("NetworkMode") or ""
    names = container["NetworkSettings"].get("Networks") or {}
    return "" if mode == "bridge" and is_podman(container) and names.keys() - PLAIN else mode


def _published(host: Document) -> Iterator[str]:
    for port, bindings in (host.get("PortBindings") or {}).items():
        for one in bindings or ():
            yield binding(one.get("HostIp") or "", one.get("HostPort") or "", port)


def _mounts(container: Document) -> Iterator[tuple[str, Mount]]:
    host = container["HostConfig"]
    for target, options in (host.get("Tmpfs") or {}).items():
        yield posixpath.normpath(target), Mount("tmpfs", options=options)
    for mount in container.get("Mounts") or ():
        if mount["Type"] not in {"tmpfs", "image"}:
            yield posixpath.normpath(mount["Destination"]), _mount(mount)
    for mount in host.get("Mounts") or ():
        if mount["Type"] == "tmpfs":
            read_only = bool(mount.get("ReadOnly"))
            options = _tmpfs(mount.get("TmpfsOptions") or {})
            yield posixpath.normpath(mount["Target"]), Mount("tmpfs", "", read_only, options)
        if mount["Type"] == "image":
            source = image_name.normal(mount.get("Source") or "")
            part = (mount.get("ImageOptions") or {}).get("Subpath") or ""
            yield posixpath.normpath(mount["Target"]), Mount("image", source, True, part)


def _mount(mount: Document) -> Mount:
    read_only = not mount.get("RW")
    if mount["Type"] == "volume":
        name = mount.get("Name") or ""
        return Mount("volume", "" if _ANONYMOUS.fullmatch(name) else name, read_only)
    source = posixpath.normpath(mount.get("Source") or "/")
    return Mount(mount["Type"], _DESKTOP.sub("", source), read_only)


def _tmpfs(options: Document) -> str:
    size, mode = options.get("SizeBytes") or 0, options.get("Mode") or 0
    return ",".join([f"size={size}"] * bool(size) + [f"mode={mode:o}"] * bool(mode))


def _networks(container: Document) -> Iterator[tuple[str, Attachment]]:
    for name, given in (container["NetworkSettings"].get("Networks") or {}).items():
        asked = given.get("IPAMConfig") or {}
        yield (
            name,
            Attachment(
                frozenset(given.get("Aliases") or ()),
                address(asked.get("IPv4Address") or ""),
                address(asked.get("IPv6Address") or ""),
            ),
        )


def _restart(host: Document) -> str:
    policy = host.get("RestartPolicy") or {}
    return restart(policy.get("Name") or "", policy.get("MaximumRetryCount") or 0)


def _healthcheck(check: Document | None) -> Healthcheck | None:
    if not check:
        return None
    return Healthcheck(
        tuple(check.get("Test") or ()),
        check.get("Interval") or 0,
        check.get("Timeout") or 0,
        check.get("StartPeriod") or 0,
        check.get("Retries") or 0,
    )
