"""Rules on what a domain publishes: from its policies and its MX hosts' outcomes to findings.

Only a clear answer is an absence. What the DNS did not tell becomes one finding that names the
questions, and where it was the MX question, the verdict is "could not tell".
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator, Sequence

from bot.advice.findings import FindingId, find
from bot.advice.rules import findings_of
from bot.advice.rules_dane import DANE_RULES, policy_of
from bot.advice.rules_senders import dns_line, message_policy, sender_policy, signing_keys
from bot.advice.situation import Situation, listed
from bot.model.mail_policies import MailPolicies, MxHost, PtrFacts
from bot.model.names import refusal
from bot.model.outcome import EndpointOutcome
from bot.model.value import frozen
from bot.model.verdict import Finding, Severity

MailRule = Callable[[MailPolicies], Iterator[Finding]]


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
