"""Servers that do what servers should not: each row says what must be told about it.

Limits are short here, the pauses of the servers are scaled to them.
"""

from __future__ import annotations

import asyncio
import errno
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from adapters.net.dialer import TcpConnection, TcpDialer
from bot.model.outcome import Endpoint, EndpointOutcome, Sign, Tls
from bot.model.services import Mode, Protocol
from bot.model.value import replace
from bot.probes.limits import Limits
from bot.probes.run import wait_for_goodbyes
from bot.settings import Settings
from tests.support.authority import Authority
from tests.support.misbehaving import Peer, Server, server_context
from tests.support.probing import HOST, network_for, probe_at

SHORT = Limits(
    connect_s=1.0, greeting_s=1.2, reply_s=0.5, tls_s=0.6, quit_s=0.3, total_s=3.0, quiet_s=0.3, both_s=0.1
)
Body = Callable[[Peer, ssl.SSLContext], Awaitable[None]]
EHLO_REPLY = b"250-mx.example.test\r\n250-SIZE 1000\r\n250-STARTTLS\r\n250 8BITMIME\r\n"


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


@pytest.fixture(scope="module")
def tls(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    return server_context(authority.issue(HOST), tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def ca_file(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return authority.write_root(tmp_path_factory.mktemp("ca") / "root.pem")


async def upgrade(peer: Peer, tls: ssl.SSLContext, go: bytes = b"220 2.0.0 Ready\r\n") -> None:
    await peer.line()
    await peer.send(go)
    await peer.starttls(tls)


async def rest(peer: Peer) -> None:
    await peer.line()
    await peer.send(b"250-mx.example.test\r\n250-AUTH PLAIN LOGIN\r\n250 8BITMIME\r\n")
    await peer.until_quit()


async def smtp(
    peer: Peer, tls: ssl.SSLContext, greeting: bytes = b"220 mx ESMTP\r\n", ehlo: bytes = EHLO_REPLY
) -> None:
    await peer.send(greeting)
    await peer.line()
    await peer.send(ehlo)
    if b"STARTTLS" not in ehlo.upper():
        await peer.until_quit()
        return
    await upgrade(peer, tls)
    await rest(peer)


async def good(peer: Peer, tls: ssl.SSLContext) -> None:
    await smtp(peer, tls)


async def byte_by_byte(peer: Peer, tls: ssl.SSLContext) -> None:
    await peer.dribble(b"220 mx ESMTP\r\n", 0.002)
    await peer.line()
    await peer.dribble(EHLO_REPLY, 0.001)
    await upgrade(peer, tls)
    await rest(peer)


async def greet_delay(peer: Peer, tls: ssl.SSLContext) -> None:
    await asyncio.sleep(0.7)
    await smtp(peer, tls)


async def teaser(peer: Peer, tls: ssl.SSLContext) -> None:
    await peer.send(b"220-mx teaser\r\n")
    await asyncio.sleep(0.4)
    await smtp(peer, tls)


async def many_greeting_lines(peer: Peer, tls: ssl.SSLContext) -> None:
    await smtp(peer, tls, b"220-one\r\n220-two\r\n220\r\n")


async def bare_lf(peer: Peer, tls: ssl.SSLContext) -> None:
    await smtp(peer, tls, b"220 mx\n", EHLO_REPLY.replace(b"\r\n", b"\n"))


async def lower_case(peer: Peer, tls: ssl.SSLContext) -> None:
    await smtp(peer, tls, ehlo=b"250-mx\r\n250-size 1\r\n250 starttls\r\n")


async def keyword_first(peer: Peer, tls: ssl.SSLContext) -> None:
    await smtp(peer, tls, ehlo=b"250 STARTTLS\r\n")


async def exchange_words(peer: Peer, tls: ssl.SSLContext) -> None:
    await peer.send(b"220 mx\r\n")
    await peer.line()
    await peer.send(EHLO_REPLY)
    await upgrade(peer, tls, b"220 TLS go ahead, no 454 here\r\n")
    await rest(peer)


def say_and_close(data: bytes) -> Body:
    async def body(peer: Peer, _: ssl.SSLContext) -> None:
        await peer.send(data)
        await peer.line()

    return body


def greeting(data: bytes) -> Body:
    async def body(peer: Peer, tls: ssl.SSLContext) -> None:
        await smtp(peer, tls, data)

    return body


def ehlo(data: bytes) -> Body:
    async def body(peer: Peer, tls: ssl.SSLContext) -> None:
        await smtp(peer, tls, ehlo=data)

    return body


async def mute(_: Peer, __: ssl.SSLContext) -> None:
    await asyncio.sleep(10)


async def hang_up(_: Peer, __: ssl.SSLContext) -> None:
    return


async def reset(peer: Peer, _: ssl.SSLContext) -> None:
    peer.reset()


async def tarpit(peer: Peer, _: ssl.SSLContext) -> None:
    await peer.dribble(b"220 this never comes to an end" * 9, 0.1)


async def tarpit_later(peer: Peer, _: ssl.SSLContext) -> None:
    await peer.send(b"220 mx\r\n")
    await peer.line()
    await peer.dribble(EHLO_REPLY, 0.1)


async def mute_after_greeting(peer: Peer, _: ssl.SSLContext) -> None:
    await peer.send(b"220 mx\r\n")
    await asyncio.sleep(10)


async def mute_through_tls(peer: Peer, tls: ssl.SSLContext) -> None:
    await peer.starttls(tls)
    await asyncio.sleep(10)


async def mute_after_starttls(peer: Peer, _: ssl.SSLContext) -> None:
    await peer.send(b"220 mx\r\n")
    await peer.line()
    await peer.send(EHLO_REPLY)
    await peer.line()
    await peer.send(b"220 go\r\n")
    await asyncio.sleep(10)


async def endless_ehlo(peer: Peer, _: ssl.SSLContext) -> None:
    await peer.send(b"220 mx\r\n")
    await peer.line()
    while True:
        await peer.send(b"250-KEYWORD\r\n" * 50)


async def megabyte_greeting(peer: Peer, _: ssl.SSLContext) -> None:
    await peer.send(b"220 " + b"x" * 1_000_000)
    await peer.line()


async def megabyte_line(peer: Peer, _: ssl.SSLContext) -> None:
    await peer.send(b"220 mx\r\n")
    await peer.line()
    await peer.send(b"250-STARTTLS\r\n250-" + b"x" * 1_000_000 + b"\r\n250 OK\r\n")
    await peer.line()


def starttls_answer(data: bytes) -> Body:
    async def body(peer: Peer, _: ssl.SSLContext) -> None:
        await peer.send(b"220 mx\r\n")
        await peer.line()
        await peer.send(EHLO_REPLY)
        await peer.line()
        await peer.send(data)
        await peer.until_quit()

    return body


async def close_on_starttls(peer: Peer, _: ssl.SSLContext) -> None:
    await peer.send(b"220 mx\r\n")
    await peer.line()
    await peer.send(EHLO_REPLY)
    await peer.line()


async def garbage_handshake(peer: Peer, _: ssl.SSLContext) -> None:
    await peer.send(b"220 mx\r\n")
    await peer.line()
    await peer.send(EHLO_REPLY)
    await peer.line()
    await peer.send(b"220 go\r\n")
    await peer.reader.read(10)
    await peer.send(b"\xff\xfe\xfd not TLS at all")


async def loses_the_handshake(peer: Peer, beginning: bytes = b"") -> None:
    """Go ahead, hear the ClientHello, and be gone."""
    await peer.send(b"220 mx\r\n")
    await peer.line()
    await peer.send(EHLO_REPLY)
    await peer.line()
    await peer.send(b"220 go\r\n")
    await peer.reader.read(10)
    if beginning:
        await peer.send(beginning)
    else:
        peer.reset()


async def lost_once(peer: Peer, tls: ssl.SSLContext) -> None:
    if peer.server.connections == 1:
        await loses_the_handshake(peer)
    else:
        await smtp(peer, tls)


async def cut_once(peer: Peer, tls: ssl.SSLContext) -> None:
    """Goes in the middle of its ServerHello."""
    if peer.server.connections == 1:
        await loses_the_handshake(peer, b"\x16\x03\x03\x00\x7a\x02\x00")
    else:
        await smtp(peer, tls)


async def lost_always(peer: Peer, _: ssl.SSLContext) -> None:
    await loses_the_handshake(peer)


async def lost_and_then_busy(peer: Peer, _: ssl.SSLContext) -> None:
    if peer.server.connections == 1:
        await loses_the_handshake(peer)
    else:
        await peer.send(b"421 too busy\r\n")


async def lost_once_where_tls_comes_first(peer: Peer, tls: ssl.SSLContext) -> None:
    if peer.server.connections == 1:
        await peer.reader.read(10)
        await peer.send(b"\x16\x03\x03\x00\x7a\x02\x00")
    else:
        await tls_first(peer, tls)


async def late_garbage(peer: Peer, tls: ssl.SSLContext) -> None:
    if peer.server.connections == 1:
        await asyncio.sleep(0.7)
        await garbage_handshake(peer, tls)
    else:
        await peer.line()


async def late_and_lost(peer: Peer, _: ssl.SSLContext) -> None:
    if peer.server.connections == 1:
        await asyncio.sleep(0.7)
        await loses_the_handshake(peer)
    else:
        await peer.line()


async def helo_only(peer: Peer, _: ssl.SSLContext) -> None:
    await peer.send(b"220 old\r\n")
    while line := await peer.line():
        if line.startswith(b"HELO"):
            await peer.send(b"250 old\r\n")
        elif line.startswith(b"QUIT"):
            await peer.send(b"221 bye\r\n")
            return
        else:
            await peer.send(b"502 what?\r\n")


async def drops_after_tls(peer: Peer, tls: ssl.SSLContext) -> None:
    await peer.send(b"220 mx\r\n")
    await peer.line()
    await peer.send(EHLO_REPLY)
    await upgrade(peer, tls)
    await peer.line()
    await peer.send(b"421 too busy\r\n")


async def tls_first(peer: Peer, tls: ssl.SSLContext) -> None:
    await peer.starttls(tls)
    await smtp(peer, tls, ehlo=b"250-mx\r\n250 AUTH PLAIN\r\n")


async def both_modes(peer: Peer, tls: ssl.SSLContext) -> None:
    """In clear after a while, with TLS at once: as some proxies do."""
    number = peer.server.connections
    if number == 2:
        await peer.starttls(tls)
        await peer.send(b"220 mx\r\n")
        await peer.until_quit()
    else:
        await asyncio.sleep(0.33)
        await smtp(peer, tls)


async def imap(peer: Peer, tls: ssl.SSLContext) -> None:
    await peer.send(b"* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] ready\r\n")
    await peer.line()
    await peer.send(b"* 1 EXISTS\r\na2 OK go\r\n")
    await peer.starttls(tls)
    await peer.line()
    await peer.send(b"* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\na3 OK done\r\n")
    await peer.until_quit(b"* BYE\r\na9 OK\r\n")


async def imap_injection(peer: Peer, _: ssl.SSLContext) -> None:
    await peer.send(b"* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n")
    await peer.line()
    await peer.send(b"a2 OK go\r\n* CAPABILITY IMAP4rev1 AUTH=EVIL\r\n")
    await peer.line()


async def imap_refuses(peer: Peer, _: ssl.SSLContext) -> None:
    await peer.send(b"* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n")
    await peer.line()
    await peer.send(b"a2 NO not today\r\n")
    await peer.until_quit()


async def imap_unavailable(peer: Peer, _: ssl.SSLContext) -> None:
    await peer.send(b"* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n")
    await peer.line()
    await peer.send(b"a2 NO [UNAVAILABLE] later\r\n")
    await peer.until_quit()


async def imap_bye_later(peer: Peer, _: ssl.SSLContext) -> None:
    await peer.send(b"* OK ready\r\n")
    await peer.line()
    await peer.send(b"* BYE overloaded\r\n")


async def imap_long_greeting(peer: Peer, tls: ssl.SSLContext) -> None:
    words = b" ".join(b"X-WORD%d" % number for number in range(400))
    await peer.dribble(b"* OK [CAPA", 0.01)
    await peer.send(b"BILITY IMAP4rev1 " + words + b"] hi\r\n")
    await peer.until_quit()


async def pop3(peer: Peer, tls: ssl.SSLContext) -> None:
    await peer.send(b"+OK ready <1.2@mx>\r\n")
    await peer.line()
    await peer.send(b"+OK list\r\nTOP\r\nSTLS\r\n.\r\n")
    await peer.line()
    await peer.send(b"+OK begin\r\n")
    await peer.starttls(tls)
    await peer.line()
    await peer.send(b"+OK list\r\nTOP\r\nUSER\r\nSASL PLAIN LOGIN\r\n.\r\n")
    await peer.until_quit(b"+OK bye\r\n")


async def pop3_without_capa(peer: Peer, tls: ssl.SSLContext) -> None:
    await peer.send(b"+OK\r\n")
    await peer.line()
    await peer.send(b"-ERR unknown command\r\n")
    await peer.line()
    await peer.send(b"+OK begin\r\n")
    await peer.starttls(tls)
    await peer.line()
    await peer.send(b"-ERR unknown command\r\n")
    await peer.until_quit(b"+OK bye\r\n")


async def pop3_ancient(peer: Peer, _: ssl.SSLContext) -> None:
    await peer.send(b"+OK\r\n")
    while line := await peer.line():
        await peer.send(b"+OK bye\r\n" if line.startswith(b"QUIT") else b"-ERR unknown command\r\n")


async def sieve(peer: Peer, tls: ssl.SSLContext) -> None:
    await peer.send(b'"IMPLEMENTATION" "Test"\r\n"SASL" ""\r\n"STARTTLS"\r\nOK "ready"\r\n')
    await peer.line()
    await peer.send(b'OK "begin"\r\n')
    await peer.starttls(tls)
    await peer.send(b'"IMPLEMENTATION" "Test"\r\n"SASL" "PLAIN"\r\nOK "ready"\r\n')
    await peer.until_quit(b'OK "bye"\r\n')


@dataclass(frozen=True)
class Expected:
    tls: Tls
    signs: frozenset[Sign]
    reason: str
    connections: int = 1


def row(
    name: str,
    body: Body,
    tls: Tls,
    *signs: Sign,
    reason: str = "",
    connections: int = 1,
    protocol: Protocol = "smtp",
    mode: Mode = "starttls",
) -> object:
    expected = Expected(tls, frozenset(signs), reason, connections)
    return pytest.param(body, protocol, mode, expected, id=name)


ROWS = [
    row("a good server", good, "starttls"),
    row("replies cut into single bytes", byte_by_byte, "starttls"),
    row("a greet delay", greet_delay, "starttls", "greeting-delayed", connections=2),
    row("a postscreen teaser", teaser, "starttls", "greeting-delayed"),
    row("a greeting of three lines, the last without text", many_greeting_lines, "starttls"),
    row("bare line feeds", bare_lf, "starttls", "bare-lf"),
    row("keywords in lower case", lower_case, "starttls"),
    row("STARTTLS on the first and only line", keyword_first, "starttls"),
    row("the go-ahead in unusual words", exchange_words, "starttls"),
    row(
        "421 in the greeting",
        say_and_close(b"421 come back later\r\n"),
        "unknown",
        "greeting-rejected",
        reason="greeting-rejected",
    ),
    row(
        "554 in the greeting",
        say_and_close(b"554 no thanks\r\n"),
        "unknown",
        "greeting-rejected",
        reason="greeting-rejected",
    ),
    row(
        "a web server",
        say_and_close(b"HTTP/1.1 400 Bad Request\r\n\r\n"),
        "unknown",
        "greeting-not-mail",
        reason="not-mail",
    ),
    row("SSH", say_and_close(b"SSH-2.0-x\r\n"), "unknown", "greeting-not-mail", reason="not-mail"),
    row(
        "IMAP where SMTP should be",
        say_and_close(b"* OK [CAPABILITY IMAP4rev1] hi\r\n"),
        "unknown",
        "greeting-not-mail",
        reason="not-mail",
    ),
    row(
        "a greeting whose lines disagree",
        say_and_close(b"220-hi\r\n554 no\r\n"),
        "unknown",
        "protocol-error",
        reason="protocol-error",
    ),
    row("mute", mute, "unknown", "silent", reason="silent", connections=2),
    row(
        "mute where TLS comes first",
        mute,
        "unknown",
        "silent",
        reason="silent",
        connections=2,
        mode="implicit",
    ),
    row("mute through TLS", mute_through_tls, "implicit", "silent", mode="implicit"),
    row("hanging up", hang_up, "unknown", "closed-before-greeting", reason="closed-before-greeting"),
    row("a reset", reset, "unknown", "reset-before-greeting", reason="reset-before-greeting"),
    row(
        "hanging up where TLS comes first",
        hang_up,
        "unknown",
        "closed-before-greeting",
        reason="closed-before-greeting",
        connections=2,
        mode="implicit",
    ),
    row("a tarpit", tarpit, "unknown", "tarpit", "timed-out", reason="tarpit"),
    row("a tarpit after the greeting", tarpit_later, "unknown", "tarpit", "timed-out", reason="tarpit"),
    row("mute after the greeting", mute_after_greeting, "unknown", "timed-out", reason="timed-out"),
    row("mute after the go-ahead", mute_after_starttls, "unknown", "timed-out", reason="timed-out"),
    row("an endless EHLO reply", endless_ehlo, "unknown", "reply-hostile", reason="reply-hostile"),
    row("a greeting of a megabyte", megabyte_greeting, "unknown", "reply-hostile", reason="reply-hostile"),
    row("a line of a megabyte", megabyte_line, "unknown", "reply-hostile", reason="reply-hostile"),
    row("no STARTTLS", ehlo(b"250-mx\r\n250 SIZE 1\r\n"), "none", reason="starttls-not-offered"),
    row(
        "STARTTLS overwritten by a firewall",
        ehlo(b"250-mx\r\n250-XXXXXXXA\r\n250 SIZE 1\r\n"),
        "none",
        "starttls-stripped",
        reason="starttls-overwritten",
    ),
    row("HELO only", helo_only, "none", reason="no-esmtp"),
    row(
        "EHLO refused",
        ehlo(b"550 I do not like your name\r\n"),
        "unknown",
        "hello-refused",
        reason="hello-refused",
    ),
    row("421 to EHLO", ehlo(b"421 too many\r\n"), "unknown", "hello-limited", reason="hello-limited"),
    row(
        "nonsense to EHLO", ehlo(b"hello yourself\r\n"), "unknown", "protocol-error", reason="protocol-error"
    ),
    row(
        "454 to STARTTLS",
        starttls_answer(b"454 TLS not available due to temporary reason\r\n"),
        "unknown",
        "starttls-temporary",
        reason="starttls-temporary",
    ),
    row(
        "421 to STARTTLS",
        starttls_answer(b"421 busy\r\n"),
        "unknown",
        "starttls-temporary",
        reason="starttls-temporary",
    ),
    row(
        "502 to STARTTLS",
        starttls_answer(b"502 not implemented\r\n"),
        "broken",
        "starttls-refused",
        reason="starttls-refused",
    ),
    row(
        "plain text injected after the go-ahead",
        starttls_answer(b"220 go\r\n250-evil\r\n250 AUTH PLAIN\r\n"),
        "broken",
        "starttls-injection",
        reason="starttls-injection",
    ),
    row("closing on STARTTLS", close_on_starttls, "unknown", "hello-limited", reason="closed-early"),
    row(
        "garbage instead of a handshake",
        garbage_handshake,
        "broken",
        "handshake-failed",
        reason="handshake-failed",
        connections=2,
    ),
    row("a handshake that is lost once", lost_once, "starttls", connections=2),
    row("a handshake that is cut once", cut_once, "starttls", connections=2),
    row(
        "a handshake that is lost once where TLS comes first",
        lost_once_where_tls_comes_first,
        "implicit",
        connections=2,
        mode="implicit",
    ),
    row(
        "handshakes that are lost each time",
        lost_always,
        "broken",
        "handshake-failed",
        reason="handshake-failed",
        connections=2,
    ),
    row(
        "a handshake that is lost, and then no second try",
        lost_and_then_busy,
        "unknown",
        "hello-limited",
        reason="closed-early",
        connections=2,
    ),
    row(
        "garbage instead of a handshake after a greet delay",
        late_garbage,
        "broken",
        "greeting-delayed",
        "handshake-failed",
        reason="handshake-failed",
        connections=2,
    ),
    row(
        "a handshake that is lost after a greet delay",
        late_and_lost,
        "unknown",
        "greeting-delayed",
        "hello-limited",
        reason="closed-early",
        connections=2,
    ),
    row("421 to EHLO under TLS", drops_after_tls, "starttls", "hello-limited"),
    row("TLS first where plain text is promised", tls_first, "implicit", "mode-swapped", connections=2),
    row(
        "plain text first where TLS is promised",
        good,
        "starttls",
        "mode-swapped",
        connections=2,
        mode="implicit",
    ),
    row(
        "plain text without STARTTLS where TLS is promised",
        ehlo(b"250-mx\r\n250 SIZE 1\r\n"),
        "none",
        "mode-swapped",
        reason="starttls-not-offered",
        connections=2,
        mode="implicit",
    ),
    row("both modes on one port", both_modes, "starttls", "mode-both", "greeting-delayed", connections=2),
    row("TLS first as promised", tls_first, "implicit", mode="implicit"),
    row(
        "a greeting that calls a channel", greeting(b"220 <!channel> hi\r\n"), "starttls", "greeting-hostile"
    ),
    row("a greeting that calls everyone", greeting(b"220 @everyone hi\r\n"), "starttls", "greeting-hostile"),
    row(
        "a greeting with escapes",
        greeting(b"220 \x1b[31mred\x1b]0;x\x07\r\n"),
        "starttls",
        "greeting-hostile",
    ),
    row("a greeting in broken UTF-8", greeting(b"220 \xff\xfe hi\r\n"), "starttls", "greeting-hostile"),
    row(
        "a greeting with a link", greeting(b"220 [x](https://evil.test)\r\n"), "starttls", "greeting-hostile"
    ),
    row("IMAP with untagged data before the answer", imap, "starttls", protocol="imap"),
    row(
        "IMAP injection",
        imap_injection,
        "broken",
        "starttls-injection",
        reason="starttls-injection",
        protocol="imap",
    ),
    row(
        "IMAP NO to STARTTLS",
        imap_refuses,
        "broken",
        "starttls-refused",
        reason="starttls-refused",
        protocol="imap",
    ),
    row(
        "IMAP [UNAVAILABLE]",
        imap_unavailable,
        "unknown",
        "starttls-temporary",
        reason="starttls-temporary",
        protocol="imap",
    ),
    row(
        "IMAP PREAUTH",
        say_and_close(b"* PREAUTH hello\r\n"),
        "none",
        "preauth",
        reason="preauth",
        protocol="imap",
    ),
    row(
        "IMAP BYE",
        say_and_close(b"* BYE too many connections\r\n"),
        "unknown",
        "greeting-rejected",
        reason="greeting-rejected",
        protocol="imap",
    ),
    row(
        "IMAP BYE later",
        imap_bye_later,
        "unknown",
        "hello-limited",
        reason="hello-limited",
        protocol="imap",
    ),
    row(
        "an IMAP greeting over 2 KiB and in pieces",
        imap_long_greeting,
        "none",
        reason="starttls-not-offered",
        protocol="imap",
    ),
    row("POP3", pop3, "starttls", protocol="pop3"),
    row("POP3 without CAPA, with STLS", pop3_without_capa, "starttls", protocol="pop3"),
    row("POP3 without CAPA and STLS", pop3_ancient, "none", reason="stls-unknown", protocol="pop3"),
    row(
        "POP3 that refuses us",
        say_and_close(b"-ERR [SYS/TEMP] busy\r\n"),
        "unknown",
        "greeting-rejected",
        reason="greeting-rejected",
        protocol="pop3",
    ),
    row("ManageSieve", sieve, "starttls", protocol="sieve"),
]


async def meet(
    body: Body, protocol: Protocol, mode: Mode, tls: ssl.SSLContext, ca_file: Path
) -> tuple[EndpointOutcome, Server]:
    async with Server(lambda peer: body(peer, tls)) as server:
        network = network_for([server.port], str(ca_file))
        outcome = await probe_at(server.port, protocol, mode, limits=SHORT, network=network)
        await wait_for_goodbyes()
    return outcome, server


@pytest.mark.parametrize(("body", "protocol", "mode", "expected"), ROWS)
async def test_what_is_told_about(
    body: Body, protocol: Protocol, mode: Mode, expected: Expected, tls: ssl.SSLContext, ca_file: Path
) -> None:
    before = len(asyncio.all_tasks())
    outcome, server = await meet(body, protocol, mode, tls, ca_file)
    assert outcome.state == "open"
    assert (outcome.tls, outcome.tls_reason) == (expected.tls, expected.reason)
    assert outcome.signs == expected.signs
    assert outcome.connections == server.connections == expected.connections
    assert len(asyncio.all_tasks()) == before
    assert all(character.isprintable() for line in outcome.transcript for character in line)
    assert outcome.total_ms < (SHORT.total_s + 0.5) * 1000


async def test_a_good_server_is_told_whole(tls: ssl.SSLContext, ca_file: Path) -> None:
    outcome, server = await meet(good, "smtp", "starttls", tls, ca_file)
    assert outcome.certificate is not None
    assert outcome.certificate.status == "valid"
    assert outcome.tls_version == "TLSv1.3"
    assert outcome.capabilities_before == ("SIZE 1000", "STARTTLS", "8BITMIME")
    assert outcome.auth_before == ()
    assert outcome.auth_after == ("PLAIN", "LOGIN")
    assert set(outcome.phases_ms) == {"connect", "greeting", "hello", "starttls", "tls", "hello_tls", "quit"}
    assert server.said[-1] == b"QUIT"
    assert server.said[0] == b"EHLO probe.example.org"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        pytest.param(starttls_answer(b"454 4.7.0 no\x1b key\r\n"), "454 4.7.0 no  key", id="to STARTTLS"),
        pytest.param(starttls_answer(b"502 never\r\n"), "502 never", id="to STARTTLS, for good"),
        pytest.param(ehlo(b"550-your name\r\n550 is bad\r\n"), "550 is bad", id="to EHLO"),
        pytest.param(ehlo(b"421 too many\r\n"), "421 too many", id="to EHLO, for now"),
    ],
)
async def test_the_words_of_a_refusal_are_kept(
    body: Body, words: str, tls: ssl.SSLContext, ca_file: Path
) -> None:
    outcome, _ = await meet(body, "smtp", "starttls", tls, ca_file)
    assert outcome.detail == words


async def test_a_reset_while_connecting_is_a_reset_and_no_dropped_port(ca_file: Path) -> None:
    class Resetting(TcpDialer):
        async def dial(self, endpoint: Endpoint) -> TcpConnection:
            raise ConnectionResetError(errno.ECONNRESET, "reset")

    network = replace(network_for([25], str(ca_file)), dialer=Resetting(Settings()))
    outcome = await probe_at(25, network=network)
    assert (outcome.state, outcome.tls, outcome.connections) == ("open", "unknown", 1)
    assert outcome.signs == {"reset-before-greeting"}


async def test_what_was_learnt_before_the_stall_is_kept(tls: ssl.SSLContext, ca_file: Path) -> None:
    outcome, _ = await meet(mute_after_starttls, "smtp", "starttls", tls, ca_file)
    assert outcome.greeting == "220 mx"
    assert outcome.capabilities_before is not None
    assert outcome.reached == "starttls"


async def test_the_answer_does_not_wait_for_the_goodbye(tls: ssl.SSLContext, ca_file: Path) -> None:
    async def never_says_goodbye(peer: Peer, tls: ssl.SSLContext) -> None:
        await smtp(peer, tls, ehlo=b"250 mx\r\n")
        await asyncio.sleep(10)

    async with Server(lambda peer: never_says_goodbye(peer, tls)) as server:
        outcome = await probe_at(server.port, limits=SHORT)
        assert "quit" not in outcome.phases_ms
        await wait_for_goodbyes(0.05)
    assert outcome.tls == "none"


@pytest.mark.parametrize("after_s", [0.0, 0.01, 0.05, 0.4, 0.5])
async def test_cancelling_leaves_nothing_open(after_s: float, tls: ssl.SSLContext) -> None:
    closed = asyncio.Event()

    async def watch(peer: Peer) -> None:
        try:
            while await peer.reader.read(100):
                pass
        finally:
            closed.set()

    async with Server(watch) as server:
        task = asyncio.create_task(probe_at(server.port, limits=SHORT))
        await asyncio.sleep(after_s)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        if server.connections:
            await asyncio.wait_for(closed.wait(), 1)
        assert [one for one in asyncio.all_tasks() if "_run" in repr(one) and "Session" in repr(one)] == []


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
@pytest.mark.parametrize("mode", ["starttls", "implicit"])
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
async def test_only_old_tls(
    version: ssl.TLSVersion, mode: Mode, authority: Authority, tmp_path: Path, ca_file: Path
) -> None:
    old = server_context(authority.issue(HOST), tmp_path)
    old.minimum_version = ssl.TLSVersion.TLSv1
    old.maximum_version = version
    body = good if mode == "starttls" else tls_first
    outcome, server = await meet(body, "smtp", mode, old, ca_file)
    assert outcome.tls == mode
    assert outcome.signs == {"tls-old-only"}
    assert outcome.tls_version in ("TLSv1", "TLSv1.1")
    assert outcome.certificate is not None
    assert server.connections == 2


async def test_what_only_old_clients_get_after_a_lost_handshake_is_no_tls_of_today(
    authority: Authority, tmp_path: Path, ca_file: Path
) -> None:
    """There are servers that hang up where they should say that they have no cipher in common."""
    old = server_context(authority.issue(HOST, key="rsa2048"), tmp_path)
    old.set_ciphers("AES256-SHA:@SECLEVEL=0")
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    outcome, server = await meet(lost_once, "smtp", "starttls", old, ca_file)
    assert (outcome.tls, outcome.tls_reason) == ("broken", "handshake-failed")
    assert outcome.signs == {"handshake-failed"}
    assert server.connections == 2
    assert (outcome.tls_version, outcome.cipher) == ("TLSv1.2", "AES256-SHA")
