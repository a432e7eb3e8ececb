"""Where ssh goes to: ``[user@]host[:port]``, read and checked before ssh is run."""

from __future__ import annotations

import ipaddress
import re

from msgspec import Struct

from pytest_platform.hosts.ssh.errors import SshError

_USER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+@%-]*")
_HOST = re.compile(r"\w[\w.-]*")
_PORTS = range(1, 65536)


class Destination(Struct, frozen=True):
    """A host as the ssh client is told of it. ``host`` may be a name of the ssh config."""

    host: str
    user: str | None = None
    port: int | None = None

    def arguments(self) -> list[str]:
        """Return the end of a command line of ssh. Nothing in it can pass for an option."""
        port = ["-p", str(self.port)] if self.port else []
        return [*port, "--", f"{self.user}@{self.host}" if self.user else self.host]


def parse(text: str) -> Destination:
    """Read ``host``, ``user@host:port``, ``[IPv6]:port``, an IPv6 address, or an ssh:// address.

    Raises:
        SshError: it is none of these, so the ssh client or a shell could take it for
            something else. Code ``ssh.destination``.
    """
    place = text.removeprefix("ssh://").removesuffix("/" if text.startswith("ssh://") else "")
    user, at, address = place.rpartition("@")
    host, port = _split(address)
    right = (
        (not at or _USER.fullmatch(user))
        and (_is_ipv6(host) or _HOST.fullmatch(host))
        and (port is None or (port.isascii() and port.isdigit() and int(port) in _PORTS))
    )
    if not right:
        message = f"'{text}' is no destination for ssh; write [user@]host[:port]"
        raise SshError("ssh.destination", message)
    return Destination(host, user or None, int(port) if port else None)


def check_host(host: str) -> str:
    """Return the name or address of a host beside the destination, IPv6 in brackets.

    Raises:
        SshError: it is none. Code ``ssh.destination``.
    """
    if _is_ipv6(host):
        return f"[{host}]"
    if not _HOST.fullmatch(host):
        raise SshError("ssh.destination", f"'{host}' is no name or address of a host")
    return host


def _split(address: str) -> tuple[str, str | None]:
    """Split off the port, which an IPv6 address has only behind brackets."""
    if bracketed := re.fullmatch(r"\[([^][]*)\](?::(.*))?", address, re.DOTALL):
        # What is no IPv6 address does not belong in brackets.
        inner = bracketed[1] if _is_ipv6(bracketed[1]) else ""
        return inner, bracketed[2]
    if address.count(":") != 1:
        return address, None
    host, _, port = address.partition(":")
    return host, port


def _is_ipv6(text: str) -> bool:
    address, _, zone = text.partition("%")
    try:
        ipaddress.IPv6Address(address)
    except ValueError:
        return False
    return "%" not in text or bool(_HOST.fullmatch(zone))
