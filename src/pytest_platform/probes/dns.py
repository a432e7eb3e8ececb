"""The probe ``dns``: what a name server answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Literal

from msgspec import Meta

from pytest_platform.module.forms import Base, Text
from pytest_platform.probes.kind import ProbeKind, Target
from pytest_platform.probes.matchers import Matchers, mismatches
from pytest_platform.probes.network.names import Resolver, Timeout
from pytest_platform.verdict import Finding

if TYPE_CHECKING:
    from pytest_platform.probes.network.resolve import AddressesObserved

CODE = "probe.dns"

Record = Literal["A", "AAAA", "CAA", "CNAME", "MX", "NS", "PTR", "SOA", "SRV", "TXT"]
Outcome = Literal["NOERROR", "NXDOMAIN", "SERVFAIL", "REFUSED"]


class Dns(Base, frozen=True, kw_only=True):
    """Ask for a name; there must be an answer, and it must be as described.

    Locally it is asked over UDP, and over TCP where the answer is too long for that.
    Through ssh it is asked over TCP alone.
    """

    name: Annotated[
        Text,
        Meta(
            description="The whole name; no search domain is added.",
            examples=["status.example.org"],
        ),
    ]
    type: Annotated[Record, Meta(description="The type of record.")] = "A"
    resolver: Annotated[
        Resolver | None,
        Meta(
            description="Whom to ask; default: the name servers in the host's /etc/resolv.conf.",
            examples=[{"service": "resolver"}],
        ),
    ] = None
    rcode: Annotated[
        Outcome,
        Meta(description="What is expected of the name server; `NXDOMAIN`: no such name."),
    ] = "NOERROR"
    answer: Annotated[
        Matchers | None,
        Meta(
            description=(
                "What the answers must be like: one on a line, sorted, as in a zone file. "
                "Names end with a dot."
            ),
            examples=[{"contains": ["192.0.2.10"]}],
        ),
    ] = None
    timeout: Timeout = "5s"

    def __post_init__(self) -> None:
        if self.rcode != "NOERROR" and self.answer is not None:
            message = f"{self.rcode} brings no answer; leave out rcode or answer"
            raise ValueError(message)

    def services(self) -> Sequence[str]:
        """Name the services that have to be seen, beside the module's own."""
        return self.resolver.services() if self.resolver else []


def observe(spec: Dns, target: Target) -> AddressesObserved:
    """Ask once."""
    from pytest_platform.probes.network.resolve import ask

    return ask(spec, target)


def judge(spec: Dns, seen: AddressesObserved) -> list[Finding]:
    """Compare what the name server thinks of the question first, then its answers."""
    question = f"{spec.name} ({spec.type})"
    if seen.broken:
        message = f"{seen.asked} does not answer for {question}: {seen.broken.why}"
        return [Finding(CODE, message, "an answer", seen.broken.why)]
    if seen.rcode != spec.rcode:
        message = f"{seen.asked} says {seen.rcode} to {question}"
        return [Finding(CODE, message, spec.rcode, seen.rcode)]
    if spec.rcode != "NOERROR":
        return []
    if not seen.answers:
        message = f"{seen.asked} has no such record of {question}"
        return [Finding(CODE, message, f"a record of type {spec.type}", "none")]
    if spec.answer is None:
        return []
    what = f"the answer of {seen.asked} for {question}"
    return mismatches(spec.answer, "\n".join(seen.answers), code=CODE, what=what)


KIND = ProbeKind(Dns, observe, judge, Dns.services)
