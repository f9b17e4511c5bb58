"""Rules on DANE, and the policy that binds senders to a mail host (RFC 7672, RFC 8461)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from bot.advice.findings import find
from bot.advice.situation import PolicyInForce, listed
from bot.model.mail_policies import DaneHost, MailPolicies
from bot.model.verdict import Finding, Severity


def policy_of(host: str, policies: MailPolicies) -> PolicyInForce:
    """What the domain promises to senders for one MX host; DANE goes before MTA-STS (RFC 8461 section 2)."""
    dane = policies.dane.hosts.get(host)
    if dane is not None and _binds(dane):
        return "dane-ee" if 3 in dane.usages else "dane-ta"
    sts = policies.mta_sts
    if sts.status not in ("ok", "mx-mismatch") or host in sts.unmatched:
        return "none"
    return sts.mode or "none"


def _binds(dane: DaneHost) -> bool:
    return bool(dane.usages) and (dane.status in ("ok", "mismatch") or dane.reason == "not-probed")


def certificates_and_records(policies: MailPolicies) -> Iterator[Finding]:
    """TLSA records against what the hosts show."""
    for name, host in policies.dane.hosts.items():
        reason = f"mail-reason.dane-{host.reason}"
        match host.status:
            case "mismatch":
                yield find(
                    "dane-mismatch",
                    name,
                    host=host.base or name,
                    reason_key=reason,
                    reason=host.reason,
                    expected=host.expected.removeprefix("3 1 1 ") or "…",
                    address=listed(host.mismatching),
                    line=_line(host, name),
                )
            case "insecure":
                yield find(
                    "dane-insecure", name, host=host.base or name, reason_key=reason, reason=host.reason
                )
            case "unusable":
                severity: Severity = "warning" if host.reason == "dns-failed" else "info"
                yield find(
                    "dane-unusable",
                    name,
                    severity,
                    host=host.base or name,
                    reason_key=reason,
                    reason=host.reason,
                    line=_line(host, name),
                )


def _line(host: DaneHost, name: str) -> str:
    """The record to publish."""
    return f"_25._tcp.{host.base or name}. IN TLSA {host.expected or '3 1 1 …'}"


DANE_RULES: tuple[Callable[[MailPolicies], Iterator[Finding]], ...] = (certificates_and_records,)
