"""Rules on who may send in a domain's name: SPF, DMARC and DKIM, with the record that would be right."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from bot.advice.findings import find
from bot.model.mail_policies import DmarcFacts, MailPolicies, SpfFacts
from bot.model.verdict import Finding, Severity

_ALL = re.compile(r"(?<= )[+?]?all(?= |$)", re.IGNORECASE)


def sender_policy(policies: MailPolicies) -> Iterator[Finding]:
    """SPF (RFC 7208)."""
    domain, spf = policies.domain, policies.spf
    match spf.status:
        case "none":
            line = dns_line(domain, "v=spf1 -all" if policies.mx.status == "null" else "v=spf1 mx -all")
            yield find("spf-missing", domain, line=line)
        case "multiple":
            yield find(
                "spf-multiple", domain, line=dns_line(domain, join_spf(spf.records)), count=len(spf.records)
            )
        case "too-many-lookups" if spf.problem == "void-lookups":
            yield _spf_invalid(domain, spf)
        case "too-many-lookups":
            yield find("spf-too-many-lookups", domain, lookups=spf.lookups, record=spf.record or "")
        case "invalid":
            yield _spf_invalid(domain, spf)
    if spf.permissive or spf.all == "?all" or "no-all" in spf.notes:
        ending = (spf.permissive or (spf.all or "?all",))[0]
        severity: Severity = "warning" if spf.permissive else "info"
        better = _ALL.sub("~all", spf.record or "") if spf.all else f"{spf.record or 'v=spf1'} ~all"
        yield find("spf-permissive", domain, severity, all=ending, line=dns_line(domain, better))


def _spf_invalid(domain: str, spf: SpfFacts) -> Finding:
    return find(
        "spf-invalid",
        domain,
        reason_key=f"mail-reason.spf-{spf.problem}",
        reason=spf.problem,
        term=spf.term,
        position=spf.position,
        at=spf.at or domain,
        line=dns_line(domain, _without_term(spf)),
    )


def _without_term(spf: SpfFacts) -> str:
    """The record without the term that breaks it, if it stands in this record."""
    words = (spf.record or "v=spf1 mx -all").split()
    return " ".join(word for word in words if word.lstrip("+-~?") != spf.term.lstrip("+-~?"))


def join_spf(records: Sequence[str]) -> str:
    """One record with the terms of several, the strictest of their endings last."""
    terms = dict.fromkeys(word for record in sorted(records) for word in record.split()[1:])
    endings = [word for word in terms if word.lower().lstrip("+-~?") == "all"]
    strictest = min(endings, key=lambda word: "-~?+".find(word[0]) % 5, default="~all")
    return " ".join(["v=spf1", *(word for word in terms if word not in endings), strictest])


def message_policy(policies: MailPolicies) -> Iterator[Finding]:
    """DMARC (RFC 7489)."""
    domain, dmarc = policies.domain, policies.dmarc
    place = dmarc.found_at or domain
    match dmarc.status:
        case "none":
            policy = "reject" if policies.mx.status == "null" else "none"
            yield find("dmarc-missing", domain, line=dmarc_line(domain, policy, dmarc))
        case "multiple" | "invalid":
            problem = dmarc.problem or "multiple"
            yield find(
                "dmarc-invalid",
                domain,
                reason_key=f"mail-reason.dmarc-{problem}",
                reason=problem,
                tag=dmarc.tag,
                line=dmarc_line(place, "none", dmarc),
            )
        case "ok" if dmarc.policy == "none":
            yield find("dmarc-none", domain, line=dmarc_line(place, "quarantine", dmarc))
    for receiver in dmarc.unauthorised:
        line = dns_line(f"{place}._report._dmarc.{receiver}", "v=DMARC1")
        yield find("dmarc-reports-refused", domain, receiver=receiver, line=line)


def dmarc_line(domain: str, policy: str, facts: DmarcFacts) -> str:
    """A record with that policy that keeps where reports go."""
    reports = ",".join(facts.rua) or f"mailto:dmarc@{domain}"
    return dns_line(f"_dmarc.{domain}", f"v=DMARC1; p={policy}; rua={reports}")


def signing_keys(policies: MailPolicies) -> Iterator[Finding]:
    """DKIM keys that were found; keys that were not found say nothing."""
    for key in policies.dkim.keys:
        name = f"{key.selector}._domainkey.{policies.domain}"
        if not key.usable and "revoked" not in key.faults:
            reason = f"mail-reason.dkim-{next(fault for fault in key.faults if fault != 'testing')}"
            yield find(
                "dkim-invalid", name, selector=key.selector, reason_key=reason, reason="", key=key.kind
            )
        elif "key-weak" in key.faults:
            yield find("dkim-weak", name, selector=key.selector, key=key.kind)


def dns_line(name: str, text: str) -> str:
    """A TXT record as it goes into a zone file."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'{name}. IN TXT "{escaped}"'
