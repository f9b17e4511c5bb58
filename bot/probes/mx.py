"""Which hosts take mail for a domain (RFC 5321 section 5.1, RFC 7505), and where they lead."""

from __future__ import annotations

import asyncio

from bot.model.mail_policies import MxFacts, MxHost, MxHostStatus, MxStatus
from bot.model.names import parse_address, parse_name
from bot.ports import Addresses, DnsAnswer, Resolver

# Hosts that are looked at; real domains have a handful, hostile ones thousands.
MAX_HOSTS = 20

# What one bad host makes of the whole, worst first.
_WORST: tuple[tuple[MxHostStatus, MxStatus], ...] = (
    ("is-ip", "target-is-ip"),
    ("nxdomain", "target-nxdomain"),
    ("no-address", "target-nxdomain"),
    ("cname-loop", "cname-loop"),
    ("cname", "cname"),
    ("forbidden", "forbidden-address"),
)


async def look_up_mx(domain: str, resolver: Resolver) -> MxFacts:
    """MX records and the addresses of their hosts; without any, the domain itself is asked."""
    answer = await resolver.query(domain, "MX")
    if answer.cname_loop:
        return MxFacts(status="cname-loop", detail=answer.detail)
    match answer.status:
        case "ok":
            return await _explicit(answer, resolver)
        case "nodata":
            return await _implicit(domain, answer, resolver)
        case "nxdomain":
            return MxFacts(status="nxdomain", secure=answer.secure)
        case "timeout" | "refused" as silent:
            return MxFacts(status=silent, detail=answer.detail)
    return MxFacts(status="servfail", bogus=answer.status == "bogus", detail=answer.detail)


def parse_mx(records: tuple[str, ...]) -> list[tuple[int, str]]:
    """Preference and target of each record, best first, each target once."""
    found: dict[str, int] = {}
    for record in records:
        preference, _, target = record.partition(" ")
        name = target.strip().lower().removesuffix(".") or "."
        if preference.isdigit():
            found[name] = min(int(preference), found.get(name, 65536))
    return sorted((preference, name) for name, preference in found.items())


async def _explicit(answer: DnsAnswer, resolver: Resolver) -> MxFacts:
    targets = parse_mx(answer.records)
    if [name for _, name in targets] == ["."]:
        return MxFacts(status="null", total=1, secure=answer.secure)
    looked_at = targets[:MAX_HOSTS]
    hosts = await asyncio.gather(
        *(look_up_host(name, preference, resolver) for preference, name in looked_at)
    )
    return MxFacts(
        status=_status(hosts),
        hosts=tuple(hosts),
        total=len(targets),
        secure=answer.secure,
        detail=answer.detail,
    )


async def _implicit(domain: str, answer: DnsAnswer, resolver: Resolver) -> MxFacts:
    """No MX: mail goes to the domain's own addresses, if it has any."""
    host = await look_up_host(domain, None, resolver)
    if host.status in ("nxdomain", "no-address"):
        return MxFacts(status="none", secure=answer.secure)
    failed: dict[str, MxStatus] = {
        "servfail": "servfail",
        "timeout": "timeout",
        "refused": "refused",
        "cname-loop": "cname-loop",
        "forbidden": "forbidden-address",
    }
    return MxFacts(status=failed.get(host.status, "implicit"), hosts=(host,), secure=answer.secure)


async def look_up_host(name: str, preference: int | None, resolver: Resolver) -> MxHost:
    """One MX host and its addresses."""
    if name == ".":
        # Beside other records the null MX says nothing (RFC 7505 section 3).
        return MxHost(name=name, preference=preference, status="null")
    if parse_address(name) is not None or name.rpartition(".")[2].isdigit():
        return MxHost(name=name, preference=preference, status="is-ip")
    if parse_name(name) is None:
        return MxHost(name=name, preference=preference, status="nxdomain")
    addresses = await resolver.addresses(name)
    return MxHost(
        name=name,
        preference=preference,
        status=_host_status(name, addresses, explicit=preference is not None),
        canonical=addresses.v4.canonical or name,
        addresses=tuple(str(address) for address in addresses.allowed),
        refused=tuple((str(address), why) for address, why in addresses.refused),
        secure=_secure(addresses),
    )


def _host_status(name: str, addresses: Addresses, *, explicit: bool) -> MxHostStatus:
    answers = (addresses.v4, addresses.v6)
    if any(answer.cname_loop for answer in answers):
        return "cname-loop"
    aliased = any(
        answer.canonical not in ("", name) for answer in answers if answer.status in ("ok", "nodata")
    )
    if addresses.allowed:
        # RFC 2181 section 10.3: what an MX record names must not be an alias.
        return "cname" if aliased and explicit else "ok"
    if addresses.refused:
        return "forbidden"
    words = {answer.status for answer in answers}
    if words & {"servfail", "bogus"}:
        return "servfail"
    if "refused" in words:
        return "refused"
    if "timeout" in words:
        return "timeout"
    return "nxdomain" if "nxdomain" in words else "no-address"


def _secure(addresses: Addresses) -> bool | None:
    """Whether DNSSEC protects every address; None when it could not be told."""
    known = [answer.secure for answer in (addresses.v4, addresses.v6) if answer.status in ("ok", "nodata")]
    if not known or None in known:
        return None
    return all(known)


def _status(hosts: list[MxHost]) -> MxStatus:
    states = {host.status for host in hosts}
    for host_status, status in _WORST:
        if host_status in states:
            return status
    # A host that could not be looked up matters only when no other can take the mail.
    if "ok" in states:
        return "ok"
    failures: tuple[MxStatus, ...] = ("servfail", "refused")
    return next((failure for failure in failures if failure in states), "timeout")
