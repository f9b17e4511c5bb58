"""Where people publish their end-to-end keys: the web key directory and the DNS.

Theory of operation. Four places are asked at once: WKD by its advanced and its direct method
(draft-koch-openpgp-webkey-service section 3.1), OPENPGPKEY (RFC 7929) and SMIMEA (RFC 8162). Programs
use the direct method only where the host `openpgpkey.<domain>` does not exist, so a key found there
beside it is told as one that nobody will find. Keys from the DNS count only when DNSSEC protects them.

Guarded by: the fetcher's limits on addresses, size, time and redirects; names are hashes, so that
nothing typed ends up in a host name.
"""

from __future__ import annotations

import asyncio
import hashlib
import unicodedata
from collections.abc import Callable
from datetime import datetime
from urllib.parse import quote

from bot.model.keys import KeyLook, KeyMethod, KeyNote, PublishedKey
from bot.model.value import replace
from bot.ports import DnsAnswer, Fetched, FetchStatus, Network
from bot.probes.key_material import UnreadableKey, read_openpgp, read_smimea

# Keys with many signatures and a picture are big; beyond this nobody's program takes them either.
MAX_BYTES = 256 * 1024
FETCH_S = 5.0
DNS_S = 4.0
READ_S = 3.0
REDIRECTS = 3
_ALPHABET = "ybndrfg8ejkmcpqxot1uwisza345h769"

_FAILED: dict[FetchStatus, str] = {
    "http-error": "http",
    "redirect": "redirect",
    "too-large": "too-large",
    "timeout": "timeout",
    "tls": "tls",
    "refused": "refused",
    "broken": "broken",
    "forbidden": "forbidden",
}


def z_base_32(data: bytes) -> str:
    """Bytes in z-base-32 (RFC 6189 section 5.1.6), five bits a letter, the last one filled with zeros."""
    bits = "".join(f"{byte:08b}" for byte in data)
    padded = bits + "0" * (-len(bits) % 5)
    return "".join(_ALPHABET[int(padded[start : start + 5], 2)] for start in range(0, len(padded), 5))


def wkd_urls(local: str, domain: str) -> tuple[str, str]:
    """Where WKD keys lie: advanced and direct."""
    lowered = "".join(chr(ord(each) + 32) if "A" <= each <= "Z" else each for each in local)
    hashed = z_base_32(hashlib.sha1(lowered.encode(), usedforsecurity=False).digest())
    query = f"?l={quote(local, safe='')}"
    return (
        f"https://openpgpkey.{domain}/.well-known/openpgpkey/{domain}/hu/{hashed}{query}",
        f"https://{domain}/.well-known/openpgpkey/hu/{hashed}{query}",
    )


def dns_name(local: str, domain: str, middle: str) -> str:
    """The name of OPENPGPKEY and SMIMEA records: the local part's SHA-256, 28 bytes of it, as hex."""
    plain = unicodedata.normalize("NFC", local)
    hashed = hashlib.sha256(plain.encode()).hexdigest()[:56]
    return f"{hashed}.{middle}.{domain}"


async def look_for_keys(address: str, network: Network, now: datetime) -> tuple[KeyLook, ...]:
    """Ask all places at once; never raises for what others do.

    Args:
        address: `local@domain`, the domain in ASCII form.
    """
    local, _, domain = address.rpartition("@")
    advanced, direct = wkd_urls(local, domain)
    looks = await asyncio.gather(
        _by_web("wkd-advanced", advanced, address, network, now),
        _by_web("wkd-direct", direct, address, network, now),
        _by_dns("openpgpkey", "_openpgpkey", address, network, now),
        _by_dns("smimea", "_smimecert", address, network, now),
    )
    return (looks[0], _shadowed(looks[1], looks[0]), *looks[2:])


def _shadowed(direct: KeyLook, advanced: KeyLook) -> KeyLook:
    """Programs ask the direct place only when the host of the advanced one does not exist."""
    if direct.status == "found" and advanced.reason not in ("no-host", "dns"):
        return replace(direct, notes=(*direct.notes, "shadowed"))
    return direct


async def _by_web(method: KeyMethod, url: str, address: str, network: Network, now: datetime) -> KeyLook:
    fetched = await network.fetcher.fetch(url, limit=MAX_BYTES, deadline_s=FETCH_S, redirects=REDIRECTS)
    place = url.partition("?")[0]
    if fetched.status == "ok":
        return await _read_web(method, place, fetched, address, now)
    if fetched.status == "not-found":
        return KeyLook(
            method=method,
            place=place,
            status="not-found",
            reason="no-key",
            detail=f"HTTP {fetched.http_status}",
        )
    if fetched.status == "dns":
        gone = fetched.detail in ("nxdomain", "nodata")
        return KeyLook(
            method=method,
            place=place,
            status="not-found" if gone else "could-not-tell",
            reason="no-host" if gone else "dns",
            detail=fetched.detail,
        )
    detail = f"HTTP {fetched.http_status}" if fetched.status == "http-error" else fetched.detail
    return KeyLook(
        method=method, place=place, status="could-not-tell", reason=_FAILED[fetched.status], detail=detail
    )


async def _read_web(method: KeyMethod, place: str, fetched: Fetched, address: str, now: datetime) -> KeyLook:
    look = KeyLook(method=method, place=place, status="found")
    if _is_page(fetched):
        return replace(look, status="not-found", reason="web-page", detail=fetched.content_type)
    return await _with_keys(look, lambda: read_openpgp(fetched.body, address, now))


def _is_page(fetched: Fetched) -> bool:
    """Web servers that answer everything with a page have no key there."""
    start = fetched.body[:200].lstrip().lower()
    return not fetched.body.strip() or start.startswith((b"<!doctype", b"<html", b"<?xml", b"<head"))


async def _by_dns(method: KeyMethod, middle: str, address: str, network: Network, now: datetime) -> KeyLook:
    local, _, domain = address.rpartition("@")
    kind = method.upper()
    notes: tuple[KeyNote, ...] = ()
    name = dns_name(local, domain, middle)
    answer = await network.resolver.query(name, kind, lifetime=DNS_S)
    if answer.status in ("nodata", "nxdomain") and local != local.lower():
        # RFC 7929 section 3: the local part counts as it is written; people write it as they like.
        lowered = dns_name(local.lower(), domain, middle)
        second = await network.resolver.query(lowered, kind, lifetime=DNS_S)
        if second.status not in ("nodata", "nxdomain"):
            name, answer, notes = lowered, second, ("lower-case",)
    return await _read_dns(method, name, answer, notes, address, now)


async def _read_dns(
    method: KeyMethod,
    name: str,
    answer: DnsAnswer,
    notes: tuple[KeyNote, ...],
    address: str,
    now: datetime,
) -> KeyLook:
    look = KeyLook(method=method, place=name, status="found", secure=answer.secure, notes=notes)
    if answer.status in ("nodata", "nxdomain"):
        return replace(look, status="not-found", reason="no-record")
    if answer.status != "ok":
        reason = "bogus" if answer.status == "bogus" else "timeout" if answer.status == "timeout" else "dns"
        return replace(
            look, status="could-not-tell", reason=reason, detail=answer.detail or answer.status, secure=None
        )
    if not answer.secure:
        note: KeyNote = "not-signed" if answer.secure is False else "signed-unclear"
        look = replace(look, notes=(*notes, note))
    if method == "smimea":
        return await _with_keys(look, lambda: read_smimea(answer.records, address, now))
    return await _with_keys(look, lambda: _openpgp_records(answer.records, address, now))


def _openpgp_records(records: tuple[str, ...], address: str, now: datetime) -> tuple[PublishedKey, ...]:
    import base64
    import binascii

    keys: list[PublishedKey] = []
    problem = "no such record"
    for record in records[:3]:
        try:
            data = base64.b64decode(record, validate=True)
            keys.extend(read_openpgp(data[:MAX_BYTES], address, now))
        except (binascii.Error, UnreadableKey) as unreadable:
            problem = str(unreadable)
    if not keys:
        raise UnreadableKey(problem)
    return tuple(keys)


async def _with_keys(look: KeyLook, read: Callable[[], tuple[PublishedKey, ...]]) -> KeyLook:
    """The look with what could be read; reading runs beside the loop, because strangers' keys may be slow."""
    try:
        async with asyncio.timeout(READ_S):
            keys = await asyncio.to_thread(read)
    except TimeoutError:
        return replace(look, status="could-not-tell", reason="unreadable", detail="time-out")
    except UnreadableKey as problem:
        return replace(look, status="could-not-tell", reason="unreadable", detail=str(problem)[:200])
    return replace(look, keys=keys)
