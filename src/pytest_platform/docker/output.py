"""What containers wrote, as the Engine sends it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

LOG_BYTES = 16 * 1024
"""How much of the end of a log is kept."""

_HEADER = 8


class Readable(Protocol):
    """A stream of bytes."""

    def read(self, size: int, /) -> bytes:
        """Return up to ``size`` bytes; none at its end."""
        ...


def frames(data: bytes) -> Iterator[bytes]:
    """Yield what a container without a terminal wrote, piece by piece.

    Each piece has a header of eight bytes; the last four are its length.
    """
    at = 0
    while at + _HEADER <= len(data):
        start = at + _HEADER
        at = start + int.from_bytes(data[start - _HEADER // 2 : start], "big")
        yield data[start:at]


def end_of(log: bytes) -> bytes:
    """Keep the end of a log, from the beginning of a line: half a secret cannot be redacted."""
    if len(log) <= LOG_BYTES:
        return log
    whole = log[-LOG_BYTES:].partition(b"\n")[2]
    return b"(...)\n" + whole
