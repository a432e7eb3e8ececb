"""Asking a name server, beside the module's host."""

from __future__ import annotations

import io
import socket
import time
from collections.abc import Iterator
from typing import Protocol

import dns.exception
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype
import dns.resolver
from msgspec import Struct

from pytest_platform.errors import PlatformError
from pytest_platform.probes.kind import Endpoint, Target
from pytest_platform.probes.network.connect import BrokenConnection, broken
from pytest_platform.probes.network.names import BadName, Resolver
from pytest_platform.units import seconds

_CONFIGURATION = "/etc/resolv.conf"
_READ = 10.0
"""Seconds that reading a small file may take."""


class NoResolver(PlatformError):
    """The host names no name server that could be asked."""

    code = "probe.no_resolver"


class Question(Protocol):
    """What the probe declares of a question."""

    @property
    def name(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def resolver(self) -> Resolver | None: ...
    @property
    def timeout(self) -> str: ...


class AddressesObserved(Struct, frozen=True):
    """What a name server said: ``answers`` are sorted, and of the type that was asked for."""

    asked: str
    rcode: str = ""
    answers: tuple[str, ...] = ()
    broken: BrokenConnection | None = None


def ask(spec: Question, target: Target) -> AddressesObserved:
    """Ask the name server, or those of the host one after the other until one answers.

    Raises:
        NoResolver: no name server is known.
        BadName: no such name can be.
        NoWay: this machine has no way to the name server.
        PlatformError: the way there cannot be opened.
    """
    try:
        query = dns.message.make_query(spec.name, spec.type)
    except dns.exception.DNSException as error:
        message = f"'{spec.name}' is not a name that can be looked up: {error}"
        raise BadName(message) from None
    deadline = time.monotonic() + seconds(spec.timeout)
    seen = AddressesObserved("nobody")
    endpoints = list(_endpoints(spec, target))
    for index, endpoint in enumerate(endpoints):
        # Each gets its part of the time: the first may be the one that never answers.
        left = (deadline - time.monotonic()) / (len(endpoints) - index)
        seen = _asked(endpoint, query, spec, max(0.001, left))
        if seen.broken is None:
            break
    return seen


def _endpoints(spec: Question, target: Target) -> Iterator[Endpoint]:
    if spec.resolver is not None:
        yield _resolver(spec.resolver, target)
        return
    result = target.transport.run(["cat", _CONFIGURATION], timeout=_READ)
    resolver = dns.resolver.Resolver(configure=False)
    try:
        resolver.read_resolv_conf(io.StringIO(result.stdout))
    # ValueError: what it names is no address.
    except (dns.exception.DNSException, ValueError):
        message = f"{_CONFIGURATION} of {target.transport.name} names no name server"
        raise NoResolver(message) from None
    for server in resolver.nameservers:
        yield target.outside(str(server), 53)


def _resolver(place: Resolver, target: Target) -> Endpoint:
    """Return where the name server is asked; UDP and TCP may be published as different ports."""
    endpoint = place.endpoint(target, place.port, "udp")
    if isinstance(endpoint.address, str):
        return place.endpoint(target, place.port, "tcp")
    return endpoint


def _asked(
    endpoint: Endpoint, query: dns.message.QueryMessage, spec: Question, left: float
) -> AddressesObserved:
    try:
        answer = _exchange(endpoint, query, left)
    except dns.exception.Timeout:
        why = BrokenConnection(f"no answer within {spec.timeout}", late=True)
        return AddressesObserved(endpoint.name, broken=why)
    except (OSError, EOFError) as error:
        return AddressesObserved(endpoint.name, broken=broken(error, endpoint.name))
    except dns.exception.DNSException as error:
        said = str(error) or type(error).__name__
        return AddressesObserved(
            endpoint.name, broken=BrokenConnection(f"what it says is no answer ({said})")
        )
    wanted = dns.rdatatype.from_text(spec.type)
    records = [one for one in answer.answer if one.rdtype == wanted]
    texts = sorted(record.to_text() for one in records for record in one)
    return AddressesObserved(endpoint.name, dns.rcode.to_text(answer.rcode()), tuple(texts))


def _exchange(
    endpoint: Endpoint, query: dns.message.QueryMessage, left: float
) -> dns.message.Message:
    """Ask over UDP, which a way through a Unix socket does not carry: there over TCP."""
    if isinstance(endpoint.address, tuple):
        host, port = endpoint.address
        where = str(socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0][4][0])
        until = time.monotonic() + left
        try:
            return dns.query.udp(query, where, left, port, raise_on_truncation=True)
        except dns.message.Truncated:
            return dns.query.tcp(query, where, max(0.001, until - time.monotonic()), port)
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(left)
        connection.connect(endpoint.address)
        connection.setblocking(False)
        return dns.query.tcp(query, "127.0.0.1", timeout=left, sock=connection)
