"""End-to-end keys published for an address."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

KeyMethod = Literal["wkd-advanced", "wkd-direct", "openpgpkey", "smimea"]
KeyStatus = Literal["found", "not-found", "could-not-tell"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedKey:
    """One key or certificate.

    Attributes:
        kind: "smime-hash" when DNS holds only a digest of the certificate.
        fingerprint: Lower-case hex; the digest itself for "smime-hash".
        user_ids: As written by the owner: hostile.
        expires_at: None when it never does, or is not told.
        names_address: Whether one of the identities is the address asked for; None when not told.
    """

    kind: Literal["openpgp", "smime", "smime-hash"]
    fingerprint: str
    user_ids: tuple[str, ...] = ()
    expires_at: datetime | None = None
    state: Literal["good", "expired", "revoked"] = "good"
    names_address: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyLook:
    """How the look by one method went.

    Attributes:
        place: URL or DNS name that was asked.
        reason: Key of `key-reason.<key>` for what is not "found".
        secure: For the DNS methods whether DNSSEC protects the answer; None when it cannot be told.
    """

    method: KeyMethod
    place: str
    status: KeyStatus
    reason: str = ""
    detail: str = ""
    secure: bool | None = None
    keys: tuple[PublishedKey, ...] = ()
