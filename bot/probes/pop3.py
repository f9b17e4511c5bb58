"""The POP3 conversation of a probe: greeting, CAPA, STLS, CAPA again.

Theory: RFC 1939, RFC 2449 (CAPA, which is optional), RFC 2595 (STLS), RFC 3206 (SYS/TEMP). A server
without CAPA may still know STLS, so it is asked. No USER or PASS is ever sent.
"""

from __future__ import annotations

import re

from bot.errors import RemoteMisbehaved
from bot.probes.limits import MAX_REPLY_LINES
from bot.probes.talk import Learnt, Lines, ReplyTooLong, Talk, begin_tls, refuse_starttls, say, upgrade
from bot.probes.text import clean

GOODBYE = b"QUIT\r\n"
_STATUS = re.compile(rb"(\+OK|-ERR)(?:[ \t].*)?", re.DOTALL)
_TEMPORARY = re.compile(rb"\[(?:SYS/TEMP|IN-USE|LOGIN-DELAY)\]", re.IGNORECASE)


def converse(lines: Lines, learnt: Learnt, our_name: str, *, implicit: bool) -> Talk[None]:
    """Speak POP3 as far as the capabilities after TLS."""
    if implicit:
        yield from begin_tls(learnt)
    if not (yield from _greeting(lines, learnt)):
        return
    offered = yield from _capabilities(lines, learnt)
    if implicit:
        return
    if offered is not None and "STLS" not in offered:
        learnt.stop("starttls-not-offered", tls="none")
        return
    yield from say(learnt, b"STLS")
    status = yield from _read_status(lines)
    if not status.startswith(b"+OK"):
        _refused(learnt, status, offered=offered is not None)
    elif (yield from upgrade(lines, learnt)):
        yield from _capabilities(lines, learnt)


def _refused(learnt: Learnt, status: bytes, *, offered: bool) -> None:
    temporary = bool(_TEMPORARY.search(status))
    if offered or temporary:
        refuse_starttls(learnt, temporary=temporary)
    else:
        learnt.stop("stls-unknown", tls="none")


def _greeting(lines: Lines, learnt: Learnt) -> Talk[bool]:
    line = yield from lines.next_line()
    learnt.greet([line])
    match = _STATUS.fullmatch(line)
    if match is None:
        learnt.stop("not-mail", "greeting-not-mail")
        return False
    learnt.reached, learnt.polite_end = "greeting", True
    if match[1] == b"+OK":
        return True
    learnt.stop("greeting-rejected", "greeting-rejected")
    return False


def _read_status(lines: Lines) -> Talk[bytes]:
    line = yield from lines.next_line()
    if not _STATUS.fullmatch(line):
        raise RemoteMisbehaved(clean(line, 120))
    return line


def _capabilities(lines: Lines, learnt: Learnt) -> Talk[tuple[str, ...] | None]:
    """Ask CAPA; None when the server does not know it."""
    yield from say(learnt, b"CAPA")
    status = yield from _read_status(lines)
    if not status.startswith(b"+OK"):
        learnt.reached = "hello_tls" if learnt.secured else "hello"
        return None
    found: list[str] = []
    for _ in range(MAX_REPLY_LINES):
        line = yield from lines.next_line()
        if line == b".":
            capabilities = tuple(dict.fromkeys(found))
            learnt.offer(capabilities, parse_mechanisms(capabilities))
            return capabilities
        found.append(clean(line, 200).upper())
    raise ReplyTooLong("reply")


def parse_mechanisms(capabilities: tuple[str, ...]) -> tuple[str, ...]:
    """SASL mechanisms; USER when there are none but the USER command takes a password in clear."""
    found = [word for line in capabilities if line.startswith("SASL ") for word in line.split()[1:]]
    return tuple(found) or (("USER",) if "USER" in capabilities else ())
