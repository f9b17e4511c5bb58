"""A certificate chain judged offline: every fault that holds, not the first that a library names.

Theory: RFC 5280 (chains), RFC 6125 and RFC 9525 (names: no common-name fallback, a wildcard is exactly
the left-most label), RFC 8314 section 5. Trust is asked apart from time and name, so that "expired" and
"untrusted" are told apart. cryptography is imported on first use; the command line would pay for it.
"""

from __future__ import annotations

import hashlib
import warnings
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from bot.model.certificate import Certificate, CertificateFault
from bot.model.names import IPAddress, parse_address
from bot.ports import TrustStore
from bot.probes.text import clean

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes

# Notice: three weeks before the end are time enough for a person.
NOTICE = timedelta(days=21)
# A quarter of its life for a certificate that surely is renewed by a machine: publicly logged ones
# (RFC 6962), which live ever shorter, and those that never live longer than a few days.
AUTOMATED_LIFE = timedelta(days=4)
WEAK_RSA_BITS = 2048
WEAK_EC_BITS = 224
MAX_NAMES = 100


def judge_certificate(
    chain: tuple[bytes, ...], host: str, at: datetime, trust: TrustStore
) -> Certificate | None:
    """Judge the certificates a server showed; None when there is none that can be read.

    Args:
        chain: DER, the server's own first.
        host: The name that was asked for, or an address literal.
        at: The time to judge for.
        trust: The anchors.
    """
    from cryptography import x509

    if not chain:
        return None
    try:
        with warnings.catch_warnings():
            # A server's odd certificate is our result, not a warning on the operator's screen.
            warnings.simplefilter("ignore")
            own = x509.load_der_x509_certificate(chain[0])
            return _judge(own, chain, host, at, trust)
    except (ValueError, TypeError, KeyError, OverflowError):
        return None


def _judge(
    own: x509.Certificate, chain: tuple[bytes, ...], host: str, at: datetime, trust: TrustStore
) -> Certificate:
    names, addresses = _names(own)
    address = parse_address(host)
    name_checked = address is None or address in addresses
    faults: list[CertificateFault] = _time_faults(own, at)
    if not trust.trusts(chain, at):
        faults.append("self-signed" if _is_self_signed(own) else "untrusted")
    if address is None and not any(matches(name, host) for name in names):
        faults.append("wrong-host")
    public_key = _public_key(own)
    if _is_weak(public_key) or _is_weakly_signed(own):
        faults.append("key-weak")
    digests = tuple(hashlib.sha256(der).hexdigest() for der in chain)
    return Certificate(
        faults=tuple(faults),
        subject=_text(own.subject),
        issuer=_text(own.issuer),
        names=tuple(names[:MAX_NAMES]) + tuple(str(one) for one in addresses[:MAX_NAMES]),
        not_before=own.not_valid_before_utc,
        not_after=own.not_valid_after_utc,
        days_left=_days_between(at, own.not_valid_after_utc),
        key=describe_key(public_key),
        sha256=digests[0],
        name_checked=name_checked,
        chain_length=len(chain),
        chain_sha256=digests,
        spki_sha256=_spki_sha256(public_key),
        chain=chain,
        trust_detail=_trust_detail(chain, faults),
    )


def _time_faults(own: x509.Certificate, at: datetime) -> list[CertificateFault]:
    if at > own.not_valid_after_utc:
        return ["expired"]
    faults: list[CertificateFault] = ["not-yet-valid"] if at < own.not_valid_before_utc else []
    if own.not_valid_after_utc - at < notice_of(own):
        faults.append("expiring")
    return faults


def notice_of(own: x509.Certificate) -> timedelta:
    """How long before its end a certificate counts as expiring."""
    life = own.not_valid_after_utc - own.not_valid_before_utc
    if life <= AUTOMATED_LIFE or _is_logged(own):
        return min(NOTICE, life / 4)
    return NOTICE


def _is_logged(own: x509.Certificate) -> bool:
    from cryptography import x509

    try:
        own.extensions.get_extension_for_class(x509.PrecertificateSignedCertificateTimestamps)
    except x509.ExtensionNotFound:
        return False
    return True


def _days_between(at: datetime, end: datetime) -> int:
    return int((end - at.astimezone(UTC)) / timedelta(days=1))


def _names(own: x509.Certificate) -> tuple[list[str], list[IPAddress]]:
    """DNS names and addresses of the subject alternative name; a common name does not count."""
    from cryptography import x509

    try:
        found = own.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return [], []
    addresses = [one for one in found.get_values_for_type(x509.IPAddress) if not hasattr(one, "netmask")]
    return [clean(name, 253) for name in found.get_values_for_type(x509.DNSName)], addresses


def matches(pattern: str, host: str) -> bool:
    """Whether a certificate's name covers a host (RFC 9525 section 6.3)."""
    pattern, host = pattern.lower().rstrip("."), host.lower().rstrip(".")
    if pattern == host:
        return bool(host)
    star, _, rest = pattern.partition(".")
    _, _, parent = host.partition(".")
    return star == "*" and "." in rest and rest == parent


def _is_self_signed(own: x509.Certificate) -> bool:
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

    if own.issuer != own.subject:
        return False
    try:
        own.verify_directly_issued_by(own)
    except (InvalidSignature, ValueError, TypeError, UnsupportedAlgorithm):
        return False
    return True


def _public_key(own: x509.Certificate) -> CertificatePublicKeyTypes | None:
    from cryptography.exceptions import UnsupportedAlgorithm

    try:
        return own.public_key()
    except (ValueError, UnsupportedAlgorithm):
        return None


_CURVES = {"secp256r1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521", "secp224r1": "P-224"}


def describe_key(key: CertificatePublicKeyTypes | None) -> str:
    """A key as people name it: "RSA 2048", "EC P-256", "Ed25519"."""
    from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa

    match key:
        case rsa.RSAPublicKey():
            return f"RSA {key.key_size}"
        case ec.EllipticCurvePublicKey():
            return f"EC {_CURVES.get(key.curve.name, key.curve.name)}"
        case ed25519.Ed25519PublicKey():
            return "Ed25519"
        case ed448.Ed448PublicKey():
            return "Ed448"
        case dsa.DSAPublicKey():
            return f"DSA {key.key_size}"
        case _:
            return "unknown"


def _is_weak(key: CertificatePublicKeyTypes | None) -> bool:
    from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa

    match key:
        case rsa.RSAPublicKey():
            return key.key_size < WEAK_RSA_BITS
        case ec.EllipticCurvePublicKey():
            return key.key_size < WEAK_EC_BITS
        case _:
            return isinstance(key, dsa.DSAPublicKey)


def _is_weakly_signed(own: x509.Certificate) -> bool:
    from cryptography.exceptions import UnsupportedAlgorithm

    try:
        algorithm = own.signature_hash_algorithm
    except UnsupportedAlgorithm:
        return True
    return algorithm is not None and algorithm.name in ("md5", "sha1")


def _spki_sha256(key: CertificatePublicKeyTypes | None) -> str:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    if key is None:
        return ""
    return hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def _text(name: x509.Name) -> str:
    return clean(name.rfc4514_string())


def _trust_detail(chain: tuple[bytes, ...], faults: list[CertificateFault]) -> str:
    """Why a chain leads nowhere, as far as it shows by itself."""
    from cryptography import x509

    if "untrusted" not in faults:
        return ""
    last = x509.load_der_x509_certificate(chain[-1])
    return "unknown-root" if last.issuer == last.subject else "incomplete-chain"
