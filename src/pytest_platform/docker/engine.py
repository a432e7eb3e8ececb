"""The Docker Engine, asked through the docker SDK. Every request has a deadline.

The SDK is imported on the first request: runs that read files only do without it.
"""

from __future__ import annotations

import base64
import contextlib
import errno
import json
import math
import socket
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from pytest_platform.docker.output import Readable, end_of, frames
from pytest_platform.errors import EngineError, EngineForbidden, EngineTimeout, PlatformError
from pytest_platform.hosts.transport import Transport
from pytest_platform.text import quoted

if TYPE_CHECKING:
    import requests

    from pytest_platform.docker.client import Client

NEAR = 0.05
"""Seconds in which an Engine nearby says which version it is. That is two round trips."""

DEADLINE = 10
"""Seconds that the Engine may take to answer one request."""

PROJECT = "com.docker.compose.project"
SERVICE = "com.docker.compose.service"
_CONFIGURATION = (
    "docker's configuration has another form than it is to have; "
    "look at config.json in ~/.docker or $DOCKER_CONFIG"
)
_PATH_STAT = "X-Docker-Container-Path-Stat"

Document = Mapping[str, Any]
"""A JSON object as the Engine sends it."""


class PathRefused(PlatformError):
    """The Engine answers, and cannot look at a path of a container."""

    code = "files.refused"


class Events:
    """A stream of events. Iterating ends when the Engine goes away, or by ``close``."""

    def __init__(self, response: requests.Response) -> None:
        self._response = response
        connection = response.raw.connection
        self._socket: socket.socket | None = connection.sock if connection else None
        if self._socket:
            self._socket.settimeout(None)

    def __iter__(self) -> Iterator[Document]:
        import requests

        with contextlib.suppress(requests.exceptions.RequestException, OSError, ValueError):
            for line in self._response.iter_lines(chunk_size=None):
                yield json.loads(line)

    def close(self) -> None:
        """End the stream; may be called from another thread."""
        if self._socket:
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)


class Engine:
    """One host's Engine, to be read: no method changes anything there.

    Connects on first use; ``close`` may be called at any time. What changes something
    takes a ``WritableEngine``.
    """

    def __init__(self, transport: Transport, deadline: int = DEADLINE) -> None:
        self._transport = transport
        self._deadline = deadline
        self._clients: dict[int, Client] = {}
        self._tails: dict[tuple[str, int], str] = {}
        self._version = "auto"
        self._distance = 0.0

    @property
    def host(self) -> str:
        """The host's name as people are shown it."""
        return self._transport.name

    def api_version(self) -> tuple[int, ...]:
        """Return the version of the API that is spoken, such as ``(1, 41)``.

        Raises:
            EngineError: the Engine cannot be asked.
        """
        with self._asking() as client:
            return tuple(int(part) for part in client.api_version.split("."))

    def prepare(self, questions: int) -> None:
        """Open the way for so many questions at once, where the Engine is far.

        It takes as long as to ask one, so begin with it, and ask another one meanwhile.

        Raises:
            EngineError: the Engine cannot be asked.
        """
        with self._asking() as client:
            if self._far():
                client.prepare(questions)

    def ask(self, paths: Sequence[str]) -> list[Any]:
        """Return the answer to each path of the API, such as ``/volumes``.

        It is None where there is no such thing. All are asked at once where the Engine is far.

        Raises:
            EngineError: the Engine cannot be asked.
        """
        with self._asking() as client:
            return client.ask(paths, far=self._far())

    def close(self) -> None:
        """Close all connections."""
        for client in self._clients.values():
            client.close()
        self._clients.clear()

    def list_containers(self) -> list[Document]:
        """List the containers of all Compose projects, stopped ones too, in short form."""
        with self._asking() as client:
            listed: list[Document] = client.containers(all=True, filters={"label": PROJECT})
            return listed

    def inspect(self, container: str) -> Document | None:
        """Return all that the Engine knows of a container; None where it is gone by now."""
        from docker.errors import NotFound

        with self._asking() as client:
            try:
                found: Document = client.inspect_container(container)
            except NotFound:
                return None
            return found

    def list_images(self) -> list[Document]:
        """List all images with their names, in short form."""
        with self._asking() as client:
            listed: list[Document] = client.images()
            return listed

    def log_tail(self, container: str, lines: int) -> str:
        """Return the last lines of a container's output, stdout and stderr as they came.

        Asked for once: many checks may fail for the same container.
        """
        if (container, lines) not in self._tails:
            with self._asking() as client:
                tail: bytes = client.logs(container, tail=lines)
            self._tails[container, lines] = end_of(tail).decode(errors="replace")
        return self._tails[container, lines]

    def service_log(  # noqa: PLR0913 - as many as a log has
        self,
        service: str,
        *,
        since: float,
        streams: Collection[str],
        tail: int | None,
        limit: int,
        terminal: bool = False,
    ) -> tuple[bytes, bool]:
        """Return the output of a Swarm's service as ``log`` does, unframed with a ``terminal``."""
        params = _log_params(since, streams, tail)
        data, cut = self._output(f"/services/{service}/logs", params, limit)
        text = data if terminal else b"".join(frames(data))
        return (text.rpartition(b"\n")[0] if cut else text), cut

    def swarm_node(self) -> str:
        """Return the id of the Swarm's node that this Engine is; empty where it is none."""
        (info,) = self.ask(["/info"])
        return str(((info or {}).get("Swarm") or {}).get("NodeID") or "")

    def log(
        self,
        document: Document,
        *,
        since: float,
        streams: Collection[str],
        tail: int | None,
        limit: int,
    ) -> tuple[bytes, bool]:
        """Return the output of an inspected container, and whether it is more than ``limit``.

        ``since`` is in seconds of Unix time, ``streams`` has ``stdout`` or ``stderr`` or
        both, ``tail`` asks for that many of the last lines only, ``limit`` is in bytes.
        """
        params = _log_params(since, streams, tail)
        data, cut = self._output(f"/containers/{document['Id']}/logs", params, limit)
        text = data if document["Config"].get("Tty") else b"".join(frames(data))
        return (text.rpartition(b"\n")[0] if cut else text), cut

    def _output(self, path: str, params: Document, limit: int) -> tuple[bytes, bool]:
        with self._asking() as client:
            # Not client.logs(): that reads all there is, or else line by line.
            response = client.get(
                f"{client.base_url}/v{client.api_version}{path}",
                params=params,
                headers={"Accept-Encoding": "identity"},
                stream=True,
                timeout=self._deadline,
            )
            with contextlib.closing(response):
                response.raise_for_status()
                data: bytes = response.raw.read(limit)
                return data, bool(response.raw.read(1))

    def path_stat(self, container: str, path: str) -> Document | None:
        """Return name, size, mode and link target of a path in a container; None where it is not.

        The container need not run. The mode is Go's ``FileMode``.

        Raises:
            PathRefused: the Engine cannot look there.
            EngineError: the Engine cannot be asked.
        """
        with self._asking() as client:
            url = f"{client.base_url}/v{client.api_version}/containers/{container}/archive"
            response = client.head(url, params={"path": path}, timeout=self._deadline)
            if response.status_code == HTTPStatus.NOT_FOUND:
                return None
            if response.status_code == HTTPStatus.INTERNAL_SERVER_ERROR:
                # It says why in a body, which this answer does not have.
                message = (
                    f"the Engine cannot look at {quoted(path)} in the container: "
                    "its links lead in a circle, or a name is too long"
                )
                raise PathRefused(message)
            response.raise_for_status()
            stat: Document = json.loads(base64.b64decode(response.headers[_PATH_STAT]))
            return stat

    @contextlib.contextmanager
    def archive(self, container: str, path: str) -> Iterator[Readable]:
        """Give a path of a container as a stream in tar format; the container need not run.

        Raises:
            EngineError: the path does not exist, or reading fails.
        """
        with self._asking() as client:
            url = f"{client.base_url}/v{client.api_version}/containers/{container}/archive"
            response = client.get(
                url,
                params={"path": path},
                headers={"Accept-Encoding": "identity"},
                stream=True,
                timeout=self._deadline,
            )
            with contextlib.closing(response):
                response.raise_for_status()
                yield response.raw

    def events(self, actions: Collection[str]) -> Events:
        """Subscribe to the container events of Compose projects.

        The Engine has answered when this returns, so nothing that happens afterwards is
        missed. After that the stream may be silent for as long as nothing happens.
        """
        filters = {"type": ["container"], "event": list(actions), "label": [PROJECT]}
        with self._asking() as client:
            # Not client.events(): that waits for the Engine's first word for ever.
            response = client.get(
                f"{client.base_url}/v{client.api_version}/events",
                params={"filters": json.dumps(filters)},
                stream=True,
                timeout=self._deadline,
            )
            response.raise_for_status()
            return Events(response)

    def forget(self) -> None:
        """Forget what was kept of logs, because something was changed or may have been."""
        self._tails.clear()

    @contextlib.contextmanager
    def _asking(self, timeout: float | None = None) -> Iterator[Client]:
        """Give a client whose requests may take ``timeout`` seconds each.

        Raises:
            EngineError: what the client raises, in words for people.
        """
        # The way there is opened while the SDK is read.
        self._transport.begin()
        import requests
        from docker.errors import DockerException

        seconds = math.ceil(timeout or self._deadline)
        try:
            yield self._client(seconds)
        # A ValueError is an address that is none, or an answer that is no JSON.
        except (DockerException, requests.RequestException, OSError, ValueError) as error:
            raise self._explained(error, seconds) from None

    def _far(self) -> bool:
        """Tell whether questions are better asked at once, by how long the first answer took."""
        return self._distance > NEAR

    def _client(self, timeout: int) -> Client:
        from pytest_platform.docker.client import Client

        if timeout not in self._clients:
            options = self._transport.engine_options()
            # Always negotiated within the ordinary deadline, however patient the client is.
            began = time.monotonic()
            try:
                client = Client(**options, version=self._version, timeout=self._deadline)
            except (AttributeError, TypeError, KeyError, RecursionError) as error:
                raise EngineError(_CONFIGURATION) from error
            self._distance = max(self._distance, time.monotonic() - began)
            client.timeout = timeout
            self._version = client.api_version
            self._clients[timeout] = client
        return self._clients[timeout]

    def _explained(self, error: Exception, seconds: int) -> PlatformError:
        from docker.errors import APIError

        if isinstance(error, APIError):
            return EngineError(f"the Engine on {self.host} refused a request: {error}")
        cause = _root_cause(error)
        if getattr(cause, "errno", None) == errno.EMFILE:
            # To ask the transport, it takes a file, too.
            message = f"this process may open no more connections to {self.host}: raise ulimit -n"
            return EngineError(message)
        return self._transport.failure() or self._said(error, cause, seconds)

    def _said(self, error: Exception, cause: BaseException, seconds: int) -> PlatformError:
        import requests

        if isinstance(error, requests.exceptions.Timeout) or isinstance(cause, TimeoutError):
            message = f"the Engine on {self.host} did not answer within {seconds} s"
            return EngineTimeout(message)
        if isinstance(cause, PermissionError):
            message = (
                f"the Engine's socket on {self.host} refuses this user; "
                "join the group 'docker' or name another Engine with DOCKER_HOST"
            )
            return EngineForbidden(message)
        if isinstance(error, requests.exceptions.ConnectionError) or isinstance(cause, OSError):
            said = getattr(cause, "strerror", None) or str(cause)
            message = (
                f"no Docker Engine answers on {self.host} ({said}); "
                "start it or name another with DOCKER_HOST"
            )
            return EngineError(message)
        return EngineError(f"the Engine on {self.host} refused a request: {error}")


def _log_params(since: float, streams: Collection[str], tail: int | None) -> Document:
    return {
        "stdout": int("stdout" in streams),
        "stderr": int("stderr" in streams),
        "since": f"{since:.9f}",
        "tail": "all" if tail is None else tail,
    }


def _root_cause(error: BaseException) -> BaseException:
    """Dig out the operating system's error from under the wrappings of urllib3 and requests."""
    seen: set[int] = set()
    current: BaseException | None = error
    deepest = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        deepest = current
        if isinstance(current, OSError) and current.errno is not None:
            return current
        nested = [arg for arg in current.args if isinstance(arg, BaseException)]
        current = nested[0] if nested else current.__cause__ or current.__context__
    return deepest
