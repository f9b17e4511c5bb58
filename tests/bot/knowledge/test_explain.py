"""From a pasted text to its cause and what it names."""

from __future__ import annotations

import pytest

from bot.i18n import LANGUAGES
from bot.knowledge.enhanced import cause_of
from bot.knowledge.explain import Diagnosis, diagnose, explanation_of
from bot.knowledge.explain_words import _SOURCES

CAUSES = (
    ("ssl.SSLError: wrong version number (_ssl.c:1129)", "wrong-tls-mode-implicit-on-starttls-port"),
    ("tls: first record does not look like a TLS handshake", "wrong-tls-mode-implicit-on-starttls-port"),
    ("Error: Greeting never received (port 465, secure: false)", "wrong-tls-mode-plain-on-implicit-port"),
    ("530 5.7.0 Must issue a STARTTLS command first", "starttls-required"),
    ("STARTTLS extension not supported by server.", "starttls-not-offered"),
    ("Error: connect ETIMEDOUT 192.0.2.8:25", "port-blocked"),
    ("dial tcp 192.0.2.4:25: connect: connection refused", "connection-refused"),
    ("Error: connect ECONNREFUSED 127.0.0.1:587", "client-config-host"),
    ("An existing connection was forcibly closed by the remote host", "connection-dropped"),
    ("OSError: [Errno 101] Network is unreachable", "network-unreachable"),
    ("getaddrinfo ENOTFOUND smtp.example.con", "dns-not-found"),
    ("getaddrinfo EAI_AGAIN smtp.example.com", "dns-temporary"),
    ("x509: certificate has expired or is not yet valid", "cert-expired"),
    ("x509: certificate is valid for *.example.net, not mail.example.com", "cert-hostname"),
    ("x509: certificate signed by unknown authority", "cert-untrusted"),
    ("Received fatal alert: protocol_version", "tls-version-too-old"),
    ("SSL_connect error to mx.example.com[192.0.2.1]:25: -1", "tls-handshake-failed"),
    ("535 Incorrect authentication data", "auth-bad-credentials"),
    ("El inicio de sesión en el servidor falló", "auth-bad-credentials"),
    ("534-5.7.9 Application-specific password required.", "auth-app-password-required"),
    ("535 5.7.139 SmtpClientAuthentication is disabled for the Tenant", "auth-disabled-needs-oauth"),
    ("503 AUTH command used when not advertised", "auth-not-offered-before-tls"),
    ("530 Authentication required", "auth-required"),
    ("504 5.7.4 Unrecognized authentication type", "auth-mechanism-unsupported"),
    ("454 4.7.0 Too many login attempts, please try again later.", "account-locked"),
    ("550 5.7.1 Unable to relay", "relay-denied"),
    ("553 5.7.1 <a@example.com>: Sender address rejected: not owned by user b", "sender-rejected"),
    ("550 No such user here", "recipient-unknown"),
    ("552 5.2.2 mailbox full", "mailbox-full"),
    ("El mensaje supera el tamaño máximo permitido", "message-too-large"),
    ("451 4.7.1 Greylisting in action, please come back later", "greylisted"),
    ("550 5.4.5 Daily user sending limit exceeded", "rate-limited"),
    ("550 SPF check failed", "spf-fail"),
    ("dkim=fail (body hash did not verify)", "dkim-fail"),
    ("550 5.7.1 Email rejected per DMARC policy for example.com", "dmarc-fail"),
    ("550-5.7.26 The sender is unauthenticated; use either SPF or DKIM.", "sender-unauthenticated"),
    ("554 IP address does not have reverse DNS", "ptr-missing"),
    ("504 5.5.2 <localhost>: Helo command rejected: need fully-qualified hostname", "helo-rejected"),
    ("554 5.7.1 [192.0.2.1] listed at bl.spamcop.net", "blocklisted"),
    ("554 blocked using zen.spamhaus.org; Error: open resolver", "dnsbl-misconfigured"),
    ("550 High probability of spam", "content-rejected"),
    ("554 5.4.6 Too many hops", "mail-loop"),
    ("451 4.7.323 tlsa-invalid: The domain failed DANE validation", "tls-policy-failure"),
    ("554 SMTP synchronization error", "protocol-error"),
    ("452 4.3.1 Insufficient system storage", "server-temporary"),
    ("550 5.1.10 Domain does not accept mail (nullMX)", "no-mail-domain"),
    ("TypeError: Cannot read properties of undefined (reading 'map')", "unknown"),
    ("ssh: connect to host 192.0.2.1 port 22: Connection refused", "unknown"),
    ("", "unknown"),
)


@pytest.mark.parametrize(("text", "cause"), [pytest.param(*row, id=row[0][:50] or "empty") for row in CAUSES])
def test_cause(text: str, cause: str) -> None:
    assert diagnose(text).cause == cause


def test_entities() -> None:
    found = diagnose("SMTP Error: smtp.example.com:587 said: 535 5.7.8 Error: authentication failed")
    assert found.entities["host"] == "smtp.example.com"
    assert found.entities["port"] == "587"
    assert found.entities["code"] == "535"
    assert found.entities["enhanced_code"] == "5.7.8"


def test_the_deciding_line_is_named() -> None:
    found = diagnose("Traceback:\n  File x\nssl.SSLError: wrong version number\n")
    assert (found.line_number, found.line) == (3, "ssl.SSLError: wrong version number")


@pytest.mark.parametrize(
    ("enhanced", "code", "expected"),
    [
        pytest.param("5.7.25", "550", ("ptr-missing", "enhanced"), id="a telling code"),
        pytest.param("5.7.1", "530", ("auth-required", "reply"), id="the basic code says more"),
        pytest.param(None, "552", ("mailbox-full", "reply"), id="only a basic code"),
    ],
)
def test_codes_alone(enhanced: str | None, code: str | None, expected: tuple[str, str]) -> None:
    found = cause_of(enhanced, code, f"{code} x")
    assert found is not None
    assert (found[0], found[2]) == expected


def test_a_number_without_mail_says_nothing() -> None:
    assert cause_of(None, "500", "it cost 500 coins") is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_cause_has_words_and_sources(language: str) -> None:
    for cause in _SOURCES:
        words = explanation_of(Diagnosis(cause=cause, confidence=1.0), language)
        assert words.title
        assert words.explanation
        assert words.fix
        assert words.sources


@pytest.mark.parametrize(
    "text",
    [pytest.param(piece * (40_000 // len(piece)), id=piece[:8]) for piece in ("a", "1.", "a.b-", "550 ")],
)
def test_long_input_comes_to_an_end(text: str) -> None:
    assert diagnose(text).cause
