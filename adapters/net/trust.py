"""The anchors that chains are judged by: the pinned bundle and the operator's own file.

Results must not change with the host, so the system's store is not asked. A chain is followed from the
server's certificate over those it sent to an anchor, by name and signature (RFC 5280 section 6), without
looking at the time or the name of the server's own certificate: those are faults of their own.
The bundle is read once, on first use (about 5 ms), never while a probe is measured twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cached_property, lru_cache
from pathlib import Path

import certifi
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.x509.oid import ExtendedKeyUsageOID

MAX_DEPTH = 8
MAX_SENT = 16
# Signatures checked for one chain, so that a crafted one cannot keep the loop busy.
MAX_CHECKS = 32


class PinnedTrust:
    """certifi's bundle plus MAILPORT_CA_FILE.

    Attributes:
        name: Which store judged, for people.
        loads: How often a bundle was read; never more than once per store.
    """

    def __init__(self, ca_file: str | None = None) -> None:
        self._ca_file = ca_file
        self.loads = 0
        self.name = f"certifi {certifi.__version__}" + (f" + {ca_file}" if ca_file else "")

    @cached_property
    def _anchors(self) -> dict[bytes, list[x509.Certificate]]:
        self.loads += 1
        found = _read(Path(certifi.where()))
        if self._ca_file:
            found += _read(Path(self._ca_file))
        by_subject: dict[bytes, list[x509.Certificate]] = {}
        for anchor in found:
            by_subject.setdefault(anchor.subject.public_bytes(), []).append(anchor)
        return by_subject

    def load(self) -> int:
        """Read the anchors now rather than with the first chain; gives their number.

        Raises:
            OSError: A file cannot be read.
            ValueError: It holds no certificates.
        """
        return sum(len(same_name) for same_name in self._anchors.values())

    def trusts(self, chain: Sequence[bytes], at: datetime) -> bool:
        """Whether the chain leads to an anchor at that time."""
        try:
            own, *sent = (x509.load_der_x509_certificate(der) for der in chain[:MAX_SENT])
        except ValueError:
            return False
        if not _may_serve(own):
            return False
        return _Search(self._anchors, sent, at).reaches_anchor(own, ())


class _Search:
    """Depth first from the server's certificate up; anchors are tried before what the server sent."""

    def __init__(
        self, anchors: dict[bytes, list[x509.Certificate]], sent: list[x509.Certificate], at: datetime
    ) -> None:
        self.anchors = anchors
        self.sent = sent
        self.at = at
        self.checks = 0

    def reaches_anchor(self, certificate: x509.Certificate, below: tuple[x509.Certificate, ...]) -> bool:
        if certificate in self.anchors.get(certificate.subject.public_bytes(), ()):
            return True
        if len(below) >= MAX_DEPTH:
            return False
        if any(self._issued(certificate, anchor, below) for anchor in self._anchors_of(certificate)):
            return True
        path = (*below, certificate)
        return any(
            self._issued(certificate, candidate, below) and self.reaches_anchor(candidate, path)
            for candidate in self.sent
            if candidate not in path
        )

    def _anchors_of(self, certificate: x509.Certificate) -> list[x509.Certificate]:
        return self.anchors.get(certificate.issuer.public_bytes(), [])

    def _issued(
        self, certificate: x509.Certificate, issuer: x509.Certificate, below: tuple[x509.Certificate, ...]
    ) -> bool:
        if certificate.issuer != issuer.subject or self.checks >= MAX_CHECKS:
            return False
        if not issuer.not_valid_before_utc <= self.at <= issuer.not_valid_after_utc:
            return False
        if not _may_issue(issuer, len(below)):
            return False
        self.checks += 1
        return _is_signed_by(certificate, issuer)


# A watched server shows the same certificate for weeks: a signature that was checked stays as it is.
@lru_cache(maxsize=512)
def _is_signed_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError):
        return False
    return True


def _may_issue(issuer: x509.Certificate, intermediates_below: int) -> bool:
    """RFC 5280 sections 4.2.1.3 and 4.2.1.9; very old roots have no extensions at all."""
    try:
        extensions = issuer.extensions
    except ValueError:
        return False
    if issuer.version is x509.Version.v1:
        return issuer.issuer == issuer.subject
    try:
        constraints = extensions.get_extension_for_class(x509.BasicConstraints).value
    except x509.ExtensionNotFound:
        return False
    if not constraints.ca:
        return False
    if constraints.path_length is not None and intermediates_below > constraints.path_length:
        return False
    try:
        return extensions.get_extension_for_class(x509.KeyUsage).value.key_cert_sign
    except x509.ExtensionNotFound:
        return True


def _may_serve(own: x509.Certificate) -> bool:
    """Whether it may be shown by a TLS server (RFC 5280 section 4.2.1.12)."""
    try:
        usage = own.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return True
    except ValueError:
        return False
    return ExtendedKeyUsageOID.SERVER_AUTH in usage or ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE in usage


def _read(path: Path) -> list[x509.Certificate]:
    import warnings

    with warnings.catch_warnings():
        # One old root of the bundle has a serial number of zero.
        warnings.simplefilter("ignore")
        return x509.load_pem_x509_certificates(path.read_bytes())
