"""Desired: the normal form of one service of ``docker compose config --format json``."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
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
from pytest_platform.compose.service import RenderedService, service_of, text_of
from pytest_platform.compose.service_parts import (
    FileGrant,
    ServiceHealthcheck,
    ServiceMount,
    ServiceNetwork,
    ServicePort,
    ServiceTmpfs,
)
from pytest_platform.units import nanoseconds

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
    service = service_of(unescaped(rendered.documents[name]))
    mode, policy = service.network_mode, service.restart_policy
    image = image_name.of_service(service.image, str(model.get("name")), name)
    settings = ContainerSettings(
        image=image_name.normal(image),
        command=service.command or (),
        entrypoint=service.entrypoint,
        environment=_environment(service, digest),
        published=frozenset(_published(service)),
        exposed=frozenset(_exposed(service)),
        mounts={_path(target): mount for target, mount in _mounts(service, model)},
        network_mode=network_mode(mode) if without_networks(mode) else "",
        networks=dict(_networks(service, model)),
        restart=restart(policy.name, policy.attempts),
        user=str(service.user),
        healthcheck=_healthcheck(service.healthcheck),
        labels=own_labels(service.labels),
        rights=rights.declared(service),
        container_name=service.container_name,
    )
    return Desired(
        settings,
        _private(name, source),
        bool(service.volumes_from),
        "" if service.image else image_name.normal(f"{model.get('name')}_{name}"),
        service.use_api_socket,
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


def _environment(service: RenderedService, digest: Callable[[str], str]) -> dict[str, str | None]:
    return {
        name: None if value is None else digest(text_of(value))
        for name, value in service.environment.items()
    }


def _published(service: RenderedService) -> Iterator[str]:
    for port in service.ports:
        yield binding(port.host_ip, str(port.published or ""), _inside(port))


def _inside(port: ServicePort) -> str:
    return f"{port.target}/{port.protocol}"


def _exposed(service: RenderedService) -> Iterator[str]:
    yield from map(_inside, service.ports)
    for text in service.expose:
        ports, _, protocol = str(text).partition("/")
        first, _, last = ports.partition("-")
        for number in range(int(first), int(last or first) + 1):
            yield f"{number}/{protocol or 'tcp'}"


def _mounts(service: RenderedService, model: Model) -> Iterator[tuple[str, Mount]]:
    """Yield mounts, the weakest first: what is listed under ``volumes`` wins."""
    yield from _files(service.configs, model.get("configs"), "/")
    yield from _files(service.secrets, model.get("secrets"), "/run/secrets/")
    for text in service.tmpfs:
        target, _, options = text.partition(":")
        yield target, Mount("tmpfs", options=options)
    for volume in service.volumes:
        yield volume.target, _mount(volume, model)


def _files(
    grants: Iterable[FileGrant], files: Model | None, folder: str
) -> Iterator[tuple[str, Mount]]:
    """Yield the mounts of configs or secrets that are files; others are copied in."""
    for grant in grants:
        defined = (files or {}).get(grant.source) or {}
        if not defined.get("file"):
            continue
        target = posixpath.join(folder, grant.target or grant.source)
        yield target, Mount("bind", _path(defined["file"]), read_only=True)


def _mount(volume: ServiceMount, model: Model) -> Mount:
    kind, source, read_only = volume.type, volume.source, volume.read_only
    if kind == "volume":
        named = (model.get("volumes") or {}).get(source) or {}
        return Mount(kind, named.get("name") or source, read_only)
    if kind == "tmpfs":
        return Mount(kind, "", read_only, _tmpfs(volume.tmpfs))
    if kind == "image":
        return Mount(kind, image_name.normal(source), True, volume.image.subpath)
    return Mount(kind, _path(source), read_only)


def _tmpfs(options: ServiceTmpfs) -> str:
    size, mode = options.size, options.mode
    return ",".join([f"size={size}"] * bool(size) + [f"mode={mode:o}"] * bool(mode))


def _networks(service: RenderedService, model: Model) -> Iterator[tuple[str, Attachment]]:
    defined, mode = model.get("networks") or {}, service.network_mode
    if mode and not without_networks(mode):
        yield mode, Attachment()
    for key, options in service.networks.items():
        name = (defined.get(key) or {}).get("name") or key
        given = options or ServiceNetwork()
        addresses = address(given.ipv4_address), address(given.ipv6_address)
        yield name, Attachment(frozenset(given.aliases), *addresses)


def restart(name: str, count: int) -> str:
    """Write a restart policy; ``count`` is how often it is tried at most, 0 for ever."""
    return f"{name or 'no'}:{count}" if count else name or "no"


def _healthcheck(check: ServiceHealthcheck | None) -> Healthcheck | None:
    if check is None:
        return None
    return Healthcheck(
        ("NONE",) if check.disable else check.words,
        nanoseconds(check.interval),
        nanoseconds(check.timeout),
        nanoseconds(check.start_period),
        check.retries,
    )


def _private(name: str, source: Rendered | None) -> frozenset[str]:
    """Name the fields, and the single labels, whose source holds a variable."""
    service: Model = (source.documents.get(name) if source else None) or {}
    fields = {key for key in _SHOWN if VARIABLE.search(str(service.get(key) or ""))}
    labels = service.get("labels") or {}
    named = isinstance(labels, Mapping) and not VARIABLE.search(" ".join(labels))
    if named:
        fields |= {f"labels.{key}" for key in labels if VARIABLE.search(str(labels[key]))}
    return frozenset(fields - {"labels"} if named else fields)


def _path(path: str) -> str:
    return posixpath.normpath(path) if path else ""
