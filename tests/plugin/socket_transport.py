"""An example of another plugin that adds a transport: an Engine behind a socket of this machine.

    [pytest]
    platform_hosts = rootless = socket:///run/user/1000/podman/podman.sock

Then ``--remote-mode ssh --ssh-host rootless`` asks that Engine.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_platform.hosts.transport import Local

SCHEME = "socket://"


class Socket(Local):
    """Commands run on this machine, the Engine answers on another socket."""

    def __init__(self, path: str, name: str) -> None:
        super().__init__()
        self.name = name
        self._path = path

    def engine_options(self) -> Mapping[str, Any]:
        """Return the socket."""
        return {"base_url": f"unix://{self._path}"}


def pytest_platform_transport(destination: str, name: str) -> Socket | None:
    """Take the addresses that begin with our scheme."""
    if not destination.startswith(SCHEME):
        return None
    return Socket(destination.removeprefix(SCHEME), name)
