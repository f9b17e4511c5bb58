"""The conversation with a port whose protocol nobody knows: hear the greeting's first byte, then go on.

Every mail protocol lets the server speak first, and each begins in its own way: SMTP with a digit
(RFC 5321 section 4.2), IMAP with `*` (RFC 9051 section 7), POP3 with `+` or `-` (RFC 1939 section 3),
ManageSieve with a quote (RFC 5804 section 1.7).
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from types import ModuleType

from bot.model.services import Protocol
from bot.probes.limits import MAX_LINE
from bot.probes.talk import Learnt, Lines, Talk, begin_tls

_FIRST_BYTES: dict[int, Protocol] = {
    **dict.fromkeys(b"0123456789", "smtp"),
    ord("*"): "imap",
    ord("+"): "pop3",
    ord("-"): "pop3",
    ord('"'): "sieve",
}


@cache
def conversation_in(protocol: Protocol) -> ModuleType:
    """The module of a protocol's conversation; the check of one port needs one of the four."""
    return import_module(f"bot.probes.{protocol}")


def converse(lines: Lines, learnt: Learnt, our_name: str, *, implicit: bool) -> Talk[None]:
    """Speak whatever the server speaks; what is none of the four is heard as SMTP, and no mail."""
    if implicit:
        yield from begin_tls(learnt)
    first = yield from lines.first_byte()
    learnt.protocol = _FIRST_BYTES.get(first)
    if learnt.protocol in ("smtp", "pop3"):
        lines.shorten(MAX_LINE)
    conversation = conversation_in(learnt.protocol or "smtp")
    yield from conversation.converse(lines, learnt, our_name, implicit=implicit)
