"""Certificates of every kind for test servers, made on the spot. Needs no pytest."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Literal

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

KeyKind = Literal["ec", "rsa2048", "rsa1024", "ed25519"]
PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey


@cache
def _rsa(bits: int) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def make_key(kind: KeyKind) -> PrivateKey:
    """A private key; RSA ones are made once, because they take long."""
    match kind:
        case "ec":
            return ec.generate_private_key(ec.SECP256R1())
        case "rsa2048":
            return _rsa(2048)
        case "rsa1024":
            return _rsa(1024)
        case "ed25519":
            return ed25519.Ed25519PrivateKey.generate()


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate with its key and what a server would send along."""

    certificate: x509.Certificate
    key: PrivateKey
    above: tuple[x509.Certificate, ...] = ()

    @property
    def der_chain(self) -> tuple[bytes, ...]:
        """As a server sends it."""
        return tuple(_der(one) for one in (self.certificate, *self.above))

    @property
    def pem(self) -> bytes:
        """The chain, PEM."""
        return b"".join(
            one.public_bytes(serialization.Encoding.PEM) for one in (self.certificate, *self.above)
        )

    @property
    def key_pem(self) -> bytes:
        """The key, PEM, not encrypted."""
        return self.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )

    def write(self, folder: Path, name: str = "server") -> tuple[Path, Path]:
        """Write chain and key; gives their paths."""
        folder.mkdir(parents=True, exist_ok=True)
        chain, key = folder / f"{name}.crt", folder / f"{name}.key"
        chain.write_bytes(self.pem)
        key.write_bytes(self.key_pem)
        key.chmod(0o600)
        return chain, key

    def bare(self) -> Issued:
        """The same without the certificates above it: a missing intermediate."""
        return Issued(self.certificate, self.key)


def _der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.DER)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _sign(builder: x509.CertificateBuilder, key: PrivateKey) -> x509.Certificate:
    algorithm = None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    return builder.sign(key, algorithm)


class Authority:
    """A certificate authority with a root and, on request, intermediates.

    Attributes:
        issued: Its own certificate and key; `above` is what its customers must send.
    """

    def __init__(
        self,
        name: str = "Test Root",
        parent: Authority | None = None,
        *,
        not_after: datetime | None = None,
        may_issue: bool = True,
        path_length: int | None = None,
    ) -> None:
        now = datetime.now(UTC)
        key = make_key("ec")
        signer = parent.issued.key if parent else key
        issuer = parent.issued.certificate.subject if parent else _name(name)
        builder = (
            x509.CertificateBuilder()
            .subject_name(_name(name))
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=400))
            .not_valid_after(not_after or now + timedelta(days=3650))
            .add_extension(x509.BasicConstraints(ca=may_issue, path_length=path_length), critical=True)
        )
        above = () if parent is None else (_sign(builder, signer), *parent.issued.above)
        certificate = above[0] if above else _sign(builder, signer)
        self.issued: Issued = Issued(certificate, key, above)

    def intermediate(self, name: str = "Test Intermediate", **kind: object) -> Authority:
        """An authority below this one."""
        return Authority(name, self, **kind)  # type: ignore[arg-type]  # the same keywords as above

    def root_pem(self) -> bytes:
        """Its own certificate, for MAILPORT_CA_FILE."""
        return self.issued.certificate.public_bytes(serialization.Encoding.PEM)

    def write_root(self, path: Path) -> Path:
        """Write its own certificate as PEM."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(self.root_pem())
        return path

    def issue(
        self,
        *names: str,
        days: float = 60,
        since_days: float = 30,
        key: KeyKind = "ec",
        common_name: str | None = None,
        usage: Sequence[x509.ObjectIdentifier] = (ExtendedKeyUsageOID.SERVER_AUTH,),
    ) -> Issued:
        """A server's certificate for names and addresses, valid since `since_days` ago for `days` more."""
        private = make_key(key)
        builder = _server_builder(names, private, days, since_days, common_name, usage)
        builder = builder.issuer_name(self.issued.certificate.subject)
        return Issued(_sign(builder, self.issued.key), private, self.issued.above)


def self_signed(
    *names: str, days: float = 60, since_days: float = 30, key: KeyKind = "ec", common_name: str | None = None
) -> Issued:
    """A certificate that vouches for itself."""
    private = make_key(key)
    builder = _server_builder(names, private, days, since_days, common_name, ())
    subject = _name(common_name or (names[0] if names else "self"))
    return Issued(_sign(builder.issuer_name(subject), private), private)


def _server_builder(
    names: Sequence[str],
    private: PrivateKey,
    days: float,
    since_days: float,
    common_name: str | None,
    usage: Sequence[x509.ObjectIdentifier],
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(common_name or (names[0] if names else "self")))
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=since_days))
        .not_valid_after(now + timedelta(days=days))
    )
    if names:
        builder = builder.add_extension(
            x509.SubjectAlternativeName([_general_name(name) for name in names]), critical=False
        )
    if usage:
        builder = builder.add_extension(x509.ExtendedKeyUsage(usage), critical=False)
    return builder


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
