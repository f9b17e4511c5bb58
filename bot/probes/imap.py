"""The IMAP conversation of a probe: greeting, CAPABILITY, STARTTLS, CAPABILITY again.

Theory: RFC 9051 and RFC 3501 sections 6.1.1, 6.2.1, 7.1; RFC 2595. The greeting is `* OK`, `* PREAUTH`
or `* BYE` and may carry the capabilities, which saves a round trip. Untagged lines may come before any
tagged answer. No LOGIN is ever sent.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.errors import RemoteMisbehaved
from bot.model.value import frozen
from bot.probes.limits import MAX_REPLY_LINES
from bot.probes.talk import Learnt, Lines, ReplyTooLong, Talk, begin_tls, refuse_starttls, say, upgrade
from bot.probes.text import clean

GOODBYE = b"a9 LOGOUT\r\n"
_GREETING = re.compile(rb"\* +(OK|PREAUTH|BYE)\b", re.IGNORECASE)
_CAPABILITY_CODE = re.compile(rb"\[CAPABILITY +([^\]]*)\]", re.IGNORECASE)
_CAPABILITY_LINE = re.compile(rb"\* +CAPABILITY +(.*)", re.IGNORECASE | re.DOTALL)
_BYE = re.compile(rb"\* +BYE\b", re.IGNORECASE)
# RFC 5530: the server says itself that it is only for now.
_TEMPORARY = re.compile(rb"\[(?:UNAVAILABLE|INUSE|LIMIT|SERVERBUG)\]", re.IGNORECASE)


class Dismissed(Exception):
    """The server said BYE in mid-dialogue."""


@frozen
class Answer:
    """A tagged answer and the untagged lines before it."""

    status: str
    text: bytes
    untagged: tuple[bytes, ...]


def read_answer(lines: Lines, tag: bytes) -> Talk[Answer]:
    """Read up to the tagged line.

    Raises:
        Dismissed: BYE came instead.
        EOFError: The stream ended before.
        RemoteMisbehaved: A line that is neither untagged nor ours.
        ReplyTooLong: Over a limit.
    """
    untagged: list[bytes] = []
    for _ in range(MAX_REPLY_LINES):
        line = yield from lines.next_line()
        if line.startswith(tag + b" "):
            status, _, text = line[len(tag) + 1 :].partition(b" ")
            return Answer(clean(status, 20).upper(), text, tuple(untagged))
        if _BYE.match(line):
            raise Dismissed
        if not line.startswith((b"* ", b"+ ")):
            raise RemoteMisbehaved(clean(line, 120))
        untagged.append(line)
    raise ReplyTooLong("reply")


def converse(lines: Lines, learnt: Learnt, our_name: str, *, implicit: bool) -> Talk[None]:
    """Speak IMAP as far as the capabilities after TLS."""
    try:
        yield from _converse(lines, learnt, implicit=implicit)
    except Dismissed:
        learnt.polite_end = False
        learnt.declined("hello-limited", "hello-limited")


def _converse(lines: Lines, learnt: Learnt, *, implicit: bool) -> Talk[None]:
    if implicit:
        yield from begin_tls(learnt)
    offered = yield from _greeting(lines, learnt)
    if offered is None:
        return
    if not offered:
        offered = yield from _capability(lines, learnt, b"a1")
    _keep(learnt, offered)
    if implicit:
        return
    if "STARTTLS" not in offered:
        learnt.stop("starttls-not-offered", tls="none")
        return
    yield from say(learnt, b"a2 STARTTLS")
    answer = yield from read_answer(lines, b"a2")
    if answer.status != "OK":
        refuse_starttls(learnt, temporary=bool(_TEMPORARY.search(answer.text)))
    elif (yield from upgrade(lines, learnt)):
        _keep(learnt, (yield from _capability(lines, learnt, b"a3")))


def _greeting(lines: Lines, learnt: Learnt) -> Talk[tuple[str, ...] | None]:
    """The capabilities in the greeting, () if it has none; None when it goes no further."""
    line = yield from lines.next_line()
    learnt.greet([line])
    match = _GREETING.match(line)
    if match is None:
        learnt.stop("not-mail", "greeting-not-mail")
        return None
    learnt.reached = "greeting"
    kind = match[1].upper()
    learnt.polite_end = kind != b"BYE"
    code = _CAPABILITY_CODE.search(line)
    offered = _words(code[1]) if code else ()
    if kind == b"OK":
        return offered
    if kind == b"BYE":
        learnt.stop("greeting-rejected", "greeting-rejected")
        return None
    # Already logged in: STARTTLS is not allowed any more (RFC 9051 section 6.2.1), nothing is to be learnt.
    if offered:
        _keep(learnt, offered)
    learnt.signs.add("preauth")
    learnt.stop("preauth", "preauth", tls="none")
    return None


def _capability(lines: Lines, learnt: Learnt, tag: bytes) -> Talk[tuple[str, ...]]:
    yield from say(learnt, tag + b" CAPABILITY")
    answer = yield from read_answer(lines, tag)
    for line in answer.untagged:
        match = _CAPABILITY_LINE.match(line)
        if match:
            return _words(match[1])
    code = _CAPABILITY_CODE.search(answer.text)
    if code:
        return _words(code[1])
    raise RemoteMisbehaved("no CAPABILITY")


def _keep(learnt: Learnt, offered: Sequence[str]) -> None:
    learnt.offer(offered, parse_mechanisms(offered))


def _words(raw: bytes) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word.upper() for word in clean(raw, 4000).split()))


def parse_mechanisms(capabilities: Sequence[str]) -> tuple[str, ...]:
    """SASL mechanisms; LOGIN when there are none but the LOGIN command is not disabled.

    RFC 9051 section 6.2.3: without LOGINDISABLED the LOGIN command takes a password in clear.
    """
    found = tuple(word[5:] for word in capabilities if word.startswith("AUTH="))
    return found or (() if "LOGINDISABLED" in capabilities else ("LOGIN",))
