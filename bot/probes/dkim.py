"""DKIM keys under well-known selectors, and what is wrong with them (RFC 6376 section 3.6.1, RFC 8301)."""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import Sequence

from bot.model.mail_policies import DkimFacts, DkimFault, DkimKey
from bot.ports import DnsAnswer, Resolver
from bot.probes.dns_texts import Tags, parse_tags

# Selectors that big senders and common programs use. A domain's own cannot be listed.
SELECTORS = (
    "default", "dkim", "mail", "email", "smtp", "key1", "s1", "s2", "k1", "k2", "k3", "m1",
    "selector1", "selector2",  # Microsoft 365
    "google",  # Google Workspace
    "20230601", "20221208",  # gmail.com itself
    "fm1", "fm2", "fm3",  # Fastmail
    "protonmail", "protonmail2", "protonmail3",
    "sig1",  # iCloud
    "zoho", "zmail",
    "mandrill", "mxvault", "everlytickey1", "cm", "pm", "scph0920",
    "mailo", "titan1", "ionos1", "hostinger1", "gandi",
    "rsa", "ed25519", "dkim-rsa", "dkim-ed25519",  # Stalwart, mox and others
)  # fmt: skip
MAX_GIVEN = 20

_MIN_RSA_BITS = 1024  # RFC 8301 section 3.2: shorter keys must not be taken for valid
_GOOD_RSA_BITS = 2048


async def look_up_dkim(domain: str, resolver: Resolver, selectors: Sequence[str] = ()) -> DkimFacts:
    """Ask for every selector at once.

    Args:
        selectors: Selectors that somebody named, before the well-known ones.
    """
    asked = tuple(dict.fromkeys((*selectors[:MAX_GIVEN], *SELECTORS)))
    root, *answers = await asyncio.gather(
        resolver.query(f"_domainkey.{domain}", "TXT"),
        *(resolver.query(f"{selector}._domainkey.{domain}", "TXT") for selector in asked),
    )
    keys = [key for selector, answer in zip(asked, answers, strict=True) for key in _keys(selector, answer)]
    if any(key.usable for key in keys):
        return DkimFacts(status="ok", keys=tuple(keys), asked=len(asked))
    if keys:
        return DkimFacts(status="invalid", keys=tuple(keys), asked=len(asked))
    # RFC 8020: where a name does not exist, nothing beneath it does.
    nothing_there = root.status == "nxdomain" and all(answer.status == "nxdomain" for answer in answers)
    return DkimFacts(status="none" if nothing_there else "unknown", asked=len(asked))


def _keys(selector: str, answer: DnsAnswer) -> list[DkimKey]:
    """The keys of one selector. A wildcard's other TXT records are no keys."""
    return [read_key(selector, text) for text in answer.records if _looks_like_key(text)]


def _looks_like_key(text: str) -> bool:
    tags = parse_tags(text)
    return "p" in tags.values and tags.values.get("v", "DKIM1") in ("DKIM1", "")


def read_key(selector: str, text: str) -> DkimKey:
    """Read a key record and name its faults."""
    tags = parse_tags(text)
    faults: list[DkimFault] = []
    if tags.bad or ("v" in tags.values and next(iter(tags.values)) != "v"):
        faults.append("syntax")
    material = "".join(tags.values.get("p", "").split())
    if not material:
        return DkimKey(selector=selector, faults=(*faults, "revoked"))
    kind, key_faults = _key_of(tags.values.get("k", "rsa").lower(), material)
    faults += key_faults
    faults += _limits(tags)
    return DkimKey(selector=selector, kind=kind, faults=tuple(faults))


def _key_of(algorithm: str, material: str) -> tuple[str, list[DkimFault]]:
    try:
        raw = base64.b64decode(material, validate=True)
    except (binascii.Error, ValueError):
        return "", ["key-unreadable"]
    if algorithm == "ed25519":
        # RFC 8463 section 4.2: the bare 32 bytes.
        return ("Ed25519", []) if len(raw) == 32 else ("", ["key-unreadable"])
    return _rsa_key(raw) if algorithm == "rsa" else ("", ["key-unreadable"])


def _rsa_key(raw: bytes) -> tuple[str, list[DkimFault]]:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    try:
        key = load_der_public_key(raw)
    except (ValueError, UnsupportedAlgorithm) as problem:
        # cryptography refuses tiny keys by size: the fault is then their size.
        return ("", ["key-short"]) if "bit" in str(problem) else ("", ["key-unreadable"])
    if not isinstance(key, RSAPublicKey):
        return "", ["key-unreadable"]
    kind = f"RSA {key.key_size}"
    if key.key_size < _MIN_RSA_BITS:
        return kind, ["key-short"]
    return kind, ["key-weak"] if key.key_size < _GOOD_RSA_BITS else []


def _limits(tags: Tags) -> list[DkimFault]:
    faults: list[DkimFault] = []
    hashes = [word.strip().lower() for word in tags.values.get("h", "sha256").split(":")]
    if "sha256" not in hashes:
        faults.append("sha1-only")
    if "y" in [word.strip().lower() for word in tags.values.get("t", "").split(":")]:
        faults.append("testing")
    services = [word.strip().lower() for word in tags.values.get("s", "*").split(":")]
    if not {"*", "email"} & set(services):
        faults.append("not-for-email")
    return faults
