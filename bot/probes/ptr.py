"""Reverse names of the mail hosts' addresses, and whether they lead back (RFC 1912 section 2.1)."""

from __future__ import annotations

import asyncio
import ipaddress

from bot.model.mail_policies import MxFacts, PtrFacts, PtrStatus
from bot.ports import DnsAnswer, Resolver
from bot.probes.dns_texts import absence

MAX_ADDRESSES = 16
MAX_NAMES = 5


async def look_up_ptr(mx: MxFacts, resolver: Resolver) -> tuple[PtrFacts, ...]:
    """Every address of every MX host, each once."""
    pairs = {address: host.name for host in mx.hosts for address in host.addresses}
    chosen = list(pairs.items())[:MAX_ADDRESSES]
    return tuple(await asyncio.gather(*(check_ptr(address, host, resolver) for address, host in chosen)))


async def check_ptr(address: str, host: str, resolver: Resolver) -> PtrFacts:
    """One address: its names, and whether any of them leads back to it."""
    ip = ipaddress.ip_address(address)
    answer = await resolver.reverse(ip)
    names = tuple(record.lower().removesuffix(".") for record in answer.records)[:MAX_NAMES]
    if not names:
        failed = absence(answer)
        return PtrFacts(address=address, host=host, status="missing" if failed == "none" else failed)
    kind = "A" if ip.version == 4 else "AAAA"
    forward = await asyncio.gather(*(resolver.query(name, kind) for name in names))
    return PtrFacts(address=address, host=host, status=_status(ip, forward), names=names)


def _status(ip: ipaddress.IPv4Address | ipaddress.IPv6Address, forward: list[DnsAnswer]) -> PtrStatus:
    if any(ipaddress.ip_address(record) == ip for answer in forward for record in answer.records):
        return "ok"
    failed = [absence(answer) for answer in forward if absence(answer) != "none"]
    return failed[0] if failed and failed[0] != "none" else "mismatch"
