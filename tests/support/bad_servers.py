"""Scripts of servers, of good ones and of such as do what servers should not; each gets its context for TLS."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable

from tests.support.misbehaving import Peer

Body = Callable[[Peer, ssl.SSLContext], Awaitable[None]]
EHLO_REPLY = b"250-mx.example.test\r\n250-SIZE 1000\r\n250-STARTTLS\r\n250 8BITMIME\r\n"


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
