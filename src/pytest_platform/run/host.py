"""One host: its transport, its Engine, and the Compose program on it."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from pytest_platform.compose.remote import RemoteCompose
from pytest_platform.docker.engine import Engine
from pytest_platform.hosts.transport import Transport


class Host(Struct, frozen=True, eq=False):
    """One host. Asks nothing before it is asked."""

    transport: Transport
    engine: Engine
    compose: RemoteCompose

    @classmethod
    def over(cls, transport: Transport) -> Host:
        """Make the host that a transport leads to."""
        return cls(transport, Engine(transport), RemoteCompose(transport))

    @property
    def name(self) -> str:
        """The host's name as people are shown it."""
        return self.transport.name

    def forget(self) -> None:
        """Drop what was remembered of the host: something on it was or may be changed."""
        self.engine.forget()
        self.compose.forget()

    def close(self) -> None:
        """Close what is open towards the host. May be called twice, and from another thread."""
        self.engine.close()
        self.transport.close()


Reach = Callable[[str], Host | None]
"""Returns the host that the inventory names as a node is named; None where it names none."""
