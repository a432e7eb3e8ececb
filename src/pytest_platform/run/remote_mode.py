"""The remote mode: whether hosts are asked, and how they are reached. Chosen once."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar, Final, Protocol

from pytest_platform.errors import PlatformError
from pytest_platform.hosts.inventory import HostPlace, Inventory, has_other_scheme
from pytest_platform.hosts.transport import Local, Transport
from pytest_platform.module.loader import Module

SSH_CONFIG: Final = "PYTEST_PLATFORM_SSH_CONFIG"
"""The variable that names the ssh client's configuration file."""


class NoHost(PlatformError):
    """Neither the module nor the run names the host on which the module runs."""

    code = "host.undeclared"


class NoTransport(PlatformError):
    """An address has a scheme for which there is no transport."""

    code = "host.transport"


class OtherTransports(Protocol):
    """Returns the transport of another plugin to an address, None where there is none."""

    def __call__(self, *, destination: str, name: str) -> Transport | None:
        """Ask the plugins."""


def _no_other(*, destination: str, name: str) -> None:
    """Know no address."""


class RemoteMode(ABC):
    """``name`` is the value of ``--remote-mode``."""

    name: ClassVar[str]
    live: ClassVar[bool] = True
    """Whether hosts are asked at all."""
    elsewhere: ClassVar[bool] = False
    """Whether the hosts are other machines than this one."""

    @abstractmethod
    def place_of(self, module: Module) -> HostPlace:
        """Name the host of a module.

        Raises:
            NoHost: no host is named for it.
        """

    @abstractmethod
    def connect(self, place: HostPlace) -> Transport:
        """Return the transport to a host. Asks nothing yet."""

    def named(self, name: str) -> HostPlace | None:  # noqa: ARG002
        """Return the host that the inventory names so; None where it names none."""
        return None


class ThisMachine(RemoteMode):
    """All modules are on this machine."""

    name = "local"

    def place_of(self, module: Module) -> HostPlace:  # noqa: ARG002
        """Name this machine."""
        return HostPlace(Local.name, "")

    def connect(self, place: HostPlace) -> Transport:  # noqa: ARG002
        """Return the transport of this machine."""
        return Local()


class FilesOnly(ThisMachine):
    """Nothing but files is touched. Hosts are not asked."""

    name = "skip"
    live = False


class OverSsh(RemoteMode):
    """Each module is on the host that its file or the inventory names."""

    name = "ssh"
    elsewhere = True

    def __init__(
        self, inventory: Inventory, config: Path | None, others: OtherTransports = _no_other
    ) -> None:
        """Take the client's ``config``, where not the user's own; ``others`` are of plugins."""
        self._inventory = inventory
        self._config = config
        self._others = others

    def place_of(self, module: Module) -> HostPlace:
        """Ask the inventory."""
        place = self._inventory.find(module.manifest.spec.runtime.host)
        if place is None:
            message = (
                f"no host is named for '{module.name}'; give --ssh-host, or write runtime.host "
                "into its module.yaml, or platform_ssh_host into the ini file"
            )
            raise NoHost(message, location=module.at("spec", "runtime"))
        return place

    def named(self, name: str) -> HostPlace | None:
        """Ask the inventory."""
        address = self._inventory.names.get(name)
        return HostPlace(name, address) if address else None

    def connect(self, place: HostPlace) -> Transport:
        """Return a connection over ssh, or that of another plugin for an address with a scheme.

        Raises:
            NoTransport: no plugin knows the scheme.
        """
        if has_other_scheme(place.address):
            transport = self._others(destination=place.address, name=place.name)
            if transport is None:
                scheme = place.address.partition("://")[0]
                message = (
                    f"no plugin has a transport for '{scheme}://', which platform_hosts names "
                    f"for '{place.name}'; install it, or write [user@]host[:port]"
                )
                raise NoTransport(message)
            return transport
        from pytest_platform.hosts.ssh.client import Ssh

        return Ssh(place.address, place.name, config=self._config)
