"""Values -> the contract's JSON. Text from servers is made harmless and cut here; unknown is null."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from bot.cards.finding import InWords
from bot.cards.model import Text, rich
from bot.cards.plaintext import harmless, text_of
from bot.i18n import has, say, template
from bot.model.certificate import Certificate
from bot.model.outcome import EndpointOutcome, Phase
from bot.model.uplink import Uplink
from bot.model.verdict import CheckResult, Finding, Setting

MAX_TEXT = 512
PHASES: tuple[Phase, ...] = ("connect", "greeting", "hello", "starttls", "tls", "hello_tls", "quit")


def time_text(at: datetime) -> str:
    """RFC 3339, UTC, whole milliseconds."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def clean(text: str | None) -> str | None:
    """Harmless and short; None stays None."""
    return None if text is None else harmless(text)[:MAX_TEXT]


def reason_text(key: str, language: str) -> str:
    """The sentence of a reason; an unknown one as it stands."""
    return say(language, f"reason.{key}") if key and has(language, f"reason.{key}") else key


def setting_document(setting: Setting | None) -> dict[str, Any] | None:
    """One recommended setting."""
    if setting is None:
        return None
    return {
        "host": setting.host,
        "port": setting.port,
        "security": setting.security,
        "verified": setting.verified,
        "source": setting.source,
        "username": setting.username,
        "notes": list(setting.notes),
    }


def certificate_document(certificate: Certificate | None) -> dict[str, Any] | None:
    """The certificate with every fault that holds."""
    if certificate is None:
        return None
    return {
        "status": certificate.status,
        "faults": list(certificate.faults),
        "subject": clean(certificate.subject),
        "issuer": clean(certificate.issuer),
        "names": [clean(name) for name in certificate.names[:100]],
        "not_before": time_text(certificate.not_before),
        "not_after": time_text(certificate.not_after),
        "days_left": certificate.days_left,
        "sha256": certificate.sha256,
        "chain_length": certificate.chain_length,
        "name_checked": certificate.name_checked,
    }


def assurance_of(outcome: EndpointOutcome) -> dict[str, bool | None]:
    """The three things TLS gives on this connection; null where it could not be told.

    Encryption and integrity come with the session (RFC 8446 section 5.2); the server's identity only
    with a certificate that a checking client accepts.
    """
    if outcome.tls in ("implicit", "starttls"):
        certificate = outcome.certificate
        known = certificate is not None and (certificate.name_checked or not certificate.authenticates)
        authenticated = certificate.authenticates if certificate is not None and known else None
        return {"encrypted": True, "authenticated": authenticated, "integrity": True}
    if outcome.tls in ("none", "broken") and outcome.state == "open":
        return {"encrypted": False, "authenticated": False, "integrity": False}
    return {"encrypted": None, "authenticated": None, "integrity": None}


def endpoint_document(
    outcome: EndpointOutcome, findings: tuple[Finding, ...], language: str
) -> dict[str, Any]:
    """One endpoint with everything that was learnt."""
    endpoint = outcome.endpoint
    place = (endpoint.address, endpoint.port)
    certificate = outcome.certificate
    return {
        "host": endpoint.host,
        "address": endpoint.address or None,
        "family": endpoint.family,
        "port": endpoint.port,
        "service": endpoint.service.name,
        "role": endpoint.service.role,
        "state": outcome.state,
        "state_reason": reason_text(outcome.state_reason, language),
        "tls": outcome.tls,
        "tls_reason": reason_text(outcome.tls_reason, language),
        "tls_version": outcome.tls_version,
        "cipher": outcome.cipher,
        "key": certificate.key if certificate else None,
        "certificate": certificate_document(certificate),
        "assurance": assurance_of(outcome),
        "greeting": clean(outcome.greeting),
        "greeting_code": outcome.greeting_code,
        "capabilities": {
            "before_tls": _words(outcome.capabilities_before),
            "after_tls": _words(outcome.capabilities_after),
        },
        "auth": {"before_tls": _words(outcome.auth_before), "after_tls": _words(outcome.auth_after)},
        "connections": outcome.connections,
        "phases_ms": {phase: _milliseconds(outcome.phases_ms.get(phase)) for phase in PHASES},
        "total_ms": round(outcome.total_ms, 3),
        "findings": list(dict.fromkeys(one.id for one in findings if place in one.endpoints)),
    }


def _words(words: tuple[str, ...] | None) -> list[str | None] | None:
    return None if words is None else [clean(word) for word in words]


def _milliseconds(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


def finding_document(finding: Finding, in_words: InWords) -> dict[str, Any]:
    """A finding with its sentences and sources."""
    advice = in_words(finding)
    return {
        "id": finding.id,
        "severity": finding.severity,
        "subject": clean(finding.subject),
        "title": text_of(advice.title, links=False),
        "detail": text_of(advice.detail, links=False),
        "fix": text_of(advice.fix, links=False),
        "sources": [{"ref": source.ref, "url": source.url} for source in advice.sources],
    }


def uplink_text(uplink: Uplink, language: str) -> Text:
    """Whose doing it is that a port was dropped, in a sentence or two."""
    values = {
        "port": uplink.port,
        "family": uplink.family,
        "answered": ", ".join(uplink.answered[:3]),
        "silent": ", ".join(uplink.silent[:3]),
        "others": ", ".join(uplink.other_ports[:3]),
        "sureness": say(language, f"uplink.{uplink.confidence}"),
    }
    text = rich(template(language, f"uplink.{uplink.blame}"), values)
    if uplink.age_s < 60:
        return text
    return (*text, *rich(" " + template(language, "uplink.age"), {"minutes": f"{uplink.age_s / 60:.0f}"}))


def uplink_document(uplink: Uplink, language: str) -> dict[str, Any]:
    """The same as JSON."""
    return {
        "port": uplink.port,
        "family": uplink.family,
        "blame": uplink.blame,
        "confidence": uplink.confidence,
        "why": uplink.why,
        "text": text_of(uplink_text(uplink, language), links=False),
        "answered": list(uplink.answered),
        "silent": list(uplink.silent),
        "other_ports": [clean(place) for place in uplink.other_ports],
        "age_s": round(uplink.age_s, 1),
    }


def check_document(result: CheckResult, language: str, in_words: InWords) -> dict[str, Any]:
    """`mailport.check/1`.

    Args:
        in_words: Puts a finding into words of the language.
    """
    return {
        "schema": "mailport.check/1",
        "target": result.target,
        "as": result.kind,
        "vantage": result.vantage,
        "checked_at": time_text(result.checked_at),
        "duration_ms": round(result.duration_ms, 3),
        "verdict": result.verdict,
        "undetermined": list(result.undetermined),
        "cached_age_s": None if result.cached_age_s is None else round(result.cached_age_s, 1),
        "mail": result.mail,
        "endpoints": [endpoint_document(one, result.findings, language) for one in result.outcomes],
        "recommended": {
            service: setting_document(result.recommended.get(service))
            for service in ("submission", "imap", "pop3")
        },
        "findings": [finding_document(finding, in_words) for finding in result.findings],
        "uplink": [uplink_document(one, language) for one in result.uplinks],
    }
