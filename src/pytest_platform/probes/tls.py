"""The probe ``tls``: a certificate that is trusted, for the right names, and valid for long."""

from __future__ import annotations

import asyncio
import ssl
from typing import Annotated

from msgspec import Meta, Struct

from pytest_platform.module.forms import Text
from pytest_platform.probes.kind import Endpoint, ProbeKind, Target
from pytest_platform.probes.network import trust
from pytest_platform.probes.network.connect import BrokenConnection, broken
from pytest_platform.probes.network.names import (
    Place,
    Port,
    Timeout,
    check_server_name,
    refuse_host,
)
from pytest_platform.probes.network.tls import Handshake, context_of, shake_hands
from pytest_platform.probes.network.trust import CA, DaysLeft, ServerName, Verify
from pytest_platform.units import seconds
from pytest_platform.verdict import Finding

CODE = trust.CODE


class Tls(Place, frozen=True, kw_only=True):
    """Shake hands with a port and look at its certificate."""

    port: Annotated[
        Port, Meta(description="The port; of a service, the container's.", examples=[8443])
    ]
    verify: Verify = True
    ca: CA = None
    server_name: ServerName = None
    names: Annotated[
        tuple[Text, ...],
        Meta(
            description="Names or addresses that it must be for, beside the `server_name`.",
            examples=[["status.example.org", "www.example.org"]],
        ),
    ] = ()
    days_left: DaysLeft = 0
    timeout: Timeout = "10s"

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in filter(None, (self.server_name, *self.names)):
            refuse_host(name)

    def asked_for(self, target: Target) -> str:
        """Return the name that the server is asked for."""
        named = (self.server_name, *self.names, self.host, self.service)
        return next(filter(None, named), target.module.service)


class TlsObserved(Struct, frozen=True):
    """What came of a connection to ``name``: ``broken``, or a ``handshake``."""

    name: str
    broken: BrokenConnection | None = None
    handshake: Handshake | None = None


def observe(spec: Tls, target: Target) -> TlsObserved:
    """Shake hands once, and where the chain is not trusted once more.

    Raises:
        BadName: TLS cannot ask for the name.
        PlatformError: there is no way to look.
    """
    endpoint, name = spec.endpoint(target, spec.port), spec.asked_for(target)
    check_server_name(name)
    trusting = context_of(target, spec.ca, verify=True)
    anything = context_of(target, None, verify=False)
    return asyncio.run(_observe(spec, endpoint, name, (trusting, anything)))


def judge(spec: Tls, seen: TlsObserved) -> list[Finding]:
    """Compare; a certificate may be wrong in more than one way, and all are told."""
    if seen.broken:
        message = f"no TLS with {seen.name}: {seen.broken.why}"
        return [Finding(CODE, message, "a TLS handshake", seen.broken.why)]
    if seen.handshake is None:
        return []
    asked_for = (seen.handshake.server_name,) if spec.verify else ()
    return list(
        trust.judge(
            seen.handshake,
            where=seen.name,
            names=tuple(dict.fromkeys((*asked_for, *spec.names))),
            days_left=spec.days_left,
            verify=spec.verify,
        )
    )


async def _observe(
    spec: Tls, endpoint: Endpoint, asked_for: str, contexts: tuple[ssl.SSLContext, ssl.SSLContext]
) -> TlsObserved:
    try:
        async with asyncio.timeout(seconds(spec.timeout)):
            return TlsObserved(
                endpoint.name, handshake=await shake_hands(endpoint, asked_for, *contexts)
            )
    except TimeoutError:
        return TlsObserved(
            endpoint.name, BrokenConnection(f"no handshake within {spec.timeout}", late=True)
        )
    except OSError as error:
        return TlsObserved(endpoint.name, broken(error, endpoint.name))


KIND = ProbeKind(Tls, observe, judge, Tls.services)
