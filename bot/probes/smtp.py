"""The SMTP conversation of a probe: greeting, EHLO, STARTTLS, EHLO again.

Theory: RFC 5321 sections 3.1, 3.2, 4.2 (replies), RFC 3207 (STARTTLS), RFC 4954 (AUTH), RFC 8314.
A reply is `code-text` lines and a last one of `code text` or the code alone. No AUTH, MAIL or RCPT is
ever sent.
"""

from __future__ import annotations

import re

from bot.model.value import frozen
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

GOODBYE = b"QUIT\r\n"
_REPLY_LINE = re.compile(rb"([2-5][0-9]{2})(?:([ -])(.*))?", re.DOTALL)
_KEYWORD = re.compile(r"[A-Z0-9][A-Z0-9-]*", re.IGNORECASE)
# Firewalls with "SMTP inspection" overwrite what they do not like, keeping the length: XXXXXXXA.
_OVERWRITTEN = re.compile(r"X{4,}[A-Z]?")
# A first line is the server's name; some servers put a keyword there instead.
_FIRST_LINE_KEYWORDS = frozenset({"STARTTLS", "AUTH", "SIZE", "PIPELINING", "8BITMIME", "SMTPUTF8"})
# Which answers to EHLO mean "I only know HELO" (RFC 5321 section 3.2).
_EHLO_UNKNOWN = frozenset({500, 502, 504})


@frozen
class Reply:
    """One reply of the server.

    Attributes:
        lines: Its texts without codes.
        raw: The lines as they came.
    """

    code: int
    lines: tuple[bytes, ...]
    raw: tuple[bytes, ...] = ()

    @property
    def positive(self) -> bool:
        """2xx."""
        return 200 <= self.code < 300

    @property
    def temporary(self) -> bool:
        """4xx: ask again later."""
        return 400 <= self.code < 500


def read_reply(lines: Lines) -> Talk[Reply]:
    """Read one reply, which may span several lines (RFC 5321 section 4.2.1).

    Raises:
        EOFError: The stream ended before the reply did.
        NotAReply: Not a reply, or its lines carry different codes.
        ReplyTooLong: Over a limit.
    """
    code = b""
    texts: list[bytes] = []
    raw_lines: list[bytes] = []
    for _ in range(MAX_REPLY_LINES):
        raw = yield from lines.next_line()
        match = _REPLY_LINE.fullmatch(raw)
        if match is None or (code and match[1] != code):
            raise NotAReply(raw, first=not code)
        code = match[1]
        texts.append(match[3] or b"")
        raw_lines.append(raw)
        if match[2] != b"-":
            return Reply(int(code), tuple(texts), tuple(raw_lines))
    raise ReplyTooLong("reply")


def converse(lines: Lines, learnt: Learnt, our_name: str, *, implicit: bool) -> Talk[None]:
    """Speak SMTP as far as the capabilities after TLS."""
    if implicit:
        yield from begin_tls(learnt)
    if not (yield from _greeting(lines, learnt)):
        return
    if not (yield from _hello(lines, learnt, our_name)) or implicit:
        return
    if not _offers_starttls(learnt):
        return
    yield from say(learnt, b"STARTTLS")
    reply = yield from read_reply(lines)
    if reply.code != 220:
        refuse_starttls(learnt, temporary=reply.temporary)
    elif (yield from upgrade(lines, learnt)):
        yield from _hello(lines, learnt, our_name)


def _greeting(lines: Lines, learnt: Learnt) -> Talk[bool]:
    try:
        reply = yield from read_reply(lines)
    except NotAReply as problem:
        learnt.greet([problem.raw])
        if not problem.first:
            raise
        learnt.stop("not-mail", "greeting-not-mail")
        return False
    learnt.greet(reply.raw, reply.code)
    learnt.reached, learnt.polite_end = "greeting", reply.code != 421
    if reply.code == 220:
        return True
    if reply.code >= 400:
        learnt.stop("greeting-rejected", "greeting-rejected")
    else:
        learnt.stop("protocol-error", "protocol-error")
    return False


def _hello(lines: Lines, learnt: Learnt, our_name: str) -> Talk[bool]:
    """Say EHLO, or HELO to a server that does not know EHLO; False when nothing was learnt."""
    yield from say(learnt, b"EHLO " + our_name.encode("ascii", "replace"))
    reply = yield from read_reply(lines)
    if reply.code in _EHLO_UNKNOWN:
        yield from say(learnt, b"HELO " + our_name.encode("ascii", "replace"))
        reply = yield from read_reply(lines)
        if reply.positive:
            learnt.offer((), ())
            learnt.stop("no-esmtp", tls="none")
            return False
    if reply.positive:
        capabilities = parse_capabilities(reply)
        learnt.offer(capabilities, parse_mechanisms(capabilities))
        return True
    if reply.temporary:
        learnt.polite_end = reply.code != 421
        learnt.declined("hello-limited", "hello-limited")
    else:
        learnt.declined("hello-refused", "hello-refused")
    return False


def _offers_starttls(learnt: Learnt) -> bool:
    words = {capability.split(" ")[0] for capability in learnt.capabilities_before or ()}
    if "STARTTLS" in words:
        return True
    if any(_OVERWRITTEN.fullmatch(word) for word in words):
        learnt.stop("starttls-overwritten", "starttls-stripped", tls="none")
    else:
        learnt.stop("starttls-not-offered", tls="none")
    return False


def parse_capabilities(reply: Reply) -> tuple[str, ...]:
    """EHLO keywords with their parameters, keyword in upper case (RFC 5321 section 4.1.1.1)."""
    found: list[str] = []
    for number, raw in enumerate(reply.lines):
        text = clean(raw, 200)
        word, _, parameters = text.partition(" ")
        keyword = word.upper()
        if number == 0 and keyword not in _FIRST_LINE_KEYWORDS:
            continue
        if _KEYWORD.fullmatch(keyword.split("=")[0]):
            found.append(f"{keyword} {parameters.strip()}".strip())
    return tuple(dict.fromkeys(found))


def parse_mechanisms(capabilities: tuple[str, ...]) -> tuple[str, ...]:
    """SASL mechanisms, also from the `AUTH=` form that old clients need."""
    found: list[str] = []
    for capability in capabilities:
        if capability.startswith(("AUTH ", "AUTH=")):
            found.extend(capability[5:].upper().replace("=", " ").split())
    return tuple(dict.fromkeys(found))
