"""A TLS handshake: what the server showed, and whether this machine would trust it."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from msgspec import Struct

from pytest_platform.errors import PlatformError
from pytest_platform.module.source import inside
from pytest_platform.probes.kind import Endpoint, Target
from pytest_platform.probes.network.certificate import Certificate, read_certificate
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
