"""Many questions at once to who listens at a socket: all are sent, then the answers are read.

So the way there and back is waited for once, and no question needs a thread.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator, Sequence
from http.client import HTTPConnection, HTTPException


def connected(path: str, timeout: float | None) -> socket.socket:
    """Connect to a socket; leaves none behind where that fails.

    Raises:
        OSError: nobody listens there.
    """
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(timeout)
    try:
        connection.connect(path)
    except OSError:
        connection.close()
        raise
    return connection


class PipelinedConnection(HTTPConnection):
    """A connection to a socket. ``timeout`` is how many seconds it may be silent."""

    def __init__(self, path: str, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        """Connect. Where the other side has to go a long way, it goes it from now on."""
        self.sock = connected(self._path, self.timeout)


def answers(
    lines: Sequence[PipelinedConnection], questions: Sequence[str]
) -> Iterator[tuple[int, bytes]]:
    """Yield status and body of the answer to each question, one question to a line at a time.

    Raises:
        OSError: no answer came, or none that is HTTP.
    """
    try:
        for start in range(0, len(questions), len(lines)):
            asked = list(zip(lines, questions[start:], strict=False))
            for line, question in asked:
                line.request("GET", question)
            for line, _ in asked:
                response = line.getresponse()
                yield response.status, response.read()
    except HTTPException as error:
        raise ConnectionError(f"no answer that is HTTP: {error}") from error
