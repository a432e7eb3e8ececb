"""One HTTP request and its answer, through httpx: bounded in time, in bytes and in redirects."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Callable, Mapping

import httpx
from msgspec import Struct, field
from msgspec.structs import replace

from pytest_platform.probes.network.connect import BrokenConnection, broken
from pytest_platform.probes.network.names import BadName
from pytest_platform.probes.network.routed import Routed
from pytest_platform.probes.network.tls import Certificate, certificate_of, tls_error, words_of

_PACKED = {"gzip", "x-gzip", "deflate"}


class HttpRequest(Struct, frozen=True):
    """What to ask for. ``redirects`` are followed; ``limit`` bytes of the body are read.

    A ``limit`` of 0 reads nothing. ``deadline`` is a time of the event loop's clock.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    redirects: int
    limit: int
    deadline: float


class Answer(Struct, frozen=True):
    """What came of it. ``visited`` are the addresses asked, in order.

    Without a ``status`` there was no answer: ``broken`` or ``distrusted`` say why. ``cut``
    tells that the body is longer than the limit, ``late`` that it did not end in time.
    ``dialled`` is where the last request went, if its URL does not say so.
    """

    visited: tuple[str, ...]
    status: int | None = None
    headers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    body: str = ""
    cut: bool = False
    late: bool = False
    certificate: Certificate | None = None
    broken: BrokenConnection | None = None
    distrusted: str = ""
    too_many_redirects: bool = False
    dialled: str = ""


async def fetch(request: HttpRequest, routed: Routed) -> Answer:
    """Ask once. Proxies and credentials of this machine's environment are not used.

    Raises:
        BadName: there can be no such address. Where a redirect leads there, it is an answer.
        NoWay: this machine has no way to the address.
        PlatformError: the way to where a redirect leads cannot be opened.
    """
    client = httpx.AsyncClient(
        transport=routed,
        timeout=None,  # noqa: S113 - all of it has one deadline, below
        follow_redirects=request.redirects > 0,
        max_redirects=request.redirects,
        trust_env=False,
    )
    asked = _Asked(request, routed)
    try:
        async with asyncio.timeout_at(request.deadline), client:
            return await asked.answer(client)
    except TimeoutError:
        return asked.so_far()
    except httpx.TooManyRedirects:
        return Answer(tuple(routed.visited), too_many_redirects=True)
    except BadName as error:
        if len(routed.visited) == 1:
            raise
        return Answer(tuple(routed.visited), broken=BrokenConnection(str(error)))
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError, OSError, zlib.error) as error:
        visited = tuple(routed.visited)
        if distrust := tls_error(error):
            return Answer(visited, distrusted=words_of(distrust))
        return Answer(visited, broken=broken(error, routed.name))


class _Asked:
    """A request on its way, of which something may be known when the time is over."""

    def __init__(self, request: HttpRequest, routed: Routed) -> None:
        self._request, self._routed = request, routed
        self._head: Answer | None = None
        self._body = bytearray()
        self._charset = "utf-8"
        self._unpack: Callable[[bytes, int], bytes] | None = None

    async def answer(self, client: httpx.AsyncClient) -> Answer:
        """Send the request, and read what is to be read."""
        request = self._request
        headers = {"Accept-Encoding": "identity", **request.headers}
        async with client.stream(request.method, request.url, headers=headers) as response:
            self._charset = response.charset_encoding or "utf-8"
            if response.headers.get("content-encoding", "").strip().lower() in _PACKED:
                self._unpack = zlib.decompressobj(zlib.MAX_WBITS | 32).decompress
            self._head = _head(response, tuple(self._routed.visited))
            cut = await self._read(response, request.limit) if request.limit else False
        return replace(self._head, body=self._decoded(), cut=cut)

    def so_far(self) -> Answer:
        """Return what is known although the time is over."""
        if self._head is None:
            why = BrokenConnection(self._routed.silence(), late=True)
            return Answer(tuple(self._routed.visited), broken=why)
        return replace(self._head, body=self._decoded(), late=True)

    async def _read(self, response: httpx.Response, limit: int) -> bool:
        """Read the body; tell whether there was more than the limit.

        It is not left to httpx to unpack it, since that has no bound.

        Raises:
            zlib.error: it is not packed as it says.
        """
        async for packed in response.aiter_raw():
            left = limit + 1 - len(self._body)
            self._body += (self._unpack(packed, left) if self._unpack else packed)[:left]
            if len(self._body) > limit:
                del self._body[limit:]
                return True
        return False

    def _decoded(self) -> str:
        try:
            return self._body.decode(self._charset, errors="replace")
        # Some codecs of Python do more, or less, than to read text.
        except (LookupError, ValueError):
            return self._body.decode(errors="replace")


def _head(response: httpx.Response, visited: tuple[str, ...]) -> Answer:
    stream = response.extensions["network_stream"]
    return Answer(
        visited=visited,
        status=response.status_code,
        headers={name: tuple(response.headers.get_list(name)) for name in response.headers},
        certificate=certificate_of(stream.get_extra_info("ssl_object")),
    )
