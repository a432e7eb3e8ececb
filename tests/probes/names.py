"""A name server on loopback, over UDP and TCP on the same port, and commands that ask it."""

from __future__ import annotations

import os
import shutil
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.zone
import pytest

ORIGIN = "example.org."
LONG = "\n".join(f'long TXT "line {number} {"x" * 40}"' for number in range(100))
ZONE = f"""\
$TTL 60
@ SOA ns admin 1 60 60 60 60
@ NS ns
ns A 192.0.2.1
status A 192.0.2.11
status A 192.0.2.10
www CNAME status
here A 127.0.0.1
{LONG}
"""
_UDP_SIZE = 1232

# The C library asks at port 53, so each process that answers has an address of its own.
_ADDRESS, _PORT = "127.98.{}.{}".format(*divmod(os.getpid() % 65536, 256)), 53
SILENT = "127.99.0.53"
"""An address of this machine at which no name server listens."""

_WITH_RESOLVER = 'mount --bind "$1" /etc/resolv.conf && shift && exec "$@"'

needs_root = pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("unshare"),
    reason="a resolver of a test's own needs root and unshare",
)


def _answer(zone: dns.zone.Zone, wire: bytes, limit: int) -> bytes:
    query = dns.message.from_wire(wire)
    name, kind = query.question[0].name, query.question[0].rdtype
    first = name.labels[0]
    if first == b"garbage":
        return wire[:2] + b"garbage"
    reply = dns.message.make_response(query)
    reply.flags |= dns.flags.AA
    node = zone.get_node(name)
    if first == b"refused":
        reply.set_rcode(dns.rcode.REFUSED)
    elif node is None:
        reply.set_rcode(dns.rcode.NXDOMAIN)
    else:
        while alias := zone.get_rrset(name, "CNAME"):
            reply.answer.append(alias)
            name = alias[0].target.derelativize(zone.origin)
        if found := zone.get_rrset(name, kind):
            reply.answer.append(found)
    try:
        return reply.to_wire(origin=zone.origin, max_size=limit)
    except dns.exception.TooBig:
        reply.answer.clear()
        reply.flags |= dns.flags.TC
        return reply.to_wire()


def _serve_udp(server: socket.socket, zone: dns.zone.Zone) -> None:
    with suppress(OSError):
        while True:
            wire, peer = server.recvfrom(4096)
            if not wire:
                return
            server.sendto(_answer(zone, wire, _UDP_SIZE), peer)


def _serve_tcp(server: socket.socket, zone: dns.zone.Zone) -> None:
    with suppress(OSError):
        while True:
            connection, _ = server.accept()
            with connection:
                stream = connection.makefile("rb")
                (length,) = struct.unpack("!H", stream.read(2))
                reply = _answer(zone, stream.read(length), 65535)
                connection.sendall(struct.pack("!H", len(reply)) + reply)
                stream.close()


def _start(serve: Callable[..., None], *arguments: object) -> None:
    threading.Thread(target=serve, args=arguments, daemon=True).start()


def asking(address: str, folder: Path) -> tuple[str, ...]:
    """Return words to put before a command: for it alone, this name server is the machine's."""
    file = folder / "resolv.conf"
    file.write_text(f"nameserver {address}\noptions timeout:1 attempts:1\n", encoding="utf-8")
    return "unshare", "--mount", "sh", "-c", _WITH_RESOLVER, "sh", str(file)


@contextmanager
def resolver() -> Iterator[str]:
    """Answer for example.org where the C library asks; gives the address."""
    with name_server(_ADDRESS, _PORT):
        yield _ADDRESS


@contextmanager
def name_server(address: str = "127.0.0.1", port: int = 0) -> Iterator[int]:
    """Answer for example.org; gives the port, whichever is free for 0."""
    zone = dns.zone.from_text(ZONE, origin=ORIGIN, relativize=False)
    tcp = socket.create_server((address, port))
    port = tcp.getsockname()[1]
    udp = socket.socket(type=socket.SOCK_DGRAM)
    udp.bind((address, port))
    _start(_serve_udp, udp, zone)
    _start(_serve_tcp, tcp, zone)
    try:
        yield port
    finally:
        for server in (udp, tcp):
            # Closing alone does not wake up who waits on it.
            with suppress(OSError):
                server.shutdown(socket.SHUT_RDWR)
            server.close()


@contextmanager
def silent_name_server() -> Iterator[int]:
    """Take questions and say nothing; gives the port."""
    with closing(socket.socket(type=socket.SOCK_DGRAM)) as server:
        server.bind(("127.0.0.1", 0))
        yield server.getsockname()[1]
