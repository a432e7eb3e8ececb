"""Certificates of every kind, made anew for a run."""

from __future__ import annotations

import ipaddress
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

UNREADABLE = "unreadable"
KINDS: dict[str, tuple[int, int, str, str]] = {
    # valid from and until, in days from now; for whom; signed by whom
    "good": (-30, 30, "localhost", "ca"),
    "soon": (-30, 5, "localhost", "ca"),
    "expired": (-30, -3, "localhost", "ca"),
    "not-yet": (3, 30, "localhost", "ca"),
    "wrong-name": (-30, 30, "status.example.org", "ca"),
    "wildcard": (-30, 30, "*.example.org", "ca"),
    "self-signed": (-30, 30, "localhost", "itself"),
    "expired-wrong-name": (-30, -3, "status.example.org", "ca"),
    "nameless": (-30, 30, "", "ca"),
    "unreadable": (-30, 30, UNREADABLE, "ca"),
}
"""``good`` and others are for 127.0.0.1 too."""


class Certificates:
    """Keys and certificates in a folder; ``ca.pem`` is who signed most of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name("An authority for tests")
        authority = self._made(self._name, self._key, -60, 60, None, ca=True)
        self._write("ca.pem", authority)

    def context(self, kind: str) -> ssl.SSLContext:
        """Return what a server with this certificate needs."""
        after, until, name, signer = KINDS[kind]
        key = ec.generate_private_key(ec.SECP256R1())
        subject = _name(name or "localhost")
        signed_by = (subject, key) if signer == "itself" else (self._name, self._key)
        found = self._made(subject, key, after, until, _names(name), signed_by=signed_by)
        private = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        file = self._write(f"{kind}.pem", found, private)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context

    def _made(  # noqa: PLR0913 - what a certificate says
        self,
        subject: x509.Name,
        key: ec.EllipticCurvePrivateKey,
        after: int,
        until: int,
        names: x509.ExtensionType | None,
        *,
        ca: bool = False,
        signed_by: tuple[x509.Name, ec.EllipticCurvePrivateKey] | None = None,
    ) -> x509.Certificate:
        issuer, signer = signed_by or (subject, key)
        now = datetime.now(UTC)
        builder = (
            x509.CertificateBuilder(issuer, subject, key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + timedelta(days=after))
            .not_valid_after(now + timedelta(days=until))
            .add_extension(x509.BasicConstraints(ca, None), critical=True)
        )
        if names:
            builder = builder.add_extension(names, critical=False)
        return builder.sign(signer, hashes.SHA256())

    def _write(self, name: str, certificate: x509.Certificate, private: bytes = b"") -> Path:
        file = self.folder / name
        file.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
        return file


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _names(name: str) -> x509.ExtensionType | None:
    if not name:
        return None
    if name == UNREADABLE:
        # An address of five bytes, which OpenSSL takes.
        oid = x509.SubjectAlternativeName.oid
        return x509.UnrecognizedExtension(oid, b"0\7\x87\5\1\2\3\4\5")
    names: list[x509.GeneralName] = [x509.DNSName(name)]
    if name == "localhost":
        names.append(x509.IPAddress(ipaddress.ip_address("127.0.0.1")))
    return x509.SubjectAlternativeName(names)
