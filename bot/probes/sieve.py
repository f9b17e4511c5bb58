"""The ManageSieve conversation of a probe: greeting with capabilities, STARTTLS, capabilities again.

Theory: RFC 5804 sections 1.7, 2.2, 2.4. The greeting is a list of quoted names and values, ended by OK,
NO or BYE; after the handshake the server sends the list again by itself.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.probes.limits import MAX_REPLY_LINES
from bot.probes.talk import (
    Learnt,
    Lines,
    NotAReply,
    ReplyTooLong,
    Talk,
    begin_tls,
    refuse_starttls,
    say,
    upgrade,
)
from bot.probes.text import clean

GOODBYE = b"LOGOUT\r\n"
_ENDING = re.compile(rb"(OK|NO|BYE)(?:[ (].*)?", re.IGNORECASE | re.DOTALL)
_CAPABILITY = re.compile(rb'"([^"]*)"(?: +"((?:[^"\\]|\\.)*)")?')


def converse(lines: Lines, learnt: Learnt, our_name: str, *, implicit: bool) -> Talk[None]:
    """Speak ManageSieve as far as the capabilities after TLS."""
    if implicit:
        yield from begin_tls(learnt)
    if not (yield from _greeting(lines, learnt)) or implicit:
        return
    if "STARTTLS" not in (learnt.capabilities_before or ()):
        learnt.stop("starttls-not-offered", tls="none")
        return
    yield from say(learnt, b"STARTTLS")
    ending, _ = yield from _read_list(lines)
    if ending != "OK":
        refuse_starttls(learnt, temporary=ending == "BYE")
    elif (yield from upgrade(lines, learnt)):
        ending, shown = yield from _read_list(lines)
        if ending == "OK":
            _keep(learnt, shown)


def _greeting(lines: Lines, learnt: Learnt) -> Talk[bool]:
    try:
        ending, shown = yield from _read_list(lines)
    except NotAReply as problem:
        learnt.greet([problem.raw])
        if not problem.first:
            raise
        learnt.stop("not-mail", "greeting-not-mail")
        return False
    learnt.greet(shown[:1] or [ending.encode()])
    learnt.reached, learnt.polite_end = "greeting", ending != "BYE"
    if ending != "OK":
        learnt.stop("greeting-rejected", "greeting-rejected")
        return False
    _keep(learnt, shown)
    return True


def _read_list(lines: Lines) -> Talk[tuple[str, list[bytes]]]:
    shown: list[bytes] = []
    for _ in range(MAX_REPLY_LINES):
        line = yield from lines.next_line()
        match = _ENDING.fullmatch(line)
        if match:
            return match[1].decode().upper(), shown
        if not _CAPABILITY.match(line):
            raise NotAReply(line, first=not shown)
        shown.append(line)
    raise ReplyTooLong("reply")


def _keep(learnt: Learnt, shown: Sequence[bytes]) -> None:
    pairs = [match for line in shown if (match := _CAPABILITY.match(line))]
    capabilities = [clean(b" ".join(part for part in match.groups() if part), 400) for match in pairs]
    mechanisms = [
        word for match in pairs if match[1].upper() == b"SASL" for word in clean(match[2] or b"").split()
    ]
    learnt.offer(capabilities, mechanisms)
