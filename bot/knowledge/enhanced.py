"""From an enhanced status code (RFC 3463 and the IANA registry), else a basic reply code (RFC 5321), to a cause.

A code alone says little: vendors use the same one for different things. So this is asked last, and what
it answers carries a low confidence. Subjects that no cause covers (delivery reports, conversion) stay out.
"""

from __future__ import annotations

from bot.typed import Literal

Basis = Literal["enhanced", "reply"]
Found = tuple[str, float, Basis]

# Without the class: "5.1.1" and "4.1.1" speak of the same thing.
_DETAILS: dict[str, str] = {
    "1.0": "recipient-unknown", "1.1": "recipient-unknown", "1.2": "dns-not-found", "1.3": "recipient-unknown",
    "1.4": "recipient-unknown", "1.6": "recipient-unknown", "1.7": "sender-rejected", "1.8": "sender-rejected",
    "1.9": "server-temporary", "1.10": "no-mail-domain",
    "2.0": "recipient-unknown", "2.1": "recipient-unknown", "2.2": "mailbox-full", "2.3": "message-too-large",
    "2.4": "recipient-unknown",
    "3.0": "server-temporary", "3.1": "server-temporary", "3.2": "server-temporary", "3.3": "protocol-error",
    "3.4": "message-too-large", "3.5": "server-temporary", "3.6": "server-temporary",
    "4.0": "server-temporary", "4.1": "port-blocked", "4.2": "connection-dropped", "4.3": "dns-temporary",
    "4.4": "dns-not-found", "4.5": "rate-limited", "4.6": "mail-loop", "4.7": "server-temporary",
    "5.0": "protocol-error", "5.1": "protocol-error", "5.2": "protocol-error", "5.3": "rate-limited",
    "5.4": "protocol-error", "5.5": "protocol-error", "5.6": "auth-bad-credentials",
    "6.0": "content-rejected", "6.1": "content-rejected", "6.2": "content-rejected", "6.3": "content-rejected",
    "6.4": "content-rejected", "6.5": "content-rejected", "6.6": "content-rejected", "6.7": "protocol-error",
    "6.8": "protocol-error", "6.9": "protocol-error", "6.10": "protocol-error", "6.11": "protocol-error",
    "7.0": "content-rejected", "7.1": "content-rejected", "7.2": "sender-rejected", "7.3": "auth-bad-credentials",
    "7.4": "auth-mechanism-unsupported", "7.5": "tls-policy-failure", "7.6": "auth-mechanism-unsupported",
    "7.7": "content-rejected", "7.8": "auth-bad-credentials", "7.9": "auth-mechanism-unsupported",
    "7.10": "starttls-required", "7.11": "starttls-required", "7.12": "auth-bad-credentials",
    "7.13": "account-locked", "7.14": "account-locked", "7.15": "rate-limited", "7.16": "message-too-large",
    "7.17": "recipient-unknown", "7.18": "recipient-unknown", "7.19": "recipient-unknown",
    "7.20": "dkim-fail", "7.21": "dkim-fail", "7.22": "dkim-fail", "7.23": "spf-fail", "7.24": "spf-fail",
    "7.25": "ptr-missing", "7.26": "sender-unauthenticated", "7.27": "sender-rejected",
    "7.28": "rate-limited", "7.29": "dkim-fail", "7.30": "tls-policy-failure",
    # What one large provider alone uses.
    "7.57": "auth-required", "7.60": "sender-rejected", "7.64": "relay-denied", "7.54": "relay-denied",
    "7.139": "auth-bad-credentials", "7.509": "dmarc-fail", "7.506": "helo-rejected", "7.508": "rate-limited",
    "7.501": "account-locked", "7.502": "account-locked", "7.503": "account-locked", "7.511": "blocklisted",
    "7.513": "blocklisted", "7.708": "blocklisted", "7.705": "rate-limited", "7.750": "sender-rejected",
    "7.124": "sender-rejected", "7.133": "sender-rejected", "7.134": "sender-rejected", "7.515": "sender-unauthenticated",
    "7.321": "tls-policy-failure", "7.322": "tls-policy-failure", "7.323": "tls-policy-failure",
    "7.324": "tls-policy-failure", "7.325": "tls-policy-failure", "4.312": "dns-temporary",
    "4.310": "dns-not-found", "4.316": "port-blocked", "4.317": "tls-policy-failure", "4.14": "mail-loop",
    "1.90": "rate-limited", "2.252": "sender-rejected",
}  # fmt: skip
# The same detail with another meaning for one class.
_EXACT: dict[str, str] = {
    "4.2.0": "greylisted",
    "4.2.1": "server-temporary",
    "4.3.0": "server-temporary",
    "4.7.0": "server-temporary",
    "4.7.1": "greylisted",
    "4.4.2": "connection-dropped",
    "5.4.0": "dns-not-found",
    "5.4.1": "recipient-unknown",
    "4.5.3": "rate-limited",
    "5.5.3": "rate-limited",
}
_REPLIES: dict[str, str] = {
    "421": "server-temporary", "422": "mailbox-full", "431": "server-temporary", "432": "auth-bad-credentials",
    "441": "connection-dropped", "442": "connection-dropped", "446": "mail-loop", "447": "server-temporary",
    "449": "server-temporary", "450": "server-temporary", "451": "server-temporary", "452": "rate-limited",
    "454": "server-temporary", "455": "server-temporary", "458": "server-temporary", "471": "content-rejected",
    "500": "protocol-error", "501": "protocol-error", "502": "protocol-error", "503": "protocol-error",
    "504": "auth-mechanism-unsupported", "510": "recipient-unknown", "511": "recipient-unknown",
    "512": "dns-not-found", "513": "recipient-unknown", "515": "recipient-unknown", "521": "no-mail-domain",
    "523": "message-too-large", "525": "account-locked", "530": "auth-required",
    "534": "auth-app-password-required", "535": "auth-bad-credentials", "538": "starttls-required",
    "541": "content-rejected", "550": "recipient-unknown", "551": "relay-denied", "552": "mailbox-full",
    "553": "sender-rejected", "554": "content-rejected", "555": "protocol-error", "556": "no-mail-domain",
}  # fmt: skip
_MAIL_WORDS = ("smtp", "mail", "rcpt", "said:", "relay", "bounce", "dsn", "server", "host", "auth", "data")


def cause_of(enhanced_code: str | None, code: str | None, text: str) -> Found | None:
    """The cause that codes alone point to; None when they say nothing.

    Args:
        enhanced_code: "5.7.8", as found in the text.
        code: "535".
        text: The flat text; a bare number counts only at its beginning or among words of mail.
    """
    if enhanced_code:
        cause = _EXACT.get(enhanced_code) or _DETAILS.get(enhanced_code[2:])
        # 5.7.1 and x.y.0 say nothing but "no"; the basic code may say more (530, 535, 552).
        vague = enhanced_code.endswith((".0", ".7.1"))
        if cause and vague and code in {"530", "534", "535", "538", "552"}:
            return _REPLIES[code], 0.45, "reply"
        if cause:
            return cause, 0.3 if vague else 0.48, "enhanced"
    if code and code in _REPLIES and (text.startswith(code) or any(word in text for word in _MAIL_WORDS)):
        return _REPLIES[code], 0.35, "reply"
    return None
