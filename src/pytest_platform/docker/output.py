"""Streams that the Engine sends: what containers wrote, and events."""

from __future__ import annotations

import contextlib
import io
import json
import socket
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import requests

LOG_BYTES = 16 * 1024
"""How much of the end of a log is kept."""

_HEADER = 8
_PART = 64 * 1024


class Readable(Protocol):
    """A stream of bytes."""

    def read(self, size: int, /) -> bytes:
        """Return up to ``size`` bytes; none at its end."""
        ...


def pieces(stream: Readable) -> Iterator[tuple[int, bytes]]:
    """Yield what was written without a terminal, each piece with the number of its stream.

    A piece has a header of eight bytes: the number first, and the length in the last four. A
    long one comes in parts.
    """
    while len(header := stream.read(_HEADER)) == _HEADER:
        left = int.from_bytes(header[_HEADER // 2 :], "big")
        while left and (piece := stream.read(min(left, _PART))):
            left -= len(piece)
            yield header[0], piece


def written(data: bytes) -> bytes:
    """Return what a container without a terminal wrote to both streams, without the headers."""
    return b"".join(piece for _, piece in pieces(io.BytesIO(data)))


def end_of(log: bytes) -> bytes:
    """Keep the end of a log, from the beginning of a line: half a secret cannot be redacted."""
    if len(log) <= LOG_BYTES:
        return log
    whole = log[-LOG_BYTES:].partition(b"\n")[2]
    return b"(...)\n" + whole


class Events:
    """A stream of events. Iterating ends when the Engine goes away, or by ``close``."""

    def __init__(self, response: requests.Response) -> None:
        self._response = response
        connection = response.raw.connection
        self._socket: socket.socket | None = connection.sock if connection else None
        if self._socket:
            self._socket.settimeout(None)

    def __iter__(self) -> Iterator[Mapping[str, Any]]:
        import requests

        with contextlib.suppress(requests.exceptions.RequestException, OSError, ValueError):
            for line in self._response.iter_lines(chunk_size=None):
                yield json.loads(line)

    def close(self) -> None:
        """End the stream; may be called from another thread."""
        if self._socket:
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)
