"""Rules on STARTTLS, TLS, certificates and passwords in clear."""

from __future__ import annotations

from collections.abc import Iterator

from bot.advice.findings import FindingId
from bot.advice.situation import Situation, about, by_policy, is_delivery, listed
from bot.model.certificate import Certificate, CertificateFault
from bot.model.outcome import EndpointOutcome, Sign
from bot.model.verdict import Finding, Severity

OLD_VERSIONS = frozenset({"SSLv3", "TLSv1", "TLSv1.0", "TLSv1.1"})
# Mechanisms that hand over the password, or a token as good as one, in clear (RFC 4616, RFC 7628).
REVEALING = frozenset({"PLAIN", "LOGIN", "USER", "XOAUTH2", "OAUTHBEARER"})
# Seen on a connection, these mean that what was not offered may only have been withheld from us.
INCONCLUSIVE: frozenset[Sign] = frozenset(
    {
        "reset-before-greeting", "closed-before-greeting", "silent", "greeting-rejected", "hello-refused",
        "hello-limited", "starttls-temporary", "tarpit", "timed-out", "deadline", "no-route-here",
    }
)  # fmt: skip

_FAULTS: dict[CertificateFault, FindingId] = {
    "expired": "cert-expired",
    "expiring": "cert-expiring",
    "not-yet-valid": "cert-not-yet-valid",
    "self-signed": "cert-self-signed",
    "wrong-host": "cert-hostname-mismatch",
    "untrusted": "cert-untrusted",
    "key-weak": "key-weak",
}
# Faults that leave programs working today.
_MILD = frozenset({"expiring", "key-weak"})


def lacks_tls(outcome: EndpointOutcome) -> bool:
    """Whether it was really learnt that the port offers no TLS, and not just withheld from us."""
    return (
        outcome.state == "open"
        and outcome.tls == "none"
        and outcome.endpoint.service.mode == "starttls"
        and not INCONCLUSIVE & outcome.signs
    )


def missing_starttls(outcome: EndpointOutcome, situation: Situation) -> Iterator[Finding]:
    """STARTTLS was not offered (RFC 3207 section 4), or was blanked out on the way (section 6)."""
    if "starttls-stripped" in outcome.signs:
        yield about("starttls-stripped", outcome)
    elif lacks_tls(outcome) and "preauth" not in outcome.signs:
        yield about("starttls-missing", outcome, by_policy(outcome, situation, without="warning"))


def broken_tls(outcome: EndpointOutcome, situation: Situation) -> Iterator[Finding]:
    """TLS was promised and did not come about."""
    signs, reason = outcome.signs, outcome.detail or "?"
    if "mode-swapped" in signs:
        yield about("tls-mode-mismatch", outcome, expected=_mode(outcome), found=_other_mode(outcome))
    if "starttls-injection" in signs:
        yield about("starttls-injection", outcome)
    if "starttls-temporary" in signs:
        yield about("starttls-temporary", outcome, reply=reason)
    if "tls-old-only" in signs:
        severity = by_policy(outcome, situation, without="warning")
        yield about("tls-version-old", outcome, severity, version=outcome.tls_version or "TLS 1.1")
    elif "starttls-refused" in signs:
        yield about("starttls-broken", outcome, reason=reason)
    elif "handshake-failed" in signs:
        implicit = outcome.endpoint.service.mode == "implicit" or "starttls" not in outcome.phases_ms
        yield about("tls-handshake-failed" if implicit else "starttls-broken", outcome, reason=reason)


def _mode(outcome: EndpointOutcome) -> str:
    return "TLS" if outcome.endpoint.service.mode == "implicit" else "STARTTLS"


def _other_mode(outcome: EndpointOutcome) -> str:
    return "STARTTLS" if outcome.endpoint.service.mode == "implicit" else "TLS"


def old_version(outcome: EndpointOutcome, situation: Situation) -> Iterator[Finding]:
    """TLS worked, but only in a version that is no longer allowed (RFC 8996)."""
    if outcome.tls_version in OLD_VERSIONS and "tls-old-only" not in outcome.signs:
        severity = by_policy(outcome, situation, without="warning")
        yield about("tls-version-old", outcome, severity, version=outcome.tls_version)


def bad_certificate(outcome: EndpointOutcome, situation: Situation) -> Iterator[Finding]:
    """Every fault of the certificate that holds."""
    certificate = outcome.certificate
    if certificate is None:
        return
    for fault in certificate.faults:
        severity = _fault_severity(fault, outcome, situation)
        yield about(_FAULTS[fault], outcome, severity, **_certificate_facts(certificate))


def _fault_severity(fault: CertificateFault, outcome: EndpointOutcome, situation: Situation) -> Severity:
    if is_delivery(outcome) and situation.policy in ("none", "dane-ee"):
        # RFC 7672 section 3.1.1: with DANE-EE neither name nor time counts, only the key.
        return "info"
    if fault in _MILD:
        return "warning"
    return by_policy(outcome, situation, without="info")


def _certificate_facts(certificate: Certificate) -> dict[str, object]:
    return {
        "subject_name": certificate.subject or "-",
        "issuer": certificate.issuer or "-",
        "names": listed(certificate.names) or "-",
        "not_before": f"{certificate.not_before:%Y-%m-%d}",
        "not_after": f"{certificate.not_after:%Y-%m-%d}",
        "days": abs(certificate.days_left),
        "key": certificate.key,
    }


def early_auth(outcome: EndpointOutcome, _: Situation) -> Iterator[Finding]:
    """The server takes passwords before the connection is encrypted (RFC 4954 section 4)."""
    revealing = [name for name in outcome.auth_before or () if name.upper() in REVEALING]
    if revealing and outcome.endpoint.service.mode == "starttls" and outcome.tls != "implicit":
        severity: Severity = "critical" if lacks_tls(outcome) else "warning"
        yield about("auth-before-tls", outcome, severity, mechanisms=listed(revealing))


def preauth(outcome: EndpointOutcome, _: Situation) -> Iterator[Finding]:
    """An IMAP server that takes everybody for logged in, without STARTTLS (RFC 9051 section 7.1.4)."""
    if "preauth" in outcome.signs:
        yield about("imap-preauth", outcome)


TLS_RULES = (missing_starttls, broken_tls, old_version, bad_certificate, early_auth, preauth)
