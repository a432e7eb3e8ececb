"""Whose a stack is: the labels on all its parts, and whether that process still lives."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from socket import gethostname
from typing import Final, Self

from msgspec import Struct

PREFIX: Final = "pytest-platform-"
LABEL: Final = "io.pytest-platform.stack"
"""On every container, volume, network and image of a stack; its value is the project."""

_NAME = re.compile(rf"{PREFIX}[0-9a-f]{{8}}")
_BOOT = Path("/proc/sys/kernel/random/boot_id")
_MACHINE = Path("/etc/machine-id")


def new_name() -> str:
    """Make up a project's name that nobody else has."""
    return PREFIX + secrets.token_hex(4)


def is_name(text: str) -> bool:
    """Return whether a project's name is one that ``new_name`` may have made."""
    return _NAME.fullmatch(text) is not None


class Owner(Struct, frozen=True):
    """The process that a stack belongs to.

    ``world`` tells where its number means something: the machine, its boot and the
    namespace of processes. ``born`` tells it from a later process of that number. What
    the system does not say is empty. ``keep`` is set where the stack is to outlive it.
    """

    host: str
    pid: int
    since: str
    world: str
    born: str
    keep: bool

    @classmethod
    def me(cls, *, keep: bool) -> Self:
        """Describe this process."""
        since = datetime.now(UTC).isoformat(timespec="seconds")
        pid = os.getpid()
        return cls(gethostname(), pid, since, _world(), _born(pid), keep)

    @classmethod
    def of(cls, labels: Mapping[str, str]) -> Self:
        """Read the owner from the labels of a part of its stack.

        An image that is just being built has some of them only: it names nobody.

        Raises:
            ValueError: the labels name none.
        """

        def read(key: str) -> str:
            if (value := labels.get(f"{LABEL}.{key}")) is None:
                message = f"the label {LABEL}.{key} is missing"
                raise ValueError(message)
            return value

        keep = read("keep") == "true"
        return cls(read("host"), int(read("pid")), read("since"), read("world"), read("born"), keep)

    def labels(self, project: str) -> dict[str, str]:
        """Return the labels of a stack of this owner."""
        values = {
            "host": self.host,
            "pid": str(self.pid),
            "since": self.since,
            "world": self.world,
            "born": self.born,
            "keep": str(self.keep).lower(),
        }
        return {LABEL: project, **{f"{LABEL}.{key}": value for key, value in values.items()}}

    def is_gone(self) -> bool:
        """Return whether that process is surely gone. Of one elsewhere nobody here can know."""
        words, here = self.world.split("/"), _world().split("/")
        if self.host != gethostname() or len(words) != len(here):
            return False
        machine, boot, space = words
        here_machine, here_boot, here_space = here
        if not boot or not here_boot:
            return False
        if boot != here_boot:
            # Another machine may have this one's name.
            return bool(machine) and machine == here_machine
        if space != here_space:
            return False
        return not _alive(self.pid) or self.born != _born(self.pid)

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host} since {self.since}"


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _world() -> str:
    try:
        boot = _BOOT.read_text(encoding="ascii").strip()
        space = str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        boot, space = "", ""
    return f"{_machine()}/{boot}/{space}"


def _machine() -> str:
    """Return what tells this machine from others, not its id itself: that is to stay here."""
    try:
        identity = _MACHINE.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""
    if not re.fullmatch(r"[0-9a-f]{32}", identity):
        return ""
    return hashlib.sha256(f"{PREFIX}{identity}".encode()).hexdigest()[:16]


def _born(pid: int) -> str:
    """Return when a process began, in ticks since the boot."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    # The second field is the program's name in brackets, with whatever is in it.
    return stat.rpartition(")")[2].split()[19]
