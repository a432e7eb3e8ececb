"""The probe ``tcp``: a port is open, or closed on purpose; what it says to what it is sent."""

from __future__ import annotations

import asyncio
from typing import Annotated

from msgspec import Meta, Struct
from msgspec.structs import replace

from pytest_platform.probes.kind import Endpoint, ProbeKind, Target
from pytest_platform.probes.matchers import Matchers, mismatches
from pytest_platform.probes.network.connect import BrokenConnection, Stream, broken, connected
from pytest_platform.probes.network.names import Place, Port, Timeout
from pytest_platform.probes.network.remote_port import closed_remotely
from pytest_platform.units import seconds
from pytest_platform.verdict import Finding

CODE = "probe.tcp"
MAX_BYTES = 64 * 1024
"""How much of an answer is read."""


class Tcp(Place, frozen=True, kw_only=True):
    """Connect to a port, which must be open or, on purpose, closed."""

    port: Annotated[
        Port, Meta(description="The port; of a service, the container's.", examples=[5432])
    ]
    open: Annotated[
        bool,
        Meta(
            description=(
                "`false`: the port must be closed. One that does not answer within `timeout` "
                "counts as closed. Through ssh the host itself is asked."
            )
        ),
    ] = True
    send: Annotated[
        str | None,
        Meta(description="What to send once connected.", examples=["PING\r\n"]),
    ] = None
    expect: Annotated[
        Matchers | None,
        Meta(description="What the answer must be like; its first 64 KiB are read."),
    ] = None
    timeout: Timeout = "10s"

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.open and (self.send is not None or self.expect is not None):
            message = "a closed port takes and says nothing; leave out send and expect"
            raise ValueError(message)
        if self.send is not None and self.expect is None:
            message = "send asserts nothing by itself; say with expect what must come back"
            raise ValueError(message)


class TcpObserved(Struct, frozen=True):
    """What came of a connection to ``name``: ``broken``, or what was ``said``.

    ``late`` tells that the time was over before the answer was as expected, ``cut`` that
    there may be more of it than is read.
    """

    name: str
    broken: BrokenConnection | None = None
    said: str = ""
    late: bool = False
    cut: bool = False


def observe(spec: Tcp, target: Target) -> TcpObserved:
    """Connect once, send, and read until the answer is as expected, ends or is too long.

    A way through another host takes connections itself. So where nothing is said, that host
    is asked whether the port is open.

    Raises:
        CannotTell: it has no program for that.
        PlatformError: there is no way to look; the connection to the host may be cut.
    """
    endpoint = spec.endpoint(target, spec.port)
    if isinstance(endpoint.address, tuple):
        return asyncio.run(_observe(spec, endpoint))
    seen = asyncio.run(_observe(spec, endpoint)) if spec.expect else TcpObserved(endpoint.name)
    if not seen.said:
        closed = closed_remotely(endpoint, target.transport, seconds(spec.timeout))
        seen = replace(seen, broken=closed or seen.broken)
    if seen.broken and (lost := target.transport.failure()):
        raise lost
    return seen


def judge(spec: Tcp, seen: TcpObserved) -> list[Finding]:
    """Compare whether it is open first, then the answer.

    Raises:
        Unseen: the answer is too long to be read whole, and what was read is well.
    """
    name = seen.name
    if not spec.open:
        if seen.broken and (seen.broken.refused or seen.broken.late):
            return []
        why = seen.broken.why if seen.broken else "open"
        return [Finding(CODE, f"{name} is to be closed, found: {why}", "closed", why)]
    if seen.broken:
        message = f"{name} does not take connections: {seen.broken.why}"
        return [Finding(CODE, message, "open", seen.broken.why)]
    if spec.expect is None:
        return []
    late = f" (nothing more within {spec.timeout})" if seen.late else ""
    what = f"the answer of {name}{late}"
    return mismatches(spec.expect, seen.said, code=CODE, what=what, cut=seen.cut)


async def _observe(spec: Tcp, endpoint: Endpoint) -> TcpObserved:
    said, opened, late = bytearray(), False, False
    try:
        async with asyncio.timeout(seconds(spec.timeout)), connected(endpoint) as stream:
            opened = True
            if spec.expect is not None:
                await _talk(spec, stream, said)
    except TimeoutError:
        if not opened:
            return TcpObserved(
                endpoint.name, BrokenConnection(f"no answer within {spec.timeout}", late=True)
            )
        late = True
    except OSError as error:
        if not said:
            return TcpObserved(endpoint.name, broken(error, endpoint.name))
    return TcpObserved(endpoint.name, said=_text(said), late=late, cut=len(said) >= MAX_BYTES)


async def _talk(spec: Tcp, stream: Stream, said: bytearray) -> None:
    """Send, and gather what is said into ``said`` until it will do."""
    if spec.send is not None:
        stream.writer.write(spec.send.encode())
        await stream.writer.drain()
    while len(said) < MAX_BYTES:
        chunk = await stream.reader.read(MAX_BYTES - len(said))
        said += chunk
        if not chunk or (spec.expect and _will_do(spec.expect, said)):
            return


def _will_do(expect: Matchers, said: bytearray) -> bool:
    """Return whether nothing more need be read; what must not occur may always come yet."""
    return not expect.none_of and not mismatches(expect, _text(said), code=CODE, what="")


def _text(said: bytearray) -> str:
    return bytes(said).decode(errors="replace")


KIND = ProbeKind(Tcp, observe, judge, Tcp.services)
