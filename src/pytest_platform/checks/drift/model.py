"""The normal form in which desired and observed are compared. Values, and no I/O."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct, field

from pytest_platform.verdict import Finding

Environment = Mapping[str, str | None]
"""Names to digests of their values; None where a name has no value. Never a value."""


FOREIGN = ("com.docker.compose.", "desktop.docker.io/")
"""Beginnings of labels that Compose and Docker Desktop put on containers themselves."""


class Hash(StrEnum):
    """What Compose's own config hash says. Evidence, and not an oracle."""

    EQUAL = "equal"
    DIFFERENT = "different"
    UNKNOWN = "unknown"
    """The hashes are not comparable, which says nothing about a difference."""


class Drift(Struct, frozen=True):
    """One named difference, with both sides as people read them."""

    code: str
    expected: str
    actual: str


class Healthcheck(Struct, frozen=True):
    """A health check. Times are in nanoseconds; 0 and an empty test leave it to the image."""

    test: tuple[str, ...] = ()
    interval: int = 0
    timeout: int = 0
    start_period: int = 0
    retries: int = 0


class Mount(Struct, frozen=True):
    """What stands at a path of the container; a volume without ``source`` is anonymous."""

    kind: str
    source: str = ""
    read_only: bool = False
    options: str = ""

    @property
    def anonymous(self) -> bool:
        """Whether it is a volume that nobody has named."""
        return self.kind == "volume" and not self.source


class Attachment(Struct, frozen=True):
    """How a container is attached to a network. An empty text was not asked for."""

    aliases: frozenset[str] = frozenset()
    ipv4: str = ""
    ipv6: str = ""


class ContainerSettings(Struct, frozen=True):
    """The fields that both sides have.

    A command or test that is empty, an entrypoint that is None, and a user that is
    empty are left to the image. ``network_mode`` is empty where networks are attached.
    """

    image: str = ""
    command: tuple[str, ...] = ()
    entrypoint: tuple[str, ...] | None = None
    environment: Environment = field(default_factory=dict)
    published: frozenset[str] = frozenset()
    exposed: frozenset[str] = frozenset()
    mounts: Mapping[str, Mount] = field(default_factory=dict)
    network_mode: str = ""
    networks: Mapping[str, Attachment] = field(default_factory=dict)
    restart: str = "no"
    user: str = ""
    healthcheck: Healthcheck | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    rights: Mapping[str, str] = field(default_factory=dict)
    container_name: str = ""


class Desired(Struct, frozen=True):
    """What the Compose files want of a service.

    ``private`` names fields that are made of variables, ``labels.NAME`` for one label:
    their texts may carry a secret and are not shown. ``open_mounts`` tells that there
    may be mounts that the service does not list itself. ``other_image`` is how Compose in its
    compatibility mode names what it builds. ``api_socket`` is the digest of the only value of
    DOCKER_CONFIG that Compose itself sets, for ``use_api_socket``.
    """

    settings: ContainerSettings
    private: frozenset[str] = frozenset()
    open_mounts: bool = False
    other_image: str = ""
    uses_api_socket: bool = False
    api_socket: str = ""


class Image(Struct, frozen=True):
    """What an image brings into every container that is made of it."""

    command: tuple[str, ...] = ()
    entrypoint: tuple[str, ...] = ()
    environment: Environment = field(default_factory=dict)
    exposed: frozenset[str] = frozenset()
    volumes: frozenset[str] = frozenset()
    user: str = ""
    healthcheck: Healthcheck | None = None
    labels: Mapping[str, str] = field(default_factory=dict)


class Observed(Struct, frozen=True):
    """What a container has. ``image`` is None where its image is gone from the host.

    ``own_names`` are the aliases that every container gets, ``service`` the one of them that
    others go by, ``first_names`` are those that Compose gives where none is declared.
    ``config_hash`` and ``compose_version`` are what Compose wrote on it. ``podman``
    tells that Podman made it, which adds settings by itself.
    """

    settings: ContainerSettings
    image: Image | None = None
    image_id: str = ""
    own_names: frozenset[str] = frozenset()
    service: str = ""
    first_names: tuple[str, ...] = ()
    podman: bool = False
    config_hash: str = ""
    compose_version: str = ""


class Evidence(Struct, frozen=True):
    """What else is known: the config hash, and what the declared reference means now."""

    config_hash: Hash = Hash.UNKNOWN
    image_id: str = ""


def address(text: str) -> str:
    """Return the normal form of an IP address; what is none stays as it is."""
    try:
        return ipaddress.ip_address(text.strip("[]")).compressed
    except ValueError:
        return text


def binding(host: str, published: str, port: str) -> str:
    """Write one published port: ``127.0.0.1:8080->80/tcp``; ``any`` is for a free one."""
    where = address(host)
    shown = f"[{where}]:" if ":" in where else f"{where}:" if where else ""
    return f"{shown}{published if published not in {'', '0'} else 'any'}->{port}"


def own_labels(labels: Mapping[str, object]) -> dict[str, str]:
    """Return the labels that people have set."""
    return {key: str(value) for key, value in labels.items() if not key.startswith(FOREIGN)}


class Comparison(Struct, frozen=True):
    """All that differs. ``config_hash`` is what the hash says of all containers together."""

    findings: tuple[Finding, ...]
    config_hash: Hash
