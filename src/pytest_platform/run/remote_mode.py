"""The remote mode: whether hosts are asked, and how they are reached. Chosen once."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar

from pytest_platform.errors import PlatformError
from pytest_platform.hosts.inventory import Inventory, Place
from pytest_platform.hosts.transport import Local, Transport
from pytest_platform.module.loader import Module


class NoHost(PlatformError):
    """Neither the module nor the run names the host on which the module runs."""

    code = "host.undeclared"


class RemoteMode(ABC):
    """``name`` is the value of ``--remote-mode``."""

    name: ClassVar[str]
    live: ClassVar[bool] = True
    """Whether hosts are asked at all."""
    elsewhere: ClassVar[bool] = False
    """Whether the hosts are other machines than this one."""

    @abstractmethod
    def place_of(self, module: Module) -> Place:
        """Name the host of a module.

        Raises:
            NoHost: no host is named for it.
        """

    @abstractmethod
    def connect(self, place: Place) -> Transport:
        """Return the transport to a host. Asks nothing yet."""


class ThisMachine(RemoteMode):
    """All modules are on this machine."""

    name = "local"

    def place_of(self, module: Module) -> Place:  # noqa: ARG002
        """Name this machine."""
        return Place(Local.name, "")

    def connect(self, place: Place) -> Transport:  # noqa: ARG002
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

    def __init__(self, inventory: Inventory, config: Path | None) -> None:
        self._inventory = inventory
        self._config = config

    def place_of(self, module: Module) -> Place:
        """Ask the inventory."""
        place = self._inventory.find(module.manifest.spec.runtime.host)
        if place is None:
            message = (
                f"no host is named for '{module.name}'; give --ssh-host, or write runtime.host "
                "into its module.yaml, or platform_ssh_host into the ini file"
            )
            raise NoHost(message, location=module.at("spec", "runtime"))
        return place

    def connect(self, place: Place) -> Transport:
        """Return a connection over ssh."""
        from pytest_platform.hosts.ssh.client import Ssh

        return Ssh(place.address, place.name, config=self._config)
