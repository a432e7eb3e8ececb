"""The command lines of ssh: one that opens a connection, and others that go through it."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

from pytest_platform.errors import PlatformError
from pytest_platform.hosts.ssh import scripts
from pytest_platform.hosts.ssh.destination import Destination
from pytest_platform.hosts.transport import CommandTimeout, Local

_NEWER = ("ForkAfterAuthentication", "StdinNull")
_SESSION = {"SessionType": "default"}
"""Settings of a host's own that would take away the shell; known from OpenSSH 8.7 on."""

_ALIVE = 5
"""Seconds between signs of life. After three without an answer the connection is dead."""

_CONFIG_SECONDS = 10.0


class CommandLines(Struct, frozen=True):
    """Those of one connection. ``config`` takes the place of the user's own."""

    destination: Destination
    config: Path | None
    socket: Path

    def master(self) -> Sequence[str]:
        """Return the command that opens the connection."""
        options = {
            "BatchMode": "yes",
            "ClearAllForwardings": "yes",
            "ControlMaster": "yes",
            # A percent sign stands for something in this option.
            "ControlPath": str(self.socket).replace("%", "%%"),
            "ControlPersist": "no",
            "LogLevel": "INFO",
            "RemoteCommand": "none",
            "RequestTTY": "no",
            "ServerAliveInterval": str(_ALIVE),
            "ServerAliveCountMax": "3",
        }
        options |= dict.fromkeys(_NEWER, "no") | _SESSION if _knows_newer() else {}
        words = [word for name, value in options.items() for word in ("-o", f"{name}={value}")]
        return ["ssh", *self._file(), *words, *self.destination.arguments(), scripts.SHELL]

    def _file(self) -> list[str]:
        return ["-F", str(self.config)] if self.config else []

    def connect_timeout(self) -> float:
        """Return the ``ConnectTimeout`` of the ssh config; 0 where it has none."""
        argv = ["ssh", "-G", *self._file(), *self.destination.arguments()]
        try:
            done = Local().run(argv, timeout=_CONFIG_SECONDS)
        except CommandTimeout:
            # A command in the config, behind Match exec, hangs.
            return 0.0
        found = re.search(r"(?m)^connecttimeout (\d+)$", done.stdout)
        return float(found[1]) if found else 0.0

    def client(self, *words: str) -> list[str]:
        """Return the start of a command that goes through the process, and never past it."""
        return [
            "ssh",
            *("-F", "none"),
            *("-S", str(self.socket)),
            *("-o", "BatchMode=yes"),
            *("-o", "ControlMaster=no"),
            # Where the process is gone, ssh would open a connection of its own.
            *("-o", "ProxyCommand=false"),
            *words,
        ]


def _knows_newer() -> bool:
    """Return whether the client knows ``SessionType`` and its like, which older ones refuse."""
    with contextlib.suppress(PlatformError):
        said = Local().run(["ssh", "-V"], timeout=_CONFIG_SECONDS).stderr
        found = re.search(r"OpenSSH_\D*(\d+)\.(\d+)", said)
        return found is not None and (int(found[1]), int(found[2])) >= (8, 7)
    return False
