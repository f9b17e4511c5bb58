"""What one run of a watch saw, boiled down to what alerts and history need."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from bot.model.value import frozen
from bot.model.verdict import CheckResult, Finding, Word

# Never told as a change: the certificate's end has its own alert, and these say more about us.
OWN_ALERT = frozenset({"cert-expiring", "egress-25-blocked"})
# Reason of runs that were made while our own network was gone.
UPLINK_LOST = "uplink-lost"
# So many findings of a run are told with their sentences; a message is read on a phone.
MAX_TOLD = 8
MAX_KEPT = 40


@frozen(kw_only=True)
class CertificateEnd:
    """The certificate that ends first: when, and how long it was made for."""

    ends_at: datetime
    lifetime: timedelta
    subject: str = ""


@frozen(kw_only=True)
class Observation:
    """One run.

    Attributes:
        word: "pass" and "warn" count as up; "unknown" as neither up nor down.
        ms: Median time to the answer of the open endpoints, None when none was open.
        findings: "id subject" of every finding of severity warning or critical.
        reason: Finding id or catalogue key that says most about why it is down or unknown.
        certificate: None when none was seen: says nothing about the one seen before.
        told: The worst of the findings with what their sentences need.
    """

    at: datetime
    word: Word
    ms: float | None = None
    findings: frozenset[str] = frozenset()
    reason: str = ""
    certificate: CertificateEnd | None = None
    told: tuple[Finding, ...] = ()


@frozen
class Point:
    """One run as history keeps it."""

    at: datetime
    word: Word
    ms: float | None


def observe(result: CheckResult) -> Observation:
    """The observation that a check result is."""
    told = [finding for finding in result.findings if finding.severity != "info"]
    critical = [finding.id for finding in told if finding.severity == "critical"]
    ends = [
        CertificateEnd(
            ends_at=outcome.certificate.not_after,
            lifetime=outcome.certificate.not_after - outcome.certificate.not_before,
            subject=outcome.endpoint.label,
        )
        for outcome in result.outcomes
        if outcome.certificate is not None
    ]
    return Observation(
        at=result.checked_at,
        word=result.verdict,
        ms=_median_ms(result),
        findings=frozenset(f"{finding.id} {finding.subject}" for finding in told),
        reason=_reason(result, critical),
        certificate=min(ends, key=lambda end: end.ends_at, default=None),
        told=tuple(told[:MAX_TOLD]),
    )


def digest(result: CheckResult) -> Mapping[str, Any]:
    """What is kept of the last run of a watch, as JSON, for `watch show` and reports."""
    mail = result.mail or {}
    ends = [outcome.certificate for outcome in result.outcomes if outcome.certificate is not None]
    return {
        "kind": result.kind,
        "verdict": result.verdict,
        "checked_at": result.checked_at.isoformat(),
        "findings": [
            [finding.id, finding.severity, finding.subject, _brief(finding)]
            for finding in result.findings[:MAX_KEPT]
        ],
        "policies": {name: _status(mail.get(name)) for name in ("spf", "dmarc", "mta_sts", "dane") if mail},
        "certificate_ends": min((one.not_after for one in ends), default=None)
        and min(one.not_after for one in ends).isoformat(),
        "endpoints": [
            [outcome.endpoint.label, outcome.state, outcome.tls, round(outcome.total_ms, 1)]
            for outcome in result.outcomes
        ][:MAX_KEPT],
    }


def _brief(finding: Finding) -> Mapping[str, str]:
    """What the title of a finding may need; written at every run, so it stays small."""
    if finding.severity == "info":
        return {}
    return {name: value[:80] for name, value in finding.details.items() if name != "line"}


def _median_ms(result: CheckResult) -> float | None:
    times = sorted(outcome.total_ms for outcome in result.outcomes if outcome.state == "open")
    return times[len(times) // 2] if times else None


def _reason(result: CheckResult, critical: list[str]) -> str:
    if result.verdict == "unknown" and result.undetermined:
        return result.undetermined[0]
    return critical[0] if critical else ""


def _status(policy: object) -> str | None:
    return str(policy.get("status")) if isinstance(policy, Mapping) else None
