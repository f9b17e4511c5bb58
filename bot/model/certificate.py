"""A server's certificate and everything that is wrong with it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from bot.model.value import field, frozen

CertificateFault = Literal[
    "expired", "expiring", "not-yet-valid", "self-signed", "wrong-host", "untrusted", "key-weak"
]
CertificateStatus = Literal[
    "valid", "expired", "expiring", "not-yet-valid", "self-signed", "wrong-host", "untrusted"
]

# Which fault names the certificate when several hold, worst first. "expiring" and "key-weak" alone
# leave clients working.
STATUS_ORDER: tuple[CertificateStatus, ...] = (
    "expired", "not-yet-valid", "self-signed", "untrusted", "wrong-host", "expiring",
)  # fmt: skip
BREAKING_FAULTS = frozenset({"expired", "not-yet-valid", "self-signed", "untrusted", "wrong-host"})


@frozen(kw_only=True)
class Certificate:
    """What the server showed and how it was judged.

    Attributes:
        faults: Every fault that holds, not just the first that a TLS library would name.
        name_checked: False when the probe went to an address, so that there was no name to compare.
        days_left: Days until not_after, fractions cut; negative when past.
        key: Such as "RSA 2048" or "EC P-256".
        sha256: Fingerprint of the DER form, lower-case hex.
        chain_length: Certificates sent, the server's own included.
        chain_sha256: Fingerprints of the chain as sent (for DANE).
        spki_sha256: SHA-256 of the SubjectPublicKeyInfo, hex.
        chain: The certificates as sent, DER, for comparing with TLSA records; never stored.
        trust_detail: Why it is untrusted, as far as the chain shows: "unknown-root",
            "incomplete-chain" (most often a missing intermediate), or "".
    """

    faults: tuple[CertificateFault, ...]
    subject: str
    issuer: str
    names: tuple[str, ...]
    not_before: datetime
    not_after: datetime
    days_left: int
    key: str
    sha256: str
    name_checked: bool = True
    chain_length: int = 1
    chain_sha256: tuple[str, ...] = ()
    spki_sha256: str = ""
    chain: tuple[bytes, ...] = field(default=(), repr=False, compare=False)
    trust_detail: str = ""

    @property
    def status(self) -> CertificateStatus:
        """The worst fault, or "valid"."""
        return next((status for status in STATUS_ORDER if status in self.faults), "valid")

    @property
    def authenticates(self) -> bool:
        """Whether a client that checks would accept it."""
        return not BREAKING_FAULTS.intersection(self.faults)
