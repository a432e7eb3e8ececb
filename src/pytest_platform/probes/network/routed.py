"""An httpx transport that goes where a URL is reached, while all that is said stays the URL's."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from functools import cache
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import httpx

from pytest_platform.probes.kind import Endpoint
from pytest_platform.probes.network.names import check_server_name

if TYPE_CHECKING:
    from httpcore import AsyncNetworkStream

_PORTS = {"http": 80, "https": 443}
_CONNECTED = {"connection.connect_tcp.complete", "connection.connect_unix_socket.complete"}

Route = Callable[[str, str, int], Endpoint]
"""Finds where a scheme, host and port are reached."""


def host_of(url: httpx.URL) -> str:
    """Return the host as it stands in requests. What httpx itself gives may not be readable."""
    return url.raw_host.decode("ascii")


class Routed(httpx.AsyncBaseTransport):
    """Keeps what it ``visited``; ``name`` and ``server_name`` are those of the last request."""

    def __init__(
        self,
        route: Route,
        context: Callable[[], ssl.SSLContext],
        server_name: Callable[[str], str],
    ) -> None:
        """Take what finds the way, what makes the rules of TLS, and the name to ask it for."""
        self._route, self._context, self._server_name = route, cache(context), server_name
        self._transports: dict[object, httpx.AsyncHTTPTransport] = {}
        self._streams: list[AsyncNetworkStream] = []
        self._connected = False
        self.visited: list[str] = []
        self.last: Endpoint | None = None
        self.server_name = ""

    @property
    def name(self) -> str:
        """Where the last request went, for people."""
        return self.last.name if self.last else ""

    @property
    def dialled(self) -> str:
        """The host and port that the last request went to, where its URL names others."""
        if self.last is None:
            return ""
        host = f"[{self.last.host}]" if ":" in self.last.host else self.last.host
        place = f"{host}:{self.last.port}"
        return "" if place == self.last.name else place

    def silence(self) -> str:
        """Say how far it came when the time was over."""
        return "it took the connection and did not answer" if self._connected else "no connection"

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        self.visited.append(str(url))
        self._connected = False
        host, port = host_of(url), _PORTS.get(url.scheme, 80) if url.port is None else url.port
        if port not in range(1, 65536):
            message = f"there is no port {port}"
            raise httpx.InvalidURL(message)
        self.server_name = self._server_name(host)
        if url.scheme == "https":
            check_server_name(self.server_name)
        self.last = self._route(url.scheme, host, port)
        address = self.last.address
        to = url.copy_with(host=address[0], port=address[1]) if isinstance(address, tuple) else url
        extensions = {"sni_hostname": self.server_name, "trace": self._trace}
        sent = httpx.Request(
            request.method,
            to,
            headers=request.headers,
            stream=request.stream,
            extensions={**request.extensions, **extensions},
        )
        return await self._transport(address, url.scheme).handle_async_request(sent)

    def _transport(self, address: object, scheme: str) -> httpx.AsyncHTTPTransport:
        key = address, scheme
        if key not in self._transports:
            self._transports[key] = httpx.AsyncHTTPTransport(
                verify=self._context() if scheme == "https" else False,
                trust_env=False,
                uds=address if isinstance(address, str) else None,
            )
        return self._transports[key]

    async def _trace(self, event: str, about: Mapping[str, Any]) -> None:
        if event in _CONNECTED:
            self._connected = True
            self._streams.append(about["return_value"])

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        for transport in self._transports.values():
            await transport.aclose()
        # Of a handshake that the deadline cuts off, httpcore forgets the connection.
        for stream in self._streams:
            await stream.aclose()
