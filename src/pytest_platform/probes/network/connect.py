"""Opening a connection, and what it means that there is none.

That nobody listens, or that somebody listens and says nothing, is an answer about the
service: the probe has looked, and it is wrong. That this machine has no way to the
address at all says nothing about the service: the probe could not look.
"""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from msgspec import Struct

from pytest_platform.errors import PlatformError
from pytest_platform.probes.kind import Endpoint

_NO_WAY = {errno.ENETUNREACH, errno.EACCES, errno.EPERM, errno.EADDRNOTAVAIL, errno.EMFILE}
_WORDS = {
    errno.ECONNREFUSED: "connection refused",
    errno.ECONNRESET: "connection reset",
    errno.EPIPE: "connection closed",
    errno.EHOSTUNREACH: "no such host on its network",
    # A Unix socket that leads to a host is gone where the way is. So nobody was asked.
    errno.ENOENT: "the way to its host is gone",
}


class NoWay(PlatformError):
    """There is no way from this machine to the address, whatever the service does."""

    code = "probe.no_way"


class BrokenConnection(Struct, frozen=True):
    """No connection, or one that ended too early. ``why`` is in a few words.

    ``late`` tells that the time was over, ``refused`` that nobody listens.
    """

    why: str
    late: bool = False
    refused: bool = False


class Stream(Struct, frozen=True):
    """An open connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter


@asynccontextmanager
async def connected(
    endpoint: Endpoint, context: ssl.SSLContext | None = None, server_name: str | None = None
) -> AsyncIterator[Stream]:
    """Open a connection, with TLS where a ``context`` is given, and close it afterwards.

    Raises:
        OSError: there is no connection; ``ssl.SSLError`` is one too.
    """
    stream = await _open(endpoint, context, server_name if context else None)
    writer = stream.writer
    try:
        yield stream
    finally:
        # Not closed in an orderly way: who never answers would not answer that either.
        writer.transport.abort()
        with suppress(OSError, asyncio.CancelledError):
            await writer.wait_closed()


async def _open(
    endpoint: Endpoint, context: ssl.SSLContext | None, server_name: str | None
) -> Stream:
    options: dict[str, Any] = {"ssl": context, "server_hostname": server_name}
    if isinstance(endpoint.address, str):
        return Stream(*await asyncio.open_unix_connection(endpoint.address, **options))
    host, port = endpoint.address
    found = await _looked_up(host, port)
    *others, last = dict.fromkeys((str(one[4][0]), int(one[4][1])) for one in found)
    for address in others:
        # One by one: asyncio would merge their errors into a text.
        with suppress(OSError):
            return Stream(*await asyncio.open_connection(*address, **options))
    return Stream(*await asyncio.open_connection(*last, **options))


async def _looked_up(host: str, port: int) -> list[Any]:
    look_up = asyncio.get_running_loop().getaddrinfo
    try:
        return await look_up(host, port, type=socket.SOCK_STREAM)
    except UnicodeError:
        raise socket.gaierror(socket.EAI_NONAME, "there can be no such name") from None


def broken(error: BaseException, name: str) -> BrokenConnection:
    """Put an error of a connection to ``name`` into words.

    Raises:
        NoWay: it says nothing about the service.
    """
    for one in causes(error):
        if isinstance(one, socket.gaierror):
            return _unknown_name(one, name)
        if isinstance(one, OSError) and one.errno in _NO_WAY:
            message = f"{name} cannot be reached from here: {one.strerror}"
            raise NoWay(message)
        if isinstance(one, OSError) and one.errno in _WORDS:
            words = _WORDS[one.errno]
            return BrokenConnection(words, refused=words == _WORDS[errno.ECONNREFUSED])
    return BrokenConnection(str(error) or type(error).__name__)


def causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and all that it came of, the nearest first."""
    pending, seen = [error], set[int]()
    while pending:
        one = pending.pop(0)
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        pending += [*getattr(one, "exceptions", ()), one.__cause__, one.__context__]


def _unknown_name(error: socket.gaierror, name: str) -> BrokenConnection:
    if error.errno == socket.EAI_AGAIN:
        message = f"{name} cannot be looked up: {error.strerror}"
        raise NoWay(message)
    return BrokenConnection("there is no such name")
