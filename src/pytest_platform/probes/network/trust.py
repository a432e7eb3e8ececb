"""Whether a server's certificate will do: each fault by a code of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Annotated

from msgspec import Meta

from pytest_platform.module.forms import Base, RelativePath, Text
from pytest_platform.probes.network.names import refuse_host
from pytest_platform.probes.network.tls import Certificate, Distrust, Handshake
from pytest_platform.verdict import Finding

CODE = "probe.tls"
EXPIRED = "probe.tls.expired"
EXPIRES_SOON = "probe.tls.expires_soon"
NOT_YET_VALID = "probe.tls.not_yet_valid"
SELF_SIGNED = "probe.tls.self_signed"
UNTRUSTED = "probe.tls.untrusted"
WRONG_NAME = "probe.tls.name"

_NOT_YET_VALID, _EXPIRED, _SELF_SIGNED = 9, 10, 18
"""OpenSSL's numbers."""


def judge(
    seen: Handshake, *, where: str, names: Sequence[str], days_left: int = 0, verify: bool = True
) -> Iterator[Finding]:
    """Compare what was seen at ``where`` with what is expected; without ``verify`` less is.

    The names, all of which must be covered, and the days are what somebody asked for, so
    they count without ``verify`` too.
    """
    if seen.certificate is None:
        trouble = seen.trouble or "the server showed no certificate"
        yield Finding(CODE, f"no TLS with {where}: {trouble}", "a TLS handshake", trouble)
        return
    certificate, now = seen.certificate, seen.seen_at
    if verify or days_left:
        yield from _dates(certificate, now, where, days_left)
    yield from _names(certificate, where, names)
    if verify and seen.distrust:
        yield from _chain(certificate, seen.distrust, now, where)


def _dates(
    certificate: Certificate, now: datetime, where: str, days_left: int
) -> Iterator[Finding]:
    left, until = certificate.days_left(now), f"{certificate.not_after:%Y-%m-%d %H:%M} UTC"
    wanted = f"valid for at least {days_left} more days" if days_left else "valid"
    if left < 0:
        message = f"the certificate of {where} has expired; renew it"
        yield Finding(EXPIRED, message, wanted, f"expired on {until}")
    elif left < days_left:
        message = f"the certificate of {where} expires in {left:.1f} days; renew it"
        yield Finding(EXPIRES_SOON, message, wanted, f"valid until {until}")
    if certificate.not_before > now:
        since = f"{certificate.not_before:%Y-%m-%d %H:%M} UTC"
        message = f"the certificate of {where} is not valid yet; look at the clocks"
        yield Finding(NOT_YET_VALID, message, "valid", f"valid from {since}")


def _names(certificate: Certificate, where: str, names: Sequence[str]) -> Iterator[Finding]:
    missing = [name for name in names if not certificate.covers(name)]
    if missing:
        message = f"the certificate of {where} is not for {', '.join(missing)}"
        actual = ", ".join(certificate.names) or f"no name (its subject is {certificate.subject})"
        yield Finding(WRONG_NAME, message, ", ".join(names), actual)


def _chain(
    certificate: Certificate, distrust: Distrust, now: datetime, where: str
) -> Iterator[Finding]:
    if distrust.number == _SELF_SIGNED:
        message = f"the certificate of {where} is self-signed; name it under ca to trust it"
        yield Finding(SELF_SIGNED, message, "signed by a trusted authority", certificate.issuer)
        return
    if distrust.number in {_EXPIRED, _NOT_YET_VALID}:
        if certificate.not_before <= now <= certificate.not_after:
            message = f"a certificate in the chain of {where} is out of date: {distrust.words}"
            yield Finding(EXPIRED, message, "a chain that is valid now", distrust.words)
        return
    message = f"the certificate of {where} is not trusted: {distrust.words}"
    yield Finding(UNTRUSTED, message, "signed by a trusted authority", certificate.issuer)


Verify = Annotated[
    bool,
    Meta(
        description=(
            "`false`: neither who signed the certificate nor that it is valid now matters; "
            "what is asked of names and days still counts."
        )
    ),
]

CA = Annotated[
    RelativePath | None,
    Meta(
        description=(
            "Trust the certificates in this PEM file instead of the machine's. "
            "Relative to the module's folder."
        ),
        examples=["ca.pem"],
    ),
]

ServerName = Annotated[
    Text | None,
    Meta(
        description="The name that the server is asked for, and that its certificate must be for.",
        examples=["status.example.org"],
    ),
]

DaysLeft = Annotated[
    int, Meta(ge=0, le=3650, description="For how many more days it must be valid, at least.")
]


class TlsRules(Base, frozen=True):
    """What a certificate must be like."""

    verify: Verify = True
    ca: CA = None
    server_name: ServerName = None
    days_left: DaysLeft = 0

    def __post_init__(self) -> None:
        if self.server_name is not None:
            refuse_host(self.server_name)
