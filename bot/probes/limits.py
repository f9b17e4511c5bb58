"""How long a probe waits and how much it reads: the numbers, each with its reason."""

from __future__ import annotations

from bot.model.value import frozen

# RFC 5321 section 4.5.3.1.5 allows 512 octets a reply line; real servers exceed it, none needs 2 KiB.
MAX_LINE = 2 * 1024
# IMAP has no limit on a line, and a capability list in a greeting grows past 2 KiB (RFC 7162 section 4
# asks servers to take 8 KiB lines from clients; the same is fair the other way).
MAX_LONG_LINE = 8 * 1024
MAX_REPLY_LINES = 100
MAX_SESSION_BYTES = 64 * 1024
MAX_CONNECTIONS = 2


@frozen(kw_only=True)
class Limits:
    """Seconds that each part of a probe may take.

    Attributes:
        connect_s: TCP connect.
        greeting_s: First line of the server; greet delays of 5 to 15 s are normal anti-spam measures.
        reply_s: Any later reply.
        tls_s: TLS handshake.
        quit_s: The goodbye, which happens in the background after the answer.
        total_s: The whole probe to the answer, whatever its parts took.
        quiet_s: After so much silence a second connection tries the other TLS mode; a greeting that
            took longer counts as delayed.
        both_s: How long the first connection may still speak up after the second one worked.
    """

    connect_s: float = 5.0
    greeting_s: float = 15.0
    reply_s: float = 8.0
    tls_s: float = 8.0
    quit_s: float = 2.0
    total_s: float = 25.0
    quiet_s: float = 2.0
    both_s: float = 0.5


INTERACTIVE = Limits()
SCHEDULED = Limits(connect_s=10.0, greeting_s=30.0, reply_s=15.0, tls_s=15.0, quit_s=5.0, total_s=60.0)
