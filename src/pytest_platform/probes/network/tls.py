"""A TLS handshake: the certificate that the server showed, and whether this machine trusts it."""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from msgspec import Struct

from pytest_platform.errors import PlatformError
from pytest_platform.module.source import inside
from pytest_platform.probes.kind import Endpoint, Target
from pytest_platform.probes.network.connect import causes, connected


class UnusableCA(PlatformError):
    """The file that is to hold the trusted certificates cannot be used."""

    code = "probe.ca"


class Distrust(Struct, frozen=True):
    """Why the chain is not trusted: OpenSSL's number and words."""

    number: int
    words: str


class Handshake(Struct, frozen=True):
    """What was seen. ``server_name`` is the one that was asked for.

    ``trouble`` says why there was no handshake; then nothing else was seen.
    """

    server_name: str
    seen_at: datetime
    certificate: Certificate | None = None
    distrust: Distrust | None = None
    trouble: str = ""


def context_of(target: Target, ca: str | None, *, verify: bool) -> ssl.SSLContext:
    """Return the rules of a connection: this machine's trusted certificates, or those of ``ca``.

    Raises:
        UnusableCA: the file, which is relative to the module's folder, cannot be used.
    """
    if not verify:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
    try:
        context = ssl.create_default_context(cafile=str(_file(target, ca)) if ca else None)
    except (OSError, ssl.SSLError) as error:
        message = f"the certificates in {ca} cannot be used: {error.strerror or error}"
        raise UnusableCA(message) from None
    # Python 3.13 set both. A verdict is the same on each Python, and as curl's.
    context.verify_flags &= ~(ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN)
    return context


def _file(target: Target, ca: str) -> Path:
    path = target.module.folder / ca
    if not inside(path, target.module.root):
        message = f"{ca} leads out of the repository; keep the file inside"
        raise UnusableCA(message)
    return path


async def shake_hands(
    endpoint: Endpoint, server_name: str, trusting: ssl.SSLContext, anything: ssl.SSLContext
) -> Handshake:
    """Look at the chain first; where it is not trusted, look at the certificate all the same.

    The name is left to ``judge``: a certificate may be wrong in more than one way.

    Raises:
        OSError: there is no connection.
    """
    trusting.check_hostname = False
    distrust = None
    try:
        try:
            certificate = await _certificate(endpoint, server_name, trusting)
        except ssl.SSLCertVerificationError as error:
            distrust = Distrust(error.verify_code, error.verify_message)
            certificate = await _certificate(endpoint, server_name, anything)
    except ssl.SSLError as error:
        return Handshake(server_name, datetime.now(UTC), trouble=words_of(error))
    return Handshake(server_name, datetime.now(UTC), certificate, distrust)


def certificate_of(tls: Any) -> Certificate | None:
    """Read the certificate of a connection, from its ``ssl.SSLObject``.

    Raises:
        ssl.SSLError: it is not one that can be read.
    """
    der = tls.getpeercert(binary_form=True) if tls is not None else None
    try:
        return read_certificate(der) if der else None
    except ValueError:
        message = "its certificate cannot be read"
        raise ssl.SSLError(message) from None


def tls_error(error: BaseException) -> ssl.SSLError | None:
    """Find what TLS had to say in an error of a connection."""
    return next((one for one in causes(error) if isinstance(one, ssl.SSLError)), None)


def words_of(error: ssl.SSLError) -> str:
    """Put an error of a handshake into words. One that OpenSSL does not make has no reason."""
    reason = getattr(error, "reason", None)
    if reason == "WRONG_VERSION_NUMBER":
        return "what answers there does not speak TLS"
    return (reason or error.strerror or str(error)).lower().replace("_", " ")


async def _certificate(
    endpoint: Endpoint, server_name: str, context: ssl.SSLContext
) -> Certificate | None:
    async with connected(endpoint, context, server_name) as stream:
        return certificate_of(stream.writer.get_extra_info("ssl_object"))


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
