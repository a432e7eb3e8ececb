"""Where a container's ports are reached beside its host: published, or at its own address."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

LOOPBACK = "127.0.0.1"
_ANY_ADDRESS = {"": LOOPBACK, "0.0.0.0": LOOPBACK, "::": "::1"}  # noqa: S104 - read, not bound
_HOST, _SHARED = "host", "container:"


class Published(Struct, frozen=True):
    """A published port: ``port`` is the container's, such as ``8080/tcp``."""

    port: str
    host: str
    host_port: int


class Network(Struct, frozen=True):
    """How a container is reached. ``mode`` is the Engine's word, such as ``bridge``."""

    mode: str = ""
    published: tuple[Published, ...] = ()
    addresses: tuple[str, ...] = ()

    @property
    def shared_with(self) -> str | None:
        """The id of the container whose network this one uses, if it has none of its own."""
        return self.mode.removeprefix(_SHARED) if self.mode.startswith(_SHARED) else None

    def reach(self, port: int, protocol: str) -> tuple[str, int] | None:
        """Return a host and a port, as the container's host sees them; None where there are none.

        A published port comes first: that is the way that its users take.
        """
        if self.mode == _HOST:
            return LOOPBACK, port
        for one in self.published:
            if one.port == f"{port}/{protocol}":
                return one.host, one.host_port
        return (self.addresses[0], port) if self.addresses else None


def read_network(document: Mapping[str, Any]) -> Network:
    """Take from one answer of ``inspect`` how the container is reached."""
    settings = document.get("NetworkSettings") or {}
    networks = (settings.get("Networks") or {}).values()
    addresses = [one.get(key) for key in ("IPAddress", "GlobalIPv6Address") for one in networks]
    return Network(
        mode=(document.get("HostConfig") or {}).get("NetworkMode") or "",
        published=tuple(_published(settings.get("Ports") or {})),
        addresses=tuple(filter(None, addresses)),
    )


def _published(ports: Mapping[str, Any]) -> Iterator[Published]:
    for port, bindings in ports.items():
        for binding in bindings or ():
            host, taken = binding.get("HostIp") or "", binding.get("HostPort")
            if taken:
                yield Published(port, _ANY_ADDRESS.get(host, host), int(taken))
