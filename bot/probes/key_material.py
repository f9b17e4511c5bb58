"""Reads OpenPGP keys and S/MIME certificates that strangers published: bounded, by libraries.

Sequoia reads the one and `cryptography` the other. Everything that a stranger can make long is cut, and
whatever a library throws at hostile bytes is "unreadable".
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from bot.model.keys import KeyNote, PublishedKey

if TYPE_CHECKING:
    from cryptography import x509
    from pysequoia import Cert

MAX_KEYS = 5
MAX_USER_IDS = 10
MAX_USER_ID = 200
_ARMOR = b"-----BEGIN PGP "
_SECRET_ARMOR = b"-----BEGIN PGP PRIVATE KEY BLOCK-----"
# First byte of a packet with a key, secret or public (RFC 9580 section 4.2): old and new form of its tag.
_SECRET_TAGS = frozenset({0x94, 0x95, 0x96, 0x97, 0xC5})
_SECRET_STARTS = frozenset(bytes([tag]) for tag in _SECRET_TAGS)
_KEY_TAGS = _SECRET_TAGS | {0x98, 0x99, 0x9A, 0x9B, 0xC6}
_KEY_STARTS = frozenset(bytes([tag]) for tag in _KEY_TAGS)
_IN_BRACKETS = re.compile(r"<([^<>]{1,320})>\s*$")
_SMIMEA = re.compile(r"(\d{1,3}) (\d{1,3}) (\d{1,3}) ([0-9A-Fa-f]+)")
_AUTHORITY_USAGES = (0, 2)


class UnreadableKey(ValueError):
    """The bytes are no key that can be read."""


def read_openpgp(data: bytes, address: str, now: datetime) -> tuple[PublishedKey, ...]:
    """Every certificate (as OpenPGP calls public keys) in the bytes, the first `MAX_KEYS` of them.

    Args:
        data: Binary or armored; its size is the caller's business.
        address: Whose key it should be.

    Raises:
        UnreadableKey: Nothing in it can be read.
    """
    from pysequoia import Cert

    if not data.lstrip().startswith(_ARMOR) and data[:1] not in _KEY_STARTS:
        raise UnreadableKey("does not begin with a key")
    try:
        found = Cert.split_bytes(data)[:MAX_KEYS]
        keys = tuple(_openpgp_key(one, data, address, now) for one in found)
    except Exception as problem:  # noqa: BLE001  # whatever the library makes of hostile bytes
        raise UnreadableKey(str(problem)[:200]) from None
    except BaseException as problem:
        if type(problem).__name__ != "PanicException":  # PyO3's, which is no Exception
            raise
        raise UnreadableKey("the library gave up") from None
    if not keys:
        raise UnreadableKey("no key in it")
    return keys


def _openpgp_key(cert: Cert, data: bytes, address: str, now: datetime) -> PublishedKey:
    expires = cert.expiration
    every = [str(user_id) for user_id in cert.user_ids]
    named = any(_is_same(address_in(one), address) for one in every)
    notes: list[KeyNote] = []
    if not named:
        notes.append("other-address")
    if data[:1] in _SECRET_STARTS or data.lstrip().startswith(_SECRET_ARMOR):
        notes.append("secret")
    if data.lstrip().startswith(_ARMOR):
        notes.append("armored")
    return PublishedKey(
        kind="openpgp",
        fingerprint=cert.fingerprint.lower(),
        user_ids=_bounded(every),
        expires_at=expires,
        state="revoked" if cert.is_revoked else "expired" if expires and expires <= now else "good",
        names_address=named,
        notes=tuple(notes),
    )


def address_in(user_id: str) -> str:
    """The address of a user id: within the brackets at its end, else the whole of it."""
    found = _IN_BRACKETS.search(user_id[-400:])
    return (found[1] if found else user_id).strip()


def _is_same(one: str, other: str) -> bool:
    # Local parts are compared without case: in theory they differ, in practice nobody's do.
    return one.lower() == other.lower()


def _bounded(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(text[:MAX_USER_ID] for text in list(texts)[:MAX_USER_IDS])


def read_smimea(records: Sequence[str], address: str, now: datetime) -> tuple[PublishedKey, ...]:
    """What SMIMEA records hold (RFC 8162 section 2): certificates, or digests of some.

    Raises:
        UnreadableKey: None of them can be read.
    """
    keys: list[PublishedKey] = []
    problem = "no such record"
    for record in records[:MAX_KEYS]:
        try:
            keys.append(_smimea_key(record, address, now))
        except UnreadableKey as unreadable:
            problem = str(unreadable)
    if not keys:
        raise UnreadableKey(problem)
    return tuple(keys)


def _smimea_key(record: str, address: str, now: datetime) -> PublishedKey:
    match = _SMIMEA.fullmatch(record)
    if match is None or len(match[4]) % 2:
        raise UnreadableKey("no SMIMEA record")
    usage, selector, matching = (int(match[number]) for number in (1, 2, 3))
    if usage > 3 or selector > 1 or matching > 2:
        raise UnreadableKey(f"unknown parameters {usage} {selector} {matching}")
    notes: tuple[KeyNote, ...] = ("authority",) if usage in _AUTHORITY_USAGES else ()
    data = bytes.fromhex(match[4])
    if matching:
        if len(data) != {1: 32, 2: 64}[matching]:
            raise UnreadableKey(f"a digest of {len(data)} bytes")
        return PublishedKey(kind="smime-hash", fingerprint=match[4].lower(), notes=notes)
    if selector:
        return PublishedKey(kind="smime-hash", fingerprint=hashlib.sha256(data).hexdigest(), notes=notes)
    return _smime_certificate(data, address, now, notes)


def _smime_certificate(data: bytes, address: str, now: datetime, notes: tuple[KeyNote, ...]) -> PublishedKey:
    from cryptography import x509

    try:
        certificate = x509.load_der_x509_certificate(data)
        names = _mail_names(certificate)
        starts, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
        subject = certificate.subject.rfc4514_string()
    except Exception as problem:  # noqa: BLE001  # whatever the library makes of hostile bytes
        raise UnreadableKey(str(problem)[:200]) from None
    named = any(_is_same(name, address) for name in names)
    state: Literal["good", "expired", "not-yet-valid"] = (
        "expired" if ends <= now else "not-yet-valid" if starts > now else "good"
    )
    return PublishedKey(
        kind="smime",
        fingerprint=hashlib.sha256(data).hexdigest(),
        user_ids=_bounded(names or [subject]),
        expires_at=ends.astimezone(UTC),
        state=state,
        names_address=None if "authority" in notes else named,
        notes=notes if named or "authority" in notes else (*notes, "other-address"),
    )


def _mail_names(certificate: x509.Certificate) -> list[str]:
    """The addresses that the certificate is for (RFC 8550 section 3)."""
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
        found = list(extension.value.get_values_for_type(x509.RFC822Name))
    except x509.ExtensionNotFound:
        found = []
    old = certificate.subject.get_attributes_for_oid(NameOID.EMAIL_ADDRESS)
    return found + [str(one.value) for one in old]
