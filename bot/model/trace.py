"""A message's way as its headers tell it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from bot.model.value import frozen

Encryption = Literal["encrypted", "clear", "local", "unknown"]
Evidence = Literal["with-keyword", "tls-comment", "same-machine", "no-tls-comment", "nothing"]
Reach = Literal["loopback", "private", "public", "unknown"]


@frozen(kw_only=True)
class Hop:
    """One Received header: who took the message from whom.

    Attributes:
        number: 1 is the first hop, where the message set out.
        sender: Name of the handing machine: its reverse name where the header has it, else its greeting.
        greeting: What the handing machine called itself in HELO or EHLO.
        address: The handing machine's address, as text; "" when not named.
        receiver: Who took it and wrote the header.
        protocol: The `with` word as written, such as "ESMTPS".
        encryption: "local" when it never left the machine; "unknown" when the header does not tell.
        evidence: What `encryption` rests on.
        authenticated: True when the sender logged in (RFC 3848 "A"); None when not told.
        reach: Whether the leg ran inside one machine, a private network or the public one.
        at: When it was taken, UTC; None when unreadable.
        delay_s: Seconds since the hop before; negative when the clocks disagree; None when unknown.
    """

    number: int
    sender: str = ""
    greeting: str = ""
    address: str = ""
    receiver: str = ""
    protocol: str = ""
    encryption: Encryption = "unknown"
    evidence: Evidence = "nothing"
    authenticated: bool | None = None
    tls_version: str | None = None
    cipher: str | None = None
    reach: Reach = "unknown"
    at: datetime | None = None
    delay_s: float | None = None


@frozen
class AuthResult:
    """One result of an Authentication-Results header (RFC 8601 section 2.2).

    Attributes:
        method: Such as "spf", "dkim", "dmarc".
        result: Such as "pass", "fail", "none".
        about: The first property, such as "smtp.mailfrom=example.com".
    """

    method: str
    result: str
    about: str = ""


@frozen(kw_only=True)
class Authentication:
    """What the receiver found out about the sender.

    Attributes:
        server: Who says so (authserv-id).
        results: Of the topmost header only: anybody may have written the ones below.
        untrusted: How many more such headers there were.
        arc_instances: Length of the ARC chain (RFC 8617), 0 without one.
        arc_result: The last seal's `cv`: "none", "pass", "fail" or "".
    """

    server: str = ""
    results: tuple[AuthResult, ...] = ()
    untrusted: int = 0
    arc_instances: int = 0
    arc_result: str = ""


@frozen(kw_only=True)
class Trace:
    """The whole way.

    Attributes:
        hops: In the order of travel, the oldest first.
        total_s: From the first readable time to the last; None when fewer than two were readable.
        readable_at: Machines where the message lay decrypted, in order, each once.
        cut: Which limits cut something off ("bytes", "hops").
    """

    hops: tuple[Hop, ...]
    authentication: Authentication
    total_s: float | None
    readable_at: tuple[str, ...]
    cut: tuple[Literal["bytes", "hops"], ...] = ()

    def count(self, encryption: Encryption) -> int:
        """How many hops went that way."""
        return sum(hop.encryption == encryption for hop in self.hops)

    @property
    def skewed(self) -> tuple[Hop, ...]:
        """Hops that claim to be earlier than the one before."""
        return tuple(hop for hop in self.hops if hop.delay_s is not None and hop.delay_s < 0)
