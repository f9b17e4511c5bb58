"""TLS reporting: where senders tell of failed TLS (RFC 8460 section 3)."""

from __future__ import annotations

import re

from bot.model.mail_policies import TlsRptFacts
from bot.ports import Resolver
from bot.probes.dns_texts import absence, parse_tags, versioned

_URI = re.compile(r"mailto:[^@\s,!]+@[^@\s,!]+|https://[^\s,!]+", re.IGNORECASE)


async def look_up_tls_rpt(domain: str, resolver: Resolver) -> TlsRptFacts:
    """The record at `_smtp._tls`."""
    answer = await resolver.query(f"_smtp._tls.{domain}", "TXT")
    records = versioned(answer, "TLSRPTv1")
    if not records:
        return TlsRptFacts(status=absence(answer))
    if len(records) > 1:
        return TlsRptFacts(status="invalid", record=records[0], problem="record-multiple")
    return read_tls_rpt(records[0])


def read_tls_rpt(record: str) -> TlsRptFacts:
    """Read one record."""
    tags = parse_tags(record)
    uris = tuple(uri.strip() for uri in tags.values.get("rua", "").split(",") if uri.strip())
    if not record.startswith("v=TLSRPTv1") or tags.bad:
        return TlsRptFacts(status="invalid", record=record, rua=uris, problem="record-syntax")
    if not uris or not all(_URI.fullmatch(uri) for uri in uris):
        return TlsRptFacts(
            status="invalid", record=record, rua=uris, problem="rua-bad" if uris else "rua-missing"
        )
    return TlsRptFacts(status="ok", record=record, rua=uris)
