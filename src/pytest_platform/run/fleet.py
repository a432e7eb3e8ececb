"""The hosts of a run: one transport and one Engine for each, however many modules it has."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pytest_platform.compose.remote import ComposeThere
from pytest_platform.docker.engine import Engine
from pytest_platform.errors import PlatformError
from pytest_platform.hosts.inventory import Place
from pytest_platform.hosts.transport import Local, Transport
from pytest_platform.module.loader import Module


class NoHost(PlatformError):
    """Nobody has said on which host the module runs."""

    code = "host.undeclared"


@dataclass(frozen=True, slots=True, eq=False)
class Host:
    """One host. Talks to nobody before it is asked."""

    transport: Transport
    engine: Engine
    compose: ComposeThere

    @classmethod
    def over(cls, transport: Transport) -> Host:
        """Make the host that a transport leads to."""
        return cls(transport, Engine(transport), ComposeThere(transport))

    @property
    def name(self) -> str:
        """The host's name as people are shown it."""
        return self.transport.name

    def close(self) -> None:
        """Close what is open towards the host. May be called twice, and from another thread."""
        self.engine.close()
        self.transport.close()


class Hosts:
    """Which host each module is on. A host is made on first use, once."""

    def __init__(
        self,
        find: Callable[[Module], Place],
        connect: Callable[[Place], Transport],
    ) -> None:
        self._find = find
        self._connect = connect
        self._made: dict[str, Host] = {}

    @classmethod
    def local(cls) -> Hosts:
        """Make the hosts of a run that stays on this machine: all modules are on it."""
        here = Place(Local.name, "")
        return cls(lambda _: here, lambda _: Local())

    def __iter__(self) -> Iterator[Host]:
        return iter(list(self._made.values()))

    def place_of(self, module: Module) -> Place:
        """Name the host of a module.

        Raises:
            NoHost: nobody has said which.
        """
        return self._find(module)

    def of(self, module: Module) -> Host:
        """Return the host of a module.

        Raises:
            NoHost: nobody has said which.
        """
        place = self.place_of(module)
        if place.address not in self._made:
            self._made[place.address] = Host.over(self._connect(place))
        return self._made[place.address]
