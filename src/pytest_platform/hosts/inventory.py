"""The names of hosts, and which of them is meant where several are named."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from msgspec import Struct, field

from pytest_platform.errors import UsageError
from pytest_platform.hosts.ssh.destination import parse
from pytest_platform.hosts.ssh.errors import SshError

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_SCHEME = re.compile(r"(?!ssh://)[a-z][a-z0-9+.-]*://[!-~]+\Z")


class HostPlace(Struct, frozen=True):
    """A host: its name as people are shown it, and what the ssh client is given."""

    name: str
    address: str


class Inventory(Struct, frozen=True):
    """What is known of hosts: ``names`` to destinations, and two wishes, empty for none.

    ``chosen`` wins over what a module declares, which wins over ``default``. All three may
    be a name or a destination.
    """

    names: Mapping[str, str] = field(default_factory=dict)
    chosen: str = ""
    default: str = ""

    def find(self, declared: str | None) -> HostPlace | None:
        """Return the host of a module that declares this one; None where none is named."""
        wanted = self.chosen or declared or self.default
        return self._named(wanted) if wanted else None

    def _named(self, wanted: str) -> HostPlace:
        """Return the same for a name and for its destination: they are one host."""
        address = self.names.get(wanted, wanted)
        names = (name for name, one in self.names.items() if one == address)
        return HostPlace(next(names, address), address)


def has_other_scheme(destination: str) -> bool:
    """Return whether an address is for the transport of another plugin, such as ``lxc://web1``."""
    return _SCHEME.match(destination) is not None


class Shares:
    """Deals hosts out to a number of workers, in the order in which they come up."""

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._dealt: dict[str, int] = {}

    def of(self, place: HostPlace) -> int:
        """Return the share that a host belongs to."""
        return self._dealt.setdefault(place.address, len(self._dealt) % self._workers)


def read_names(lines: Iterable[str], source: str) -> dict[str, str]:
    """Read lines of the form ``name = destination``; ``source`` is where they stand.

    Raises:
        UsageError: a line has another form, or a name is there twice.
    """
    names: dict[str, str] = {}
    for line in lines:
        name, equals, destination = (part.strip() for part in line.partition("="))
        if not equals or not _NAME.fullmatch(name):
            raise UsageError(f"{source}: '{line}' is not of the form: name = [user@]host[:port]")
        if name in names:
            raise UsageError(f"{source}: the host '{name}' is there twice; keep one line of it")
        names[name] = checked(destination, source)
    return names


def checked(destination: str, source: str) -> str:
    """Return a destination as it is; ``source`` is where it stands.

    Raises:
        UsageError: it is none, and the ssh client might take it for something else.
    """
    if has_other_scheme(destination):
        return destination
    try:
        parse(destination)
    except SshError as error:
        raise UsageError(f"{source}: {error}") from None
    return destination
