"""Where a container's ports are reached beside its host: published, or at its own address."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct

from pytest_platform.docker.api import InspectedContainer, PortBinding

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


def read_network(container: InspectedContainer) -> Network:
    """Return how a container is reached."""
    settings = container.network_settings
    networks = (settings.networks or {}).values()
    addresses = [*(one.address for one in networks), *(one.address6 for one in networks)]
    return Network(
        mode=container.host_config.network_mode or "",
        published=tuple(_published(settings.ports or {})),
        addresses=tuple(filter(None, addresses)),
    )


def _published(ports: Mapping[str, list[PortBinding] | None]) -> Iterator[Published]:
    for port, bindings in ports.items():
        for binding in bindings or ():
            host, taken = binding.host_ip or "", binding.host_port
            if taken:
                yield Published(port, _ANY_ADDRESS.get(host, host), int(taken))
