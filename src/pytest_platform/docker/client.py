"""A client of the docker SDK that keeps its connections. Imported on the first request."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from functools import partial
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from typing import Any, TypeVar

import docker
from docker.errors import NotFound
from docker.transport import UnixHTTPAdapter
from docker.transport.unixconn import UnixHTTPConnection, UnixHTTPConnectionPool
from requests.adapters import BaseAdapter

_ADDRESS = "http+docker://localhost"


class _Connection(UnixHTTPConnection):
    def connect(self) -> None:
        """Connect, and leave no socket behind where that fails, as the SDK's own does."""
        self.sock = connected(self.unix_socket, self.timeout)


class _Pool(UnixHTTPConnectionPool):
    def _new_conn(self) -> Any:
        timeout: Any = self.timeout
        return _Connection(self.base_url, self.socket_path, timeout)


class _OnePool(UnixHTTPAdapter):
    """Uses one pool for all addresses: behind a socket they lead to the same Engine.

    The SDK's own has a pool for each address, so that hardly any connection is used twice.
    """

    def get_connection(self, url: str | bytes, proxies: Any = None) -> _Pool:  # noqa: ARG002
        with self.pools.lock:
            if _ADDRESS not in self.pools:
                self.pools[_ADDRESS] = _Pool(
                    _ADDRESS, self.socket_path, self.timeout, maxsize=CONNECTIONS
                )
            pool: _Pool = self.pools[_ADDRESS]
            return pool


class Client(docker.APIClient):
    """The SDK's client, with connections that are used again."""

    _socket = ""
    _lines: Sequence[PipelinedConnection] = ()

    def mount(self, prefix: str | bytes, adapter: BaseAdapter) -> None:
        if isinstance(adapter, UnixHTTPAdapter):
            adapter = _OnePool(f"http+unix://{adapter.socket_path}", adapter.timeout)
            self._socket = adapter.socket_path
            # No proxy is on the way to a socket, and no password in ~/.netrc is for it.
            self.trust_env = False
        super().mount(prefix, adapter)

    def prepare(self, count: int) -> None:
        """Open new lines for so many questions at once; they are opened while others wait.

        Raises:
            OSError: nobody listens.
        """
        self._hang_up()
        if self._socket:
            try:
                for line in self._enough_lines(count):
                    line.connect()
            except OSError:
                self._hang_up()
                raise

    def ask(self, paths: Sequence[str], *, far: bool) -> list[Any]:
        """Return what the Engine says to each path of its API; None where there is no such thing.

        Raises:
            DockerException, RequestException, OSError, ValueError: it does not answer, or refuses.
        """
        questions = [f"/v{self.api_version}{path}" for path in paths]
        if not self._socket:
            return at_once([partial(self._over_pool, one) for one in questions], far=far)
        if far:
            return list(self._over_lines(questions))
        # Over the SDK's way each takes three times the processor.
        try:
            with closing(PipelinedConnection(self._socket, self.timeout)) as line:
                return list(self._answered([line], questions))
        except ConnectionError:
            # Some hang up after each answer. The SDK connects again, and says what else it is.
            return [self._over_pool(one) for one in questions]

    def close(self) -> None:
        """Close all connections."""
        self._hang_up()
        super().close()

    def _over_lines(self, questions: Sequence[str]) -> Iterator[Any]:
        lines = self._enough_lines(len(questions))
        try:
            yield from self._answered(lines, questions)
        except BaseException:
            self._hang_up()
            raise

    def _answered(
        self, lines: Sequence[PipelinedConnection], questions: Sequence[str]
    ) -> Iterator[Any]:
        for question, (status, body) in zip(questions, answers(lines, questions), strict=True):
            # All that is not plainly an answer is asked again: the SDK knows what it means.
            if status == HTTPStatus.OK:
                yield json.loads(body.decode(errors="replace"))
            else:
                yield self._over_pool(question)

    def _enough_lines(self, count: int) -> Sequence[PipelinedConnection]:
        missing = min(count, CONNECTIONS) - len(self._lines)
        more = [PipelinedConnection(self._socket, self.timeout) for _ in range(missing)]
        self._lines = (*self._lines, *more)
        return self._lines

    def _over_pool(self, question: str) -> Any:
        try:
            response = self._get(f"{self.base_url}{question}")  # type: ignore[attr-defined]
            return self._result(response, json=True)  # type: ignore[attr-defined]
        except NotFound:
            return None

    def _hang_up(self) -> None:
        lines, self._lines = self._lines, ()
        for line in lines:
            line.close()


CONNECTIONS = 100
"""How many questions are on the way to one Engine at once, and connections kept for them."""

Answer = TypeVar("Answer")


def at_once(questions: Sequence[Callable[[], Answer]], *, far: bool) -> list[Answer]:
    """Return the answers in the order of the questions; one by one, unless it is ``far``.

    What the first failure raises is raised at once: the rest is not waited for, so a host
    that hangs costs one deadline. The threads keep no process from ending.
    """
    if not far:
        return [ask() for ask in questions]

    from multiprocessing.pool import ThreadPool

    with ThreadPool(min(len(questions), CONNECTIONS) or 1) as pool:
        return list(pool.imap(lambda ask: ask(), questions))


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
