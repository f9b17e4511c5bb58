"""BIMI: a logo that mail programs may show (draft-brand-indicators-for-message-identification)."""

from __future__ import annotations

from bot.model.mail_policies import BimiFacts
from bot.ports import Resolver
from bot.probes.dns_texts import absence, parse_tags, versioned


async def look_up_bimi(domain: str, resolver: Resolver) -> BimiFacts:
    """The record of the default selector."""
    answer = await resolver.query(f"default._bimi.{domain}", "TXT")
    records = versioned(answer, "BIMI1")
    if not records:
        return BimiFacts(status=absence(answer))
    tags = parse_tags(records[0])
    logo, certificate = tags.values.get("l") or None, tags.values.get("a") or None
    in_order = len(records) == 1 and not tags.bad and (logo is None or logo.startswith("https://"))
    return BimiFacts(status="ok" if in_order else "invalid", logo=logo, certificate=certificate)
