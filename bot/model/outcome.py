"""What one probe of one endpoint found out: facts only, no opinion.

Opinions (findings, severities, advice) are made from these by `bot/advice`. Three outcomes are kept
apart everywhere: yes, no, and could not tell (None, or a state that says why).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from bot.model.certificate import Certificate
from bot.model.services import Service
from bot.model.value import field, frozen

State = Literal["open", "refused", "filtered", "unreachable", "forbidden"]
Tls = Literal["implicit", "starttls", "none", "broken", "unknown"]
Phase = Literal["connect", "greeting", "hello", "starttls", "tls", "hello_tls", "quit"]

# Things seen on the way that rules turn into findings. A closed set, so that a typo is a type error.
Sign = Literal[
    "no-route-here",  # this machine has no route of that address family at all
    "reset-before-greeting",
    "closed-before-greeting",
    "silent",  # nothing at all within the time, in either mode
    "greeting-delayed",  # it came, but only after more than a normal wait
    "greeting-rejected",  # 421, 554, BYE, -ERR: the server refuses us
    "greeting-not-mail",  # it answers, but speaks another protocol
    "mode-swapped",  # the port speaks the other TLS mode than its number promises
    "mode-both",
    "starttls-refused",  # offered, then 4xx or 5xx (or NO, -ERR)
    "starttls-temporary",  # 454, 421: could not tell
    "starttls-injection",  # bytes in clear after the go-ahead (RFC 3207 section 6)
    "starttls-stripped",  # offered on one path or address and not on another, or overwritten by X's
    "handshake-failed",
    "tls-old-only",  # only TLS 1.1 or older
    "hello-refused",
    "hello-limited",  # 421 or similar in mid-dialogue: could not tell the rest
    "preauth",
    "bare-lf",
    "protocol-error",
    "reply-hostile",  # over the limits: line, lines, bytes
    "greeting-hostile",  # control characters, mass mentions or escapes in the greeting
    "tarpit",  # bytes dribble in too slowly to finish
    "timed-out",
    "deadline",
]


@frozen(kw_only=True)
class Endpoint:
    """One address and port to be probed, already checked against the target policy.

    Attributes:
        host: Name to send in SNI and to compare the certificate with; an address literal when the
            probe goes to an address.
        address: Where the connection goes, exactly; no second resolution. Empty when nothing was
            resolved.
        family: 4 or 6.
    """

    host: str
    address: str
    family: Literal[4, 6]
    service: Service

    @property
    def port(self) -> int:
        """The TCP port."""
        return self.service.port

    @property
    def label(self) -> str:
        """`host:port` as people write it."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@frozen(kw_only=True)
class EndpointOutcome:
    """What one probe of one endpoint found out.

    Attributes:
        endpoint: What was probed.
        checked_at: Start of the TCP connect, timezone-aware, UTC.
        state: What TCP said.
        state_reason: Catalogue key (`reason.<key>`) of why, in plain words.
        tls: Which TLS mode works; "unknown" when it could not be told.
        tls_reason: Catalogue key of why tls is what it is.
        reached: The last phase that worked, None if nothing did.
        greeting: First line(s) as sent, sanitised.
        capabilities_before: Keywords offered before TLS; None when not learnt.
        capabilities_after: The same after TLS.
        auth_before: SASL mechanisms offered before TLS; None when not learnt.
        connections: TCP connections this probe opened.
        phases_ms: Milliseconds of each phase that was reached.
        total_ms: Milliseconds to the answer; the goodbye comes after it.
        signs: What was seen on the way.
        transcript: Lines said by both sides, sanitised and bounded, for "details".
    """

    endpoint: Endpoint
    checked_at: datetime
    state: State
    state_reason: str = ""
    tls: Tls = "unknown"
    tls_reason: str = ""
    tls_version: str | None = None
    cipher: str | None = None
    certificate: Certificate | None = None
    reached: Phase | None = None
    greeting: str | None = None
    greeting_code: int | None = None
    capabilities_before: tuple[str, ...] | None = None
    capabilities_after: tuple[str, ...] | None = None
    auth_before: tuple[str, ...] | None = None
    auth_after: tuple[str, ...] | None = None
    connections: int = 0
    phases_ms: Mapping[Phase, float] = field(default_factory=dict)
    total_ms: float = 0.0
    signs: frozenset[Sign] = frozenset()
    detail: str = ""
    transcript: tuple[str, ...] = ()
