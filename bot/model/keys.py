"""End-to-end keys published for an address."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from bot.model.value import frozen

KeyMethod = Literal["wkd-advanced", "wkd-direct", "openpgpkey", "smimea"]
KeyStatus = Literal["found", "not-found", "could-not-tell"]
KeyNote = Literal[
    "other-address",  # no identity is the address asked for: programs leave the key aside
    "not-signed",  # from the DNS without DNSSEC: programs must not trust it (RFC 7929 section 5)
    "signed-unclear",  # whether DNSSEC protects it could not be told from here
    "shadowed",  # the direct place, while the advanced one exists: programs do not look there
    "armored",  # WKD wants the key in binary form
    "secret",  # the secret half is in it too
    "authority",  # the certificate of an authority and not of the person
    "lower-case",  # found under the address in lower case only
]


@frozen(kw_only=True)
class PublishedKey:
    """One key or certificate.

    Attributes:
        kind: "smime-hash" when DNS holds only a digest or the bare key of the certificate.
        fingerprint: Lower-case hex; of a certificate its SHA-256; the digest itself for "smime-hash".
        user_ids: As written by the owner: hostile, bounded.
        expires_at: None when it never does, or is not told.
        names_address: Whether one of the identities is the address asked for; None when not told.
    """

    kind: Literal["openpgp", "smime", "smime-hash"]
    fingerprint: str
    user_ids: tuple[str, ...] = ()
    expires_at: datetime | None = None
    state: Literal["good", "expired", "revoked", "not-yet-valid"] = "good"
    names_address: bool | None = None
    notes: tuple[KeyNote, ...] = ()


@frozen(kw_only=True)
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
    notes: tuple[KeyNote, ...] = ()
