"""From the probe ``http`` as it is written to its answer: where it goes, and whom it trusts."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Protocol

import httpx
from msgspec import Struct
from msgspec.structs import replace

from pytest_platform.probes.kind import Endpoint, Target
from pytest_platform.probes.network.fetch import Answer, HttpRequest, fetch
from pytest_platform.probes.network.names import BadName
from pytest_platform.probes.network.routed import Routed, host_of
from pytest_platform.probes.network.tls import Handshake, context_of, shake_hands
from pytest_platform.probes.network.trust import TlsRules
from pytest_platform.text import quoted
from pytest_platform.units import seconds

MAX_BODY = 1024 * 1024
"""Bytes of a body that are read."""


class Asked(Protocol):
    """What the probe declares of a request."""

    @property
    def service(self) -> str | None: ...
    @property
    def url(self) -> str | None: ...
    @property
    def method(self) -> str: ...
    @property
    def host(self) -> str | None: ...
    @property
    def request_headers(self) -> Mapping[str, str]: ...
    @property
    def body(self) -> object | None: ...
    @property
    def json(self) -> Sequence[object]: ...
    @property
    def redirects(self) -> int: ...
    @property
    def tls(self) -> TlsRules | None: ...
    @property
    def timeout(self) -> str: ...

    def address(self, service: str | None) -> str:
        """Return the whole address; ``service`` is the module's own."""
        ...


async def ask(spec: Asked, target: Target) -> tuple[Answer, Handshake | None]:
    """Send the request once; where TLS is refused, look at the certificate to say why.

    Raises:
        BadName: there can be no such address.
        PlatformError: there is no way to where it goes, or the file under ``ca`` is unusable.
    """
    deadline = asyncio.get_running_loop().time() + seconds(spec.timeout)
    url = spec.address(target.module.service)
    headers = {**spec.request_headers, **({"Host": spec.host} if spec.host else {})}
    wants_body = spec.body is not None or bool(spec.json)
    limit = MAX_BODY if wants_body else 0
    way = _Way(spec, target, _parsed(url))
    routed = Routed(way.route, way.context, way.server_name)
    request = HttpRequest(spec.method, url, headers, spec.redirects, limit, deadline)
    answer = replace(await fetch(request, routed), dialled=routed.dialled)
    if not answer.distrusted:
        seen = datetime.now(UTC)
        certificate = answer.certificate
        return answer, Handshake(routed.server_name, seen, certificate) if certificate else None
    return answer, await _why(routed, way, deadline)


def _parsed(url: str) -> httpx.URL:
    try:
        return httpx.URL(url)
    except httpx.InvalidURL as error:
        message = f"{quoted(url)} is no address that can be asked: {error}"
        raise BadName(message) from None


class _Way(Struct, frozen=True):
    """Where requests go. ``first`` is the address that is written in the file."""

    spec: Asked
    target: Target
    first: httpx.URL

    def route(self, scheme: str, host: str, port: int) -> Endpoint:
        """Go to the service for what is addressed to it, and else to the host itself.

        A redirect to the virtual host that was asked stays with who answered as such.
        """
        if self.spec.url is not None:
            return self.target.outside(host, port)
        own = self.first.port or (443 if self.first.scheme == "https" else 80)
        if host == host_of(self.first):
            return self.target.endpoint(port, service=self.spec.service)
        if host == self._virtual() and scheme == self.first.scheme:
            return self.target.endpoint(own, service=self.spec.service)
        return self.target.outside(host, port)

    def server_name(self, host: str) -> str:
        """Return the name that TLS asks for, of a URL's ``host``."""
        rules = self.spec.tls or TlsRules()
        if host not in {host_of(self.first), self._virtual()}:
            return host
        return rules.server_name or self._virtual() or host

    def context(self) -> ssl.SSLContext:
        """Return the rules of TLS that the file asks for."""
        rules = self.spec.tls or TlsRules()
        return context_of(self.target, rules.ca, verify=rules.verify)

    def contexts(self) -> tuple[ssl.SSLContext, ssl.SSLContext]:
        """Return rules that look at the chain, and rules that take anything."""
        rules = self.spec.tls or TlsRules()
        trusting = context_of(self.target, rules.ca, verify=True)
        return trusting, context_of(self.target, None, verify=False)

    def _virtual(self) -> str:
        """Return the name in the ``Host`` header, if the file gives one."""
        return host_of(httpx.URL(f"http://{self.spec.host}")) if self.spec.host else ""


async def _why(routed: Routed, way: _Way, deadline: float) -> Handshake | None:
    """Find out why TLS was refused; None where the time does not suffice."""
    if routed.last is None:
        return None
    try:
        async with asyncio.timeout_at(deadline):
            return await shake_hands(routed.last, routed.server_name, *way.contexts())
    except (TimeoutError, OSError):
        return None
