"""What a rule has to know beside the outcome: the policy in force, and what was asked for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from bot.advice.findings import FindingId, find
from bot.model.outcome import EndpointOutcome
from bot.model.value import frozen
from bot.model.verdict import Finding, Severity

PolicyInForce = Literal["none", "testing", "enforce", "dane-ee", "dane-ta"]

# Policies under which senders refuse to deliver without good TLS (RFC 8461 section 5, RFC 7672 section 2.2).
BINDING: frozenset[PolicyInForce] = frozenset({"enforce", "dane-ee", "dane-ta"})
PROTOCOL_NAMES = {"smtp": "SMTP", "imap": "IMAP", "pop3": "POP3", "sieve": "ManageSieve"}


@frozen(kw_only=True)
class Situation:
    """What is known beside the outcome.

    Attributes:
        policy: What the domain promises to senders for this mail host; "none" for a host checked by name.
        asked: Ports that somebody named; what they don't offer is a fault, not a fact.
    """

    policy: PolicyInForce = "none"
    asked: frozenset[int] = frozenset()


PLAIN = Situation()


def is_delivery(outcome: EndpointOutcome) -> bool:
    """Whether other servers deliver here, which need not check certificates."""
    return outcome.endpoint.service.role == "delivery"


def by_policy(outcome: EndpointOutcome, situation: Situation, *, without: Severity) -> Severity:
    """Critical where somebody insists on TLS; on port 25 without a binding policy what `without` says."""
    if not is_delivery(outcome) or situation.policy in BINDING:
        return "critical"
    return "warning" if situation.policy == "testing" else without


def about(
    id_: FindingId, outcome: EndpointOutcome, severity: Severity | None = None, **details: object
) -> Finding:
    """A finding on one endpoint, with the details that every sentence may use."""
    endpoint = outcome.endpoint
    return find(
        id_,
        endpoint.label,
        severity,
        endpoints=((endpoint.address, endpoint.port),),
        host=endpoint.host,
        port=endpoint.port,
        address=endpoint.address,
        protocol=_protocol_name(outcome),
        **details,
    )


def _protocol_name(outcome: EndpointOutcome) -> str:
    if outcome.endpoint.service.name == "other":  # nothing was expected, and nothing was recognised
        return "SMTP/IMAP/POP3"
    return PROTOCOL_NAMES[outcome.endpoint.service.protocol]


def listed(words: Iterable[object], limit: int = 6) -> str:
    """Words with commas; an ellipsis where there are too many."""
    shown = [str(word) for word in words]
    return ", ".join(shown[:limit]) + (", …" if len(shown) > limit else "")
