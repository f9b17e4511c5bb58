"""What a domain publishes for its people's programs: do all sources say the same?"""

from __future__ import annotations

from collections.abc import Iterator

from bot.advice.findings import find
from bot.cards.settings import disagreements
from bot.model.discovery import SERVICES_OF_CLIENTS, Candidate, ClientService, Discovery
from bot.model.verdict import Finding, Severity

_LABELS: dict[tuple[ClientService, str], str] = {
    ("submission", "implicit"): "_submissions",
    ("submission", "starttls"): "_submission",
    ("imap", "implicit"): "_imaps",
    ("imap", "starttls"): "_imap",
    ("pop3", "implicit"): "_pop3s",
    ("pop3", "starttls"): "_pop3",
}


def contradictions(discovery: Discovery) -> Iterator[Finding]:
    """Sources that name different servers: harmless while all of them work, else some programs fail."""
    told = {text.partition(":")[0]: text for text in disagreements(discovery)}
    for service in SERVICES_OF_CLIENTS:
        best = discovery.best(service)
        if service not in told or best is None:
            continue
        works = {(one.host, one.port) for one in discovery.candidates if one.grade in ("verified", "no-auth")}
        claimed = {
            (one.host, one.port)
            for one in discovery.published
            if one.service == service and one.source != "ispdb"
        }
        severity: Severity = "info" if claimed <= works else "warning"
        yield find(
            "settings-disagree",
            discovery.name,
            severity,
            reason=told[service],
            expected=f"{best.host}:{best.port}",
            line=srv_line(discovery.name, best),
        )


def srv_line(domain: str, candidate: Candidate) -> str:
    """The SRV record that names a server (RFC 6186, RFC 8314 section 5.1)."""
    label = _LABELS[candidate.service, candidate.security]
    return f"{label}._tcp.{domain}. IN SRV 0 1 {candidate.port} {candidate.host}."
