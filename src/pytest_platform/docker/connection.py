"""The connection to one host's Engine, through the docker SDK. Every request has a deadline.

The SDK is imported on the first request: runs that read files only do without it.
"""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from pytest_platform.docker.failures import explained
from pytest_platform.docker.output import Readable
from pytest_platform.errors import EngineError
from pytest_platform.hosts.transport import Transport

if TYPE_CHECKING:
    from requests import Response

    from pytest_platform.docker.client import Client

NEAR = 0.05
"""Seconds in which an Engine nearby says which version it is. That is two round trips."""

DEADLINE = 10
"""Seconds that the Engine may take to answer one request."""

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
        for client in list(self._clients.values()):
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
