"""What a server's certificate says: for whom, from when to when, by whom."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct


class Certificate(Struct, frozen=True):
    """The names are those that clients look at: DNS names and addresses, no common name."""

    subject: str
    issuer: str
    names: tuple[str, ...]
    not_before: datetime
    not_after: datetime

    def days_left(self, now: datetime) -> float:
        """Return for how many more days it is valid; below 0 it has expired."""
        return (self.not_after - now).total_seconds() / 86400

    def covers(self, name: str) -> bool:
        """Return whether it is for the name or address."""
        return any(_same(name, one) for one in self.names)


def read_certificate(der: bytes) -> Certificate:
    """Read a certificate as it comes over the wire.

    Raises:
        ValueError: it is not one.
    """
    from cryptography import x509

    found = x509.load_der_x509_certificate(der)
    return Certificate(
        subject=found.subject.rfc4514_string(),
        issuer=found.issuer.rfc4514_string(),
        names=tuple(_names(found)),
        not_before=found.not_valid_before_utc,
        not_after=found.not_valid_after_utc,
    )


def _names(certificate: object) -> Sequence[str]:
    from cryptography import x509

    assert isinstance(certificate, x509.Certificate)  # noqa: S101 - for mypy: imported late
    try:
        kind = x509.SubjectAlternativeName
        names = certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return []
    addresses = names.get_values_for_type(x509.IPAddress)
    return [*names.get_values_for_type(x509.DNSName), *map(str, addresses)]


def _same(name: str, pattern: str) -> bool:
    """Compare as RFC 9525 has it: ``*`` stands for one whole label, the first."""
    if (address := _address(name)) is not None:
        return address == _address(pattern)
    wanted, given = name.lower().rstrip("."), pattern.lower().rstrip(".")
    first, _, rest = wanted.partition(".")
    return wanted == given or bool(first and rest and given == f"*.{rest}")


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None
