"""Rules: from what one probe saw to findings. Pure; tables of small functions.

How bad something is depends on what is promised to senders. A mail host on port 25 is not web PKI:
without MTA-STS or DANE nobody checks its certificate (RFC 7672 section 1.3), so that a bad one is
worth a line and no more. On every other mail port programs refuse a bad certificate (RFC 8314
section 4). What was not learnt is never taken for a "no".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from bot.advice.findings import FindingId
from bot.advice.rules_host import HOST_RULES
from bot.advice.rules_tls import TLS_RULES
from bot.advice.situation import BINDING, PLAIN, Situation, about, is_delivery
from bot.model.outcome import EndpointOutcome, Sign
from bot.model.value import replace
from bot.model.verdict import Finding, Severity

Rule = Callable[[EndpointOutcome, Situation], Iterator[Finding]]

LONG_DELAY_MS = 10_000.0
_HELLOS = {"smtp": "EHLO", "imap": "CAPABILITY", "pop3": "CAPA", "sieve": "CAPABILITY"}

# What the server said or failed to say: a sign, its finding, its severity when not the usual one.
SIGN_FINDINGS: tuple[tuple[Sign, FindingId], ...] = (
    ("greeting-rejected", "greeting-rejected"),
    ("reset-before-greeting", "closed-early"),
    ("closed-before-greeting", "closed-early"),
    ("silent", "silent-server"),
    ("tarpit", "tarpit"),
    ("hello-refused", "hello-refused"),
    ("hello-limited", "hello-refused"),
    ("greeting-not-mail", "protocol-error"),
    ("protocol-error", "protocol-error"),
    ("reply-hostile", "reply-hostile"),
    ("greeting-hostile", "greeting-hostile"),
    ("bare-lf", "bare-lf"),
)


def spoken(outcome: EndpointOutcome, _: Situation) -> Iterator[Finding]:
    """Findings that follow from one sign alone, each once."""
    seen: set[str] = set()
    for sign, id_ in SIGN_FINDINGS:
        if sign in outcome.signs and id_ not in seen:
            seen.add(id_)
            reply = outcome.greeting or outcome.detail or "-"
            yield about(id_, outcome, reply=reply, reason=outcome.detail or reply)


def late_greeting(outcome: EndpointOutcome, _: Situation) -> Iterator[Finding]:
    """A greet delay is normal against spam on port 25; where people send it costs them time."""
    if "greeting-delayed" not in outcome.signs:
        return
    waited = outcome.phases_ms.get("greeting", 0.0)
    severity: Severity = "warning" if waited > LONG_DELAY_MS and not is_delivery(outcome) else "info"
    yield about("greeting-delayed", outcome, severity, seconds=f"{waited / 1000:.1f}")


def stalled(outcome: EndpointOutcome, _: Situation) -> Iterator[Finding]:
    """It spoke, and then nothing more came in our time (RFC 5321 section 4.5.3.2 allows minutes)."""
    if not {"timed-out", "deadline"} & outcome.signs or {"tarpit", "silent"} & outcome.signs:
        return
    greeting = " ".join((outcome.greeting or "").split()[:2])[:20]
    hello = _HELLOS[outcome.endpoint.service.protocol]
    steps = {"connect": "TCP", "greeting": greeting, "starttls": "STARTTLS", "tls": "TLS"}
    yield about("server-stalls", outcome, step=steps.get(outcome.reached or "connect", hello))


RULES: tuple[Rule, ...] = (*TLS_RULES, spoken, late_greeting, stalled)


def _with_policy(
    findings: Iterable[Finding], outcome: EndpointOutcome, situation: Situation
) -> Iterator[Finding]:
    """Where a fault is only critical because the domain promised better, that is told too."""
    for finding in findings:
        if finding.severity == "critical" and is_delivery(outcome) and situation.policy in BINDING:
            yield replace(finding, details={**finding.details, "binding": situation.policy})
        else:
            yield finding


def findings_of(outcomes: Iterable[EndpointOutcome], situation: Situation = PLAIN) -> tuple[Finding, ...]:
    """Every finding on the endpoints of one host, compared with each other, equal ones made one.

    Args:
        outcomes: All endpoints of one host that were tried.
        situation: The policy in force and the ports that were asked for.
    """
    together = tuple(outcomes)
    single = [
        finding
        for outcome in together
        if outcome.state == "open"
        for rule in RULES
        for finding in _with_policy(rule(outcome, situation), outcome, situation)
    ]
    compared = [finding for rule in HOST_RULES for finding in rule(together, situation)]
    replaced = {
        pair for finding in compared if finding.id == "starttls-stripped" for pair in finding.endpoints
    }
    kept = [
        finding
        for finding in single
        if not (finding.id == "starttls-missing" and replaced.intersection(finding.endpoints))
    ]
    return merge_equal([*kept, *compared])


def merge_equal(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """One finding instead of several that differ only in the address they hold for."""
    merged: dict[tuple[str, str, str], Finding] = {}
    for finding in findings:
        key = (finding.id, finding.subject, finding.severity)
        first = merged.get(key)
        merged[key] = finding if first is None else _joined(first, finding)
    return tuple(merged.values())


def _joined(first: Finding, second: Finding) -> Finding:
    pairs = tuple(dict.fromkeys((*first.endpoints, *second.endpoints)))
    addresses = ", ".join(dict.fromkeys(address for address, _ in pairs))
    return Finding(
        id=first.id,
        severity=first.severity,
        subject=first.subject,
        details={**first.details, "address": addresses} if "address" in first.details else first.details,
        endpoints=pairs,
    )
