"""A diagnosis in words: what happened, what to do, and where that is written down."""

from __future__ import annotations

from bot.i18n import has, say
from bot.model.value import frozen
from bot.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.knowledge.explain import Diagnosis


@frozen
class Source:
    """Where a statement can be read.

    Attributes:
        ref: "RFC 8314, section 3.3".
        url: Its address.
    """

    ref: str
    url: str


@frozen
class Explanation:
    """A cause in words."""

    title: str
    explanation: str
    fix: str
    sources: tuple[Source, ...]


# "8314#3.3" is that section of that RFC; an address of its own stands in _PAGES.
_PAGES: dict[str, tuple[str, str]] = {
    "codes": (
        "IANA, SMTP enhanced status codes",
        "https://www.iana.org/assignments/smtp-enhanced-status-codes/smtp-enhanced-status-codes.xhtml",
    ),
    "google-app": ("Google, app passwords", "https://support.google.com/accounts/answer/185833"),
    "google-senders": ("Google, email sender guidelines", "https://support.google.com/a/answer/81126"),
    "microsoft-auth": (
        "Microsoft, SMTP AUTH in Exchange Online",
        "https://learn.microsoft.com/exchange/clients-and-mobile-in-exchange-online/authenticated-client-smtp-submission",
    ),
    "spamhaus": ("Spamhaus, DNSBL return codes", "https://www.spamhaus.org/faqs/dnsbl-usage/"),
}
_SOURCES: dict[str, tuple[str, ...]] = {
    "wrong-tls-mode-implicit-on-starttls-port": ("8314#3.3", "3207#4"),
    "wrong-tls-mode-plain-on-implicit-port": ("8314#3.3", "8314#7.3"),
    "starttls-required": ("3207#4", "8314#4.1"),
    "starttls-not-offered": ("3207#4", "3207#6"),
    "port-blocked": ("5068#3.1", "6409#3.1"),
    "connection-refused": ("9293#3.5.2", "5321#3.8"),
    "connection-dropped": ("5321#3.8", "5321#4.5.3.2"),
    "no-greeting": ("5321#4.5.3.2.1", "5321#3.1"),
    "network-unreachable": ("8305#1", "5321#5.2"),
    "dns-not-found": ("5321#5.1", "2308#2.1"),
    "dns-temporary": ("5321#5.1", "2308#7.1"),
    "client-config-host": ("6409#3.1", "6186#3.1"),
    "cert-expired": ("5280#4.1.2.5", "8314#3"),
    "cert-hostname": ("9525#6", "7817#3"),
    "cert-untrusted": ("5280#6", "7817#3"),
    "tls-version-too-old": ("8996#4", "8997#3"),
    "tls-handshake-failed": ("8446#6.2", "3207#4"),
    "auth-bad-credentials": ("4954#6", "4954#4"),
    "auth-app-password-required": ("4954#6", "google-app"),
    "auth-disabled-needs-oauth": ("7628#3.1", "microsoft-auth"),
    "auth-not-offered-before-tls": ("4954#4", "3207#4.2"),
    "auth-required": ("4954#6", "6409#4.3"),
    "auth-mechanism-unsupported": ("4954#4", "4422#3.1"),
    "account-locked": ("4954#6", "codes"),
    "relay-denied": ("5321#3.6.2", "6409#3.3"),
    "sender-rejected": ("6409#6.1", "5321#3.3"),
    "recipient-unknown": ("3463#3.2", "5321#4.2.3"),
    "mailbox-full": ("3463#3.3", "5321#4.2.3"),
    "message-too-large": ("1870#6", "3463#3.4"),
    "greylisted": ("6647#2", "5321#4.5.4.1"),
    "rate-limited": ("5321#4.5.3.1.10", "codes"),
    "spf-fail": ("7208#8.4", "7372#3.2"),
    "dkim-fail": ("6376#6.1", "7372#3.1"),
    "dmarc-fail": ("7489#3.1", "7489#10.3"),
    "sender-unauthenticated": ("7372#3.4", "google-senders"),
    "ptr-missing": ("1912#2.1", "7372#3.3"),
    "helo-rejected": ("5321#4.1.1.1", "5321#4.1.4"),
    "blocklisted": ("5782#2", "6471#2"),
    "dnsbl-misconfigured": ("6471#3.3", "spamhaus"),
    "content-rejected": ("3463#3.8", "5321#7.9"),
    "mail-loop": ("5321#6.3", "5321#5.1"),
    "tls-policy-failure": ("8461#5", "7672#2.2"),
    "protocol-error": ("5321#2.3.8", "5321#4.1.4"),
    "server-temporary": ("5321#4.2.1", "5321#4.5.4.1"),
    "no-mail-domain": ("7505#3", "7505#4"),
    "unknown": ("5321#4.2", "codes"),
}


def sources_of(cause: str) -> tuple[Source, ...]:
    """Where the cause is written down."""
    return tuple(_source(name) for name in _SOURCES.get(cause, _SOURCES["unknown"]))


def _source(name: str) -> Source:
    if name in _PAGES:
        return Source(*_PAGES[name])
    number, _, section = name.partition("#")
    return Source(
        f"RFC {number}, section {section}", f"https://www.rfc-editor.org/rfc/rfc{number}#section-{section}"
    )


def explanation_of(diagnosis: Diagnosis, language: str) -> Explanation:
    """Put a diagnosis into words."""
    cause = diagnosis.cause if has(language, f"cause.{diagnosis.cause}.title") else "unknown"
    return Explanation(
        title=say(language, f"cause.{cause}.title"),
        explanation=say(language, f"cause.{cause}.explanation"),
        fix=say(language, f"cause.{cause}.fix"),
        sources=sources_of(cause),
    )
