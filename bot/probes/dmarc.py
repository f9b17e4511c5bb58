"""DMARC: what receivers shall do with mail that fails (RFC 7489).

A domain without a record has that of its organisational domain. Where that is: RFC 7489 takes the
public suffix list, its successor walks up the tree; here the nearest record upwards to the
organisational domain counts, which is the same for every domain that publishes one record.
"""

from __future__ import annotations

import asyncio
import re
from functools import cache
from typing import TYPE_CHECKING, cast

from bot.model.mail_policies import DmarcFacts, DmarcPolicy
from bot.ports import DnsAnswer, Resolver
from bot.probes.dns_texts import Tags, absence, parse_tags, versioned

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList

MAX_WALK = 8
POLICIES = ("none", "quarantine", "reject")
_RUA = re.compile(r"mailto:[^@\s!,]+@[^@\s!,]+(?:![0-9]+[kmgt]?)?", re.IGNORECASE)
_CHOICES = {"adkim": ("r", "s"), "aspf": ("r", "s"), "sp": POLICIES, "np": POLICIES, "t": ("y", "n")}


async def look_up_dmarc(domain: str, resolver: Resolver) -> DmarcFacts:
    """The record of the domain, or the one that it inherits."""
    places = [domain, *parents(domain)]
    answers = await asyncio.gather(*(resolver.query(f"_dmarc.{place}", "TXT") for place in places))
    for place, answer in zip(places, answers, strict=True):
        records = versioned(answer, "DMARC1")
        if records:
            return judge_dmarc(records, place, inherited=place != domain)
        if absence(answer) != "none":
            return DmarcFacts(status=absence(answer), found_at=place)
    return DmarcFacts(status="none")


def parents(domain: str) -> list[str]:
    """The domains above, nearest first, up to the organisational domain."""
    top = organizational_domain(domain)
    above: list[str] = []
    while domain != top and "." in domain:
        domain = domain.partition(".")[2]
        above.append(domain)
    return above[-MAX_WALK:]


@cache
def _suffixes() -> PublicSuffixList:
    from publicsuffixlist import PublicSuffixList

    return PublicSuffixList()


def organizational_domain(domain: str) -> str:
    """One label below the public suffix; a public suffix is its own."""
    found: str | None = _suffixes().privatesuffix(domain)
    return found or domain


def judge_dmarc(records: tuple[str, ...], place: str, *, inherited: bool) -> DmarcFacts:
    """Read the records of one place.

    Args:
        inherited: The domain asked for is below the place, so that `sp` counts before `p`.
    """
    if len(records) > 1:
        return DmarcFacts(status="multiple", records=records, found_at=place)
    tags = parse_tags(records[0])
    problem, tag = _problem(tags, records[0])
    policy = tags.values.get("p", "").lower()
    below = tags.values.get("sp", policy).lower()
    reports = tuple(uri.strip() for uri in tags.values.get("rua", "").split(",") if uri.strip())
    effective = below if inherited else policy
    return DmarcFacts(
        status="invalid" if problem else "ok",
        policy=cast(DmarcPolicy, effective) if effective in POLICIES and not problem else None,
        records=records,
        found_at=place,
        percent=int(percent) if (percent := tags.values.get("pct", "100")).isdigit() else 100,
        rua=tuple(uri for uri in reports if _RUA.fullmatch(uri)),
        problem=problem,
        tag=tag,
        notes=_notes(tags, reports),
    )


def _problem(tags: Tags, record: str) -> tuple[str, str]:
    """What makes receivers ignore the record, and where; unknown tags are fine (section 6.3)."""
    if not record.lstrip().startswith("v=DMARC1") and tags.values.get("v") != "DMARC1":
        return "version-bad", record[:20]
    if tags.bad:
        return "not-a-tag", tags.bad
    if "p" not in tags.values:
        return "policy-missing", "p"
    if tags.values["p"].lower() not in POLICIES:
        return "policy-bad", f"p={tags.values['p']}"
    for name, known in _CHOICES.items():
        if name in tags.values and tags.values[name].lower() not in known:
            return "value-bad", f"{name}={tags.values[name]}"
    percent = tags.values.get("pct", "100")
    if not percent.isdigit() or int(percent) > 100:
        return "value-bad", f"pct={percent}"
    return "", ""


def _notes(tags: Tags, reports: tuple[str, ...]) -> tuple[str, ...]:
    notes = []
    if not reports:
        notes.append("no-reports")
    if any(_RUA.fullmatch(uri) is None for uri in reports):
        notes.append("report-address-bad")
    if tags.values.get("pct", "100") != "100":
        notes.append("partial")
    return tuple(notes)


async def unauthorised_reports(domain: str, facts: DmarcFacts, resolver: Resolver) -> tuple[str, ...]:
    """Report addresses in other organisations that have not agreed (section 7.1)."""
    home = organizational_domain(domain)
    outside = sorted(
        {receiver for uri in facts.rua if organizational_domain(receiver := _domain_of(uri)) != home}
    )
    answers = await asyncio.gather(
        *(_agreement(facts.found_at or domain, place, resolver) for place in outside)
    )
    return tuple(
        place
        for place, answer in zip(outside, answers, strict=True)
        if not versioned(answer, "DMARC1") and absence(answer) == "none"
    )


def _domain_of(uri: str) -> str:
    return uri.rpartition("@")[2].partition("!")[0].lower()


async def _agreement(domain: str, place: str, resolver: Resolver) -> DnsAnswer:
    return await resolver.query(f"{domain}._report._dmarc.{place}", "TXT")
