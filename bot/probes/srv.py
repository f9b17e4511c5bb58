"""Mail settings in SRV records (RFC 6186; RFC 8314 section 5.1 adds `_submissions`).

Records are chosen by priority, then weight (RFC 2782). A client would draw among equal priorities
by weight; here the heaviest comes first, so that the same question gets the same answer. A target
of "." says that the service is decidedly not offered (RFC 6186 section 3.4).
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Literal

from bot.model.discovery import ClientService, Published, SourceReport, Trust
from bot.model.names import parse_name
from bot.model.value import frozen
from bot.ports import DnsAnswer, Resolver

MAX_RECORDS = 8

SRV_LABELS: tuple[tuple[str, ClientService, Literal["implicit", "starttls"]], ...] = (
    ("_submissions._tcp", "submission", "implicit"),
    ("_submission._tcp", "submission", "starttls"),
    ("_imaps._tcp", "imap", "implicit"),
    ("_imap._tcp", "imap", "starttls"),
    ("_pop3s._tcp", "pop3", "implicit"),
    ("_pop3._tcp", "pop3", "starttls"),
)


@frozen
class SrvRecord:
    """One record; `target` is None for ".", the word for "not offered"."""

    priority: int
    weight: int
    port: int
    target: str | None


@frozen(kw_only=True)
class SrvSettings:
    """What the six SRV names say.

    Attributes:
        not_offered: Services for which every name that exists says ".".
    """

    published: tuple[Published, ...] = ()
    not_offered: frozenset[ClientService] = frozenset()
    reports: tuple[SourceReport, ...] = ()


def parse_srv(record: str) -> SrvRecord | None:
    """Read "0 5 465 mail.example.com."; None when it is no SRV record."""
    words = record.split()
    if len(words) != 4 or not all(word.isascii() and word.isdigit() for word in words[:3]):
        return None
    priority, weight, port = (int(word) for word in words[:3])
    if max(priority, weight, port) > 65535:
        return None
    if words[3] == ".":
        return SrvRecord(priority, weight, port, None)
    target = parse_name(words[3])
    return SrvRecord(priority, weight, port, target) if target and port else None


def order_records(records: Sequence[str]) -> tuple[SrvRecord, ...]:
    """The readable records, the one to use first at the front."""
    parsed = [found for found in map(parse_srv, records[:MAX_RECORDS]) if found is not None]
    return tuple(sorted(parsed, key=lambda one: (one.priority, -one.weight, one.target or "")))


def is_within(name: str, domain: str) -> bool:
    """Whether a name is the domain or lies under it."""
    return name == domain or name.endswith(f".{domain}")


def _trust(target: str, domain: str, answer: DnsAnswer) -> Trust:
    if answer.secure:
        return "secure"
    return "plain" if is_within(target, domain) else "outside"


def read_answers(domain: str, answers: Sequence[DnsAnswer]) -> SrvSettings:
    """Turn the answers to the names of `SRV_LABELS`, in that order, into settings.

    Args:
        domain: The mail domain, in ASCII form.
        answers: One per label.
    """
    published: list[Published] = []
    reports: list[SourceReport] = []
    offered: set[ClientService] = set()
    denied: set[ClientService] = set()
    for (label, service, security), answer in zip(SRV_LABELS, answers, strict=True):
        place = f"{label}.{domain}"
        reports.append(_report(place, answer))
        for rank, record in enumerate(order_records(answer.records)):
            if record.target is None:
                denied.add(service)
                continue
            offered.add(service)
            published.append(
                Published(
                    source="srv",
                    service=service,
                    host=record.target,
                    port=record.port,
                    security=security,
                    origin=place,
                    rank=rank,
                    trust=_trust(record.target, domain, answer),
                )
            )
    return SrvSettings(
        published=tuple(published), not_offered=frozenset(denied - offered), reports=tuple(reports)
    )


def _report(place: str, answer: DnsAnswer) -> SourceReport:
    if answer.status == "ok" and answer.records:
        return SourceReport(source="srv", place=place, state="found")
    if answer.status in ("ok", "nodata", "nxdomain"):
        return SourceReport(source="srv", place=place, state="absent")
    return SourceReport(source="srv", place=place, state="unclear", detail=answer.status)


async def look_up_srv(domain: str, resolver: Resolver, *, lifetime_s: float) -> SrvSettings:
    """Ask for all six names at once."""
    answers = await asyncio.gather(
        *(resolver.query(f"{label}.{domain}", "SRV", lifetime=lifetime_s) for label, _, _ in SRV_LABELS)
    )
    return read_answers(domain, answers)
