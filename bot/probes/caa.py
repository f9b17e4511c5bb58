"""CAA: which authorities may issue certificates (RFC 8659); the nearest record upwards counts."""

from __future__ import annotations

import asyncio

from bot.model.mail_policies import CaaFacts
from bot.ports import Resolver
from bot.probes.dns_texts import absence

MAX_CLIMB = 6


async def look_up_caa(domain: str, resolver: Resolver) -> CaaFacts:
    """Climb from the domain towards the root (section 3), with all steps asked at once."""
    labels = domain.split(".")
    places = [".".join(labels[start:]) for start in range(len(labels) - 1)][:MAX_CLIMB] or [domain]
    answers = await asyncio.gather(*(resolver.query(place, "CAA") for place in places))
    for place, answer in zip(places, answers, strict=True):
        found = absence(answer)
        if found != "none":
            return CaaFacts(status=found, found_at=place)
        if answer.records:
            return CaaFacts(status="ok", found_at=place, issuers=issuers(answer.records))
    return CaaFacts(status="none")


def issuers(records: tuple[str, ...]) -> tuple[str, ...]:
    """Authorities that `issue` and `issuewild` properties name; ";" alone permits nobody."""
    names: dict[str, None] = {}
    for record in records:
        _, _, rest = record.partition(" ")
        tag, _, value = rest.partition(" ")
        if tag.strip('"').lower() in ("issue", "issuewild"):
            names[value.strip('"').partition(";")[0].strip()] = None
    return tuple(name for name in names if name)
