"""Servers that do what servers should not: each row says what must be told about it.

Limits are short here, the pauses of the servers are scaled to them.
"""

from __future__ import annotations

import asyncio
import errno
import ssl
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
from tests.support.bad_servers import (
    Body,
    bare_lf,
    both_modes,
    byte_by_byte,
    close_on_starttls,
    cut_once,
    drops_after_tls,
    ehlo,
    endless_ehlo,
    exchange_words,
    garbage_handshake,
    good,
    greet_delay,
    greeting,
    hang_up,
    helo_only,
    imap,
    imap_bye_later,
    imap_injection,
    imap_long_greeting,
    imap_refuses,
    imap_unavailable,
    keyword_first,
    late_and_lost,
    late_garbage,
    lost_always,
    lost_and_then_busy,
    lost_once,
    lost_once_where_tls_comes_first,
    lower_case,
    many_greeting_lines,
    megabyte_greeting,
    megabyte_line,
    mute,
    mute_after_greeting,
    mute_after_starttls,
    mute_through_tls,
    pop3,
    pop3_ancient,
    pop3_without_capa,
    reset,
    say_and_close,
    sieve,
    smtp,
    starttls_answer,
    tarpit,
    tarpit_later,
    teaser,
    tls_first,
)
from tests.support.misbehaving import Peer, Server, server_context
from tests.support.probing import HOST, network_for, probe_at

SHORT = Limits(
    connect_s=1.0, greeting_s=1.2, reply_s=0.5, tls_s=0.6, quit_s=0.3, total_s=3.0, quiet_s=0.3, both_s=0.1
)


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
