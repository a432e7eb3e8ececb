"""The connection to one host's Engine, through the docker SDK. Every request has a deadline.

The SDK is imported on the first request: runs that read files only do without it.
"""

from __future__ import annotations

import contextlib
import errno
import math
import time
from collections.abc import Iterator, Mapping
from http.client import HTTPException, IncompleteRead, RemoteDisconnected
from json import JSONDecodeError
from typing import TYPE_CHECKING

from pytest_platform.docker.output import Readable
from pytest_platform.errors import (
    EngineAnswer,
    EngineError,
    EngineForbidden,
    EngineTimeout,
    PlatformError,
)
from pytest_platform.hosts.transport import Transport

if TYPE_CHECKING:
    from requests import Response

    from pytest_platform.docker.client import Client

NEAR = 0.05
"""Seconds in which an Engine nearby says which version it is. That is two round trips."""

DEADLINE = 10
"""Seconds that the Engine may take to answer one request."""

_VERSION = "Error while fetching server API version: "
"""How the SDK begins what it says of its first question."""

_PORT = "Port "
"""How urllib begins what it says of an address whose port is none."""

_CONFIGURATION = (
    "docker's configuration has another form than it is to have; "
    "look at config.json in ~/.docker or $DOCKER_CONFIG"
)


class EngineConnection:
    """Connects on first use; ``close`` may be called at any time."""

    def __init__(self, transport: Transport, deadline: int = DEADLINE) -> None:
        self._transport = transport
        self._deadline = deadline
        self._clients: dict[int, Client] = {}
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

    def close(self) -> None:
        """Close all connections."""
        for client in self._clients.values():
            client.close()
        self._clients.clear()

    @contextlib.contextmanager
    def _streamed(self, path: str, params: Mapping[str, str | int]) -> Iterator[Readable]:
        """Give the body of an answer as it comes."""
        with self._asking() as client, contextlib.closing(self._opened(client, path, params)) as it:
            it.raise_for_status()
            yield it.raw

    def _opened(self, client: Client, path: str, params: Mapping[str, str | int]) -> Response:
        response: Response = client.get(
            f"{client.base_url}/v{client.api_version}/{path}",
            params=params,
            headers={"Accept-Encoding": "identity"},
            stream=True,
            timeout=self._deadline,
        )
        return response

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
            raise explained(error, self._transport, seconds) from None

    def _far(self) -> bool:
        """Return whether questions are better asked at once, by how long the first answer took."""
        return self._distance > NEAR

    def _client(self, timeout: int) -> Client:
        from pytest_platform.docker.client import Client

        if timeout not in self._clients:
            options = self._transport.engine_options()
            # Always negotiated within the ordinary deadline, however patient the client is.
            began = time.monotonic()
            try:
                _check_headers()
                client = Client(**options, version=self._version, timeout=self._deadline)
            except (AttributeError, TypeError, KeyError, RecursionError) as error:
                raise EngineError(_CONFIGURATION) from error
            self._distance = max(self._distance, time.monotonic() - began)
            client.timeout = timeout
            self._version = client.api_version
            self._clients[timeout] = client
        return self._clients[timeout]


def _check_headers() -> None:
    """Refuse headers of docker's configuration that are none: the SDK would blame the Engine."""
    from docker.utils.config import load_general_config

    try:
        dict(load_general_config().get("HttpHeaders") or {})
    except (AttributeError, TypeError, ValueError) as error:
        raise EngineError(_CONFIGURATION) from error


def explained(error: Exception, transport: Transport, seconds: int) -> PlatformError:
    """Turn what the client raised into an error for people; ``seconds`` was its deadline."""
    from docker.errors import APIError

    host = transport.name
    if isinstance(error, APIError):
        return EngineError(f"the Engine on {host} refused a request: {error}")
    cause = _root_cause(error)
    if getattr(cause, "errno", None) == errno.EMFILE:
        # To ask the transport, it takes a file, too.
        message = f"this process may open no more connections to {host}: raise ulimit -n"
        return EngineError(message)
    return transport.failure() or _said(error, cause, host, seconds)


def _said(error: Exception, cause: BaseException, host: str, seconds: int) -> PlatformError:
    import requests

    if isinstance(error, requests.exceptions.Timeout) or isinstance(cause, TimeoutError):
        message = f"the Engine on {host} did not answer within {seconds} s"
        return EngineTimeout(message)
    if isinstance(cause, PermissionError):
        message = (
            f"the Engine's socket on {host} refuses this user; "
            "join the group 'docker' or name another Engine with DOCKER_HOST"
        )
        return EngineForbidden(message)
    if known := _answered(error, cause, host):
        return known
    if isinstance(error, requests.exceptions.ConnectionError) or isinstance(cause, OSError):
        said = getattr(cause, "strerror", None) or str(cause)
        message = (
            f"no Docker Engine answers on {host} ({said}); "
            "start it or name another with DOCKER_HOST"
        )
        return EngineError(message)
    message = f"the Engine on {host} cannot be asked: {error}; correct DOCKER_HOST"
    return EngineError(message)


def _answered(error: Exception, cause: BaseException, host: str) -> EngineError | None:
    """Say what is wrong with an answer; None where there was none."""
    import requests

    if isinstance(cause, requests.HTTPError):
        said = f"{cause.response.status_code} {cause.response.reason}"
        message = f"the Engine on {host} refused a request ({said}): look for a proxy on the way"
        return EngineError(message)
    if any(map(_is_cut, _causes(error))):
        message = f"the Engine on {host} hung up in the middle of an answer; ask again"
        return EngineError(message)
    if _is_no_engine(error, cause):
        message = (
            f"what answers on {host} is no Docker Engine ({_short(error)}): "
            "correct DOCKER_HOST or the docker context"
        )
        return EngineAnswer(message)
    return None


def _is_cut(cause: BaseException) -> bool:
    """Return whether an answer ended before its end."""
    import requests

    empty = isinstance(cause, JSONDecodeError) and not cause.doc.strip()
    cut = (IncompleteRead, requests.exceptions.ChunkedEncodingError)
    return empty or isinstance(cause, cut)


def _is_no_engine(error: Exception, cause: BaseException) -> bool:
    """Return whether something answered that is no answer: no HTTP, no JSON, or none of these."""
    if isinstance(cause, HTTPException):
        return not isinstance(cause, RemoteDisconnected)
    if str(cause).startswith(_PORT):
        return False
    asked_version = str(error).startswith(_VERSION)
    return isinstance(cause, (ValueError, TypeError, KeyError)) or (
        asked_version and not isinstance(cause, OSError)
    )


def _short(error: Exception) -> str:
    return " ".join(str(error).removeprefix(_VERSION).split())[:120]


def _root_cause(error: BaseException) -> BaseException:
    """Dig out the operating system's error from under the wrappings of urllib3 and requests."""
    deepest = error
    for deepest in _causes(error):
        if isinstance(deepest, OSError) and deepest.errno is not None:
            break
    return deepest


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and what it wraps, one after the other."""
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        nested = [arg for arg in current.args if isinstance(arg, BaseException)]
        current = nested[0] if nested else current.__cause__ or current.__context__
