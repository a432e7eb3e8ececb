"""Observed: the normal form of a container that was inspected, and of what its image brings."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping

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
from pytest_platform.docker.api import (
    ContainerConfig,
    DeclaredCheck,
    InspectedContainer,
    InspectedImage,
    MountPoint,
    WantedAddresses,
)
from pytest_platform.docker.engine import PROJECT, SERVICE
from pytest_platform.docker.host_config import HostConfig, RestartPolicy, TmpfsOptions
from pytest_platform.docker.podman import is_podman

PLAIN = frozenset({"podman", "bridge"})
"""Networks of containers that have no networks of their own."""

_COMPOSE = "com.docker.compose."

_ANONYMOUS = re.compile(r"[0-9a-f]{64}")
_DESKTOP = re.compile(r"^/(host_mnt|run/desktop/mnt/host)(?=/)")


def observed(container: InspectedContainer, image: InspectedImage | None) -> Observed:
    """Return what a container has. Environments are digests in both."""
    labels = container.config.labels or {}
    return Observed(
        _settings(container),
        image_of(image) if image else None,
        container.image or "",
        _own_names(container, labels),
        labels.get(SERVICE, ""),
        _first_names(labels),
        is_podman(container),
        labels.get(f"{_COMPOSE}config-hash", ""),
        labels.get(f"{_COMPOSE}version", ""),
    )


def _settings(container: InspectedContainer) -> ContainerSettings:
    config, host = container.config, container.host_config
    mode = _mode(container)
    return ContainerSettings(
        image=image_name.normal(config.image or ""),
        command=tuple(config.cmd or ()),
        entrypoint=tuple(config.entrypoint or ()),
        environment=config.environment(),
        published=frozenset(_published(host)),
        exposed=frozenset(config.exposed_ports or ()),
        mounts=dict(_mounts(container)),
        network_mode=network_mode(mode) if without_networks(mode) else "",
        networks={} if without_networks(mode) else dict(_networks(container)),
        restart=_restart(host.restart_policy or RestartPolicy()),
        user=config.user or "",
        healthcheck=_healthcheck(config.healthcheck),
        labels=own_labels(config.labels or {}),
        rights=rights.observed(host),
        container_name=container.own_name,
    )


def image_of(image: InspectedImage) -> Image:
    """Return what an image brings into its containers."""
    config = image.config or ContainerConfig()
    return Image(
        command=tuple(config.cmd or ()),
        entrypoint=tuple(config.entrypoint or ()),
        environment=config.environment(),
        exposed=frozenset(config.exposed_ports or ()),
        volumes=frozenset(map(posixpath.normpath, config.volumes or ())),
        user=config.user or "",
        healthcheck=_healthcheck(config.healthcheck),
        labels=own_labels(config.labels or {}),
    )


def _own_names(container: InspectedContainer, labels: Mapping[str, str]) -> frozenset[str]:
    """Name the aliases that Compose and the Engine give without being asked."""
    host, service = container.config.hostname or "", labels.get(SERVICE, "")
    return frozenset({container.own_name, *_first_names(labels), service, host, container.id[:12]})


def _first_names(labels: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names that Compose gives where none is declared, the usual one first."""
    number = labels.get(f"{_COMPOSE}container-number", "")
    parts = (labels.get(PROJECT, ""), labels.get(SERVICE, ""), number)
    return ("-".join(parts), "_".join(parts)) if number else ()


def _mode(container: InspectedContainer) -> str:
    """Return the network mode; Podman says ``bridge`` of a container with networks of its own."""
    mode = container.host_config.network_mode or ""
    names = container.network_settings.networks or {}
    return "" if mode == "bridge" and is_podman(container) and names.keys() - PLAIN else mode


def _published(host: HostConfig) -> Iterator[str]:
    for port, bindings in (host.port_bindings or {}).items():
        for one in bindings or ():
            yield binding(one.host_ip or "", one.host_port or "", port)


def _mounts(container: InspectedContainer) -> Iterator[tuple[str, Mount]]:
    host = container.host_config
    for target, text in (host.tmpfs or {}).items():
        yield posixpath.normpath(target), Mount("tmpfs", options=text)
    for mount in container.mounts or ():
        if mount.type not in {"tmpfs", "image"}:
            yield posixpath.normpath(mount.destination), _mount(mount)
    for wanted in host.mounts or ():
        target = posixpath.normpath(wanted.target)
        if wanted.type == "tmpfs":
            options = _tmpfs(wanted.tmpfs_options or TmpfsOptions())
            yield target, Mount("tmpfs", "", bool(wanted.read_only), options)
        if wanted.type == "image":
            source = image_name.normal(wanted.source or "")
            part = wanted.image_options.subpath if wanted.image_options else None
            yield target, Mount("image", source, True, part or "")


def _mount(mount: MountPoint) -> Mount:
    read_only = not mount.writable
    if mount.type == "volume":
        name = mount.name or ""
        return Mount("volume", "" if _ANONYMOUS.fullmatch(name) else name, read_only)
    source = posixpath.normpath(mount.source or "/")
    return Mount(mount.type, _DESKTOP.sub("", source), read_only)


def _tmpfs(options: TmpfsOptions) -> str:
    size, mode = options.size_bytes or 0, options.mode or 0
    return ",".join([f"size={size}"] * bool(size) + [f"mode={mode:o}"] * bool(mode))


def _networks(container: InspectedContainer) -> Iterator[tuple[str, Attachment]]:
    for name, given in (container.network_settings.networks or {}).items():
        asked = given.asked or WantedAddresses()
        yield (
            name,
            Attachment(
                frozenset(given.aliases or ()),
                address(asked.ipv4 or ""),
                address(asked.ipv6 or ""),
            ),
        )


def _restart(policy: RestartPolicy) -> str:
    return restart(policy.name or "", policy.maximum_retry_count or 0)


def _healthcheck(check: DeclaredCheck | None) -> Healthcheck | None:
    if not check or check == DeclaredCheck():
        return None
    return Healthcheck(
        tuple(check.test or ()),
        check.interval or 0,
        check.timeout or 0,
        check.start_period or 0,
        check.retries or 0,
    )
