"""Rules on what a domain publishes: from its policies and its MX hosts' outcomes to findings.

Only a clear answer is an absence. What the DNS did not tell becomes one finding that names the
questions, and where it was the MX question, the verdict is "could not tell".
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator, Sequence

from bot.advice.findings import FindingId, find
from bot.advice.rules import findings_of
from bot.advice.rules_dane import DANE_RULES, policy_of
from bot.advice.situation import Situation, listed
from bot.model.mail_policies import DmarcFacts, MailPolicies, MxHost, PtrFacts, SpfFacts
from bot.model.names import refusal
from bot.model.outcome import EndpointOutcome
from bot.model.value import frozen
from bot.model.verdict import Finding, Severity

MailRule = Callable[[MailPolicies], Iterator[Finding]]
_ALL = re.compile(r"(?<= )[+?]?all(?= |$)", re.IGNORECASE)


@frozen
class DomainFindings:
    """All that is to be told of a domain.

    Attributes:
        telling: Outcomes that decide the verdict: a dead host beside a living one is a finding, but
            leaves nothing open.
        undetermined: Keys of `undetermined.<key>`.
    """

    findings: tuple[Finding, ...]
    telling: tuple[EndpointOutcome, ...]
    undetermined: tuple[str, ...] = ()


def judge_domain(policies: MailPolicies, outcomes: Sequence[EndpointOutcome]) -> DomainFindings:
    """Findings on the DNS of a domain and on every MX host that was probed."""
    # Of a name that does not exist there is nothing more to say.
    rules = (mail_exchangers,) if policies.mx.status == "nxdomain" else MAIL_RULES
    found = [finding for rule in rules for finding in rule(policies)]
    alive = {one.endpoint.host for one in outcomes if one.state == "open"}
    for host in dict.fromkeys(outcome.endpoint.host for outcome in outcomes):
        group = [outcome for outcome in outcomes if outcome.endpoint.host == host]
        found += _host_findings(host, group, policies, others_alive=bool(alive - {host}))
    telling = tuple(one for one in outcomes if not alive or one.endpoint.host in alive)
    return DomainFindings(tuple(found), telling, tuple(_undetermined(policies)))


def _undetermined(policies: MailPolicies) -> Iterator[str]:
    mx = policies.mx
    states: set[str] = {host.status for host in mx.hosts} or {mx.status}
    if states <= {"timeout", "refused"}:
        yield "dns-timeout" if "timeout" in states else "dns-refused"


def _host_findings(
    host: str, group: Sequence[EndpointOutcome], policies: MailPolicies, *, others_alive: bool
) -> list[Finding]:
    """Findings on one MX host; what a closed port means depends on the other hosts."""
    found = findings_of(group, Situation(policy=policy_of(host, policies)))
    if any(outcome.state == "open" for outcome in group):
        return list(found)
    down = all(outcome.state == "refused" for outcome in group)
    severity: Severity = "critical" if down and not others_alive else "warning"
    pairs = [(outcome.endpoint.address, outcome.endpoint.port) for outcome in group]
    kept = [finding for finding in found if finding.id not in ("port-refused", "host-unreachable")]
    if all(outcome.state == "forbidden" for outcome in group):
        return []  # told by the rule on MX hosts
    return [*kept, find("mx-host-down", host, severity, endpoints=pairs, host=host, port=25)]


def mail_exchangers(policies: MailPolicies) -> Iterator[Finding]:
    """The MX question itself (RFC 5321 section 5.1)."""
    domain, mx = policies.domain, policies.mx
    match mx.status:
        case "nxdomain":
            yield find("name-not-found", domain, host=domain)
        case "none":
            yield find("no-mx", domain, "critical")
        case "implicit":
            yield find("no-mx", domain, "info")
        case "null":
            yield find("null-mx", domain)
        case "cname-loop" if not mx.hosts:
            yield find("cname-loop", domain, host=domain)
        case "servfail" if not mx.hosts:
            id_: FindingId = "dnssec-bogus" if mx.bogus else "dns-servfail"
            reason = mx.detail or "SERVFAIL"
            yield find(id_, domain, host=domain, record="MX", reason=reason, question=f"MX {domain}")


_HOST_FINDINGS: dict[str, FindingId] = {
    "cname": "mx-cname",
    "cname-loop": "cname-loop",
    "nxdomain": "mx-unresolvable",
    "no-address": "mx-unresolvable",
    "is-ip": "mx-is-ip",
    "servfail": "dns-servfail",
    "timeout": "dns-timeout",
    "refused": "dns-refused",
    "forbidden": "target-forbidden",
}


def mail_hosts(policies: MailPolicies) -> Iterator[Finding]:
    """Every MX host that is not in order: fatal when no other takes the mail."""
    domain, hosts = policies.domain, policies.mx.hosts
    working = any(host.status in ("ok", "cname") for host in hosts)
    for host in hosts:
        id_ = _HOST_FINDINGS.get(host.status)
        if id_ is None:
            continue
        severity: Severity = (
            "warning" if working or host.status in ("cname", "timeout", "refused") else "critical"
        )
        yield _about_host(id_, host, domain, severity)


def _about_host(id_: FindingId, host: MxHost, domain: str, severity: Severity) -> Finding:
    reasons = {"nxdomain": "NXDOMAIN", "no-address": "NODATA"}
    return find(
        id_,
        domain if id_ == "mx-is-ip" else host.name,
        severity,
        host=host.name,
        record="A/AAAA",
        question=f"A {host.name}",
        reason=reasons.get(host.status, host.status.upper()),
        address=listed(address for address, _ in host.refused) or "-",
        line=f"{domain}. IN MX {host.preference or 10} {host.canonical or host.name}.",
    )


_PREFIXES = {"SPF": "", "DMARC": "_dmarc.", "MTA-STS": "_mta-sts.", "TLS-RPT": "_smtp._tls."}


def unanswered(policies: MailPolicies) -> Iterator[Finding]:
    """One finding for all questions that timed out, one for those refused, one for those that failed."""
    statuses = {
        "MX": "" if policies.mx.hosts else policies.mx.status,
        "SPF": policies.spf.status,
        "DMARC": policies.dmarc.status,
        "MTA-STS": policies.mta_sts.status,
        "TLS-RPT": policies.tls_rpt.status,
    }
    late = [name for name, status in statuses.items() if status == "timeout"]
    unheard = [name for name, status in statuses.items() if status == "refused"]
    failed = [name for name, status in statuses.items() if status == "servfail" and name != "MX"]
    if late:
        yield find(
            "dns-timeout", policies.domain, record=listed(late), reason=policies.mx.detail or "timeout"
        )
    if unheard:
        yield find("dns-refused", policies.domain, record=listed(unheard), reason="REFUSED")
    # Where already the MX fails, it is one fault and not five.
    if failed and (policies.mx.hosts or policies.mx.status != "servfail"):
        yield find(
            "dns-servfail",
            policies.domain,
            "warning",
            record=listed(failed),
            reason="SERVFAIL",
            question=f"TXT {_PREFIXES[failed[0]]}{policies.domain}",
        )


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


def strict_transport(policies: MailPolicies) -> Iterator[Finding]:
    """MTA-STS and TLS reporting (RFC 8461, RFC 8460); both are about receiving."""
    domain, sts = policies.domain, policies.mta_sts
    if not policies.mx.hosts:
        return
    match sts.status:
        case "none":
            if policies.dane.status != "ok":
                yield find("mta-sts-missing", domain, line=_sts_line(domain), policy=_sts_policy(policies))
        case "mx-mismatch":
            severity: Severity = "critical" if sts.mode == "enforce" else "warning"
            for host in sts.unmatched:
                yield find("mta-sts-mx-mismatch", domain, severity, host=host, mode=sts.mode or "-")
        case "ok" | "servfail" | "timeout":
            pass
        case _:
            problem = sts.problem if sts.status == "invalid" else sts.status
            reason = f"mail-reason.mta-sts-{problem}"
            yield find("mta-sts-invalid", domain, reason_key=reason, reason=problem, detail=sts.detail or "-")
    if policies.tls_rpt.status == "none":
        yield find("tls-rpt-missing", domain)
    elif policies.tls_rpt.status == "invalid":
        reason = f"mail-reason.tls-rpt-{policies.tls_rpt.problem}"
        yield find("tls-rpt-invalid", domain, reason_key=reason, reason=policies.tls_rpt.problem)


def _sts_line(domain: str) -> str:
    return dns_line(f"_mta-sts.{domain}", "v=STSv1; id=1")


def _sts_policy(policies: MailPolicies) -> str:
    """The lines of a policy to begin with (RFC 8461 section 3.2), for these MX hosts."""
    hosts = [f"mx: {host.name}" for host in policies.mx.hosts[:6]]
    return " ⏎ ".join(["version: STSv1", "mode: testing", *hosts, "max_age: 604800"])


def reverse_names(policies: MailPolicies) -> Iterator[Finding]:
    """PTR: what counts is whether the address also sends, which an SPF `mx` or `a` says."""
    record = f" {policies.spf.record or ''} ".lower()
    sends = any(f" {sign}{term} " in record for sign in ("", "+") for term in ("mx", "a"))
    for ptr in policies.ptr:
        public = refusal(ipaddress.ip_address(ptr.address)) is None
        severity: Severity = "warning" if sends and public else "info"
        if ptr.status == "missing":
            yield find(
                "ptr-missing", ptr.host, severity, address=ptr.address, host=ptr.host, line=ptr_line(ptr)
            )
        elif ptr.status == "mismatch":
            name = listed(ptr.names)
            yield find(
                "ptr-mismatch",
                ptr.host,
                severity,
                address=ptr.address,
                host=ptr.host,
                name=name,
                line=ptr_line(ptr),
            )


def ptr_line(ptr: PtrFacts) -> str:
    """The reverse record that leads to the host."""
    return f"{ipaddress.ip_address(ptr.address).reverse_pointer}. IN PTR {ptr.host}."


def dns_line(name: str, text: str) -> str:
    """A TXT record as it goes into a zone file."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'{name}. IN TXT "{escaped}"'


MAIL_RULES: tuple[MailRule, ...] = (
    mail_exchangers,
    mail_hosts,
    unanswered,
    sender_policy,
    message_policy,
    signing_keys,
    strict_transport,
    *DANE_RULES,
    reverse_names,
)
