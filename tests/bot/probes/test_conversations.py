"""Each conversation against recordings of real servers and made-up ones: whole, byte by byte, with a tail.

The properties kill, among others: a reader that loses what came after a line in the same segment, one
that starts TLS on waiting bytes, and one that takes the first line of a reply for all of it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import RemoteMisbehaved
from bot.probes import imap, pop3, sieve, smtp
from bot.probes.limits import MAX_LINE, MAX_LONG_LINE, MAX_SESSION_BYTES
from bot.probes.talk import Learnt, Lines, Read, ReplyTooLong, StartTls, Write

RECORDINGS = Path(__file__).resolve().parents[2] / "recordings"
MODULES: dict[str, ModuleType] = {"smtp": smtp, "imap": imap, "pop3": pop3, "sieve": sieve}
Cut = Callable[[bytes], list[bytes]]
CUTS: dict[str, Cut] = {
    "whole": lambda data: [data],
    "byte by byte": lambda data: [data[i : i + 1] for i in range(len(data))],
    "in pieces of seven": lambda data: [data[i : i + 7] for i in range(0, len(data), 7)],
}


class Play:
    """Feeds a conversation with answers, one per command, cut in some way."""

    def __init__(self, protocol: str, answers: list[bytes], cut: Cut, *, implicit: bool = False) -> None:
        self.learnt = Learnt()
        self.written: list[bytes] = []
        self.handshakes = 0
        self.lines = Lines(self.learnt, MAX_LONG_LINE if protocol == "imap" else MAX_LINE)
        self.talk = MODULES[protocol].converse(self.lines, self.learnt, "probe.test", implicit=implicit)
        self.answers = iter(answers)
        self.cut = cut

    def run(self) -> Play:
        waiting: Iterator[bytes] = iter(())
        action: Any = next(self.talk)
        fresh = True
        try:
            while True:
                data = b""
                match action:
                    case Write(said):
                        self.written.append(said)
                        fresh = True
                    case StartTls():
                        self.handshakes += 1
                    case Read():
                        if fresh:
                            waiting, fresh = iter(self.cut(next(self.answers, b""))), False
                        data = next(waiting, b"")
                action = self.talk.send(data)
        except StopIteration:
            return self


def recordings() -> list[Any]:
    return [
        pytest.param(json.loads(path.read_text()), id=path.stem) for path in sorted(RECORDINGS.glob("*.json"))
    ]


@pytest.mark.parametrize("cut", CUTS.values(), ids=CUTS)
@pytest.mark.parametrize("recording", recordings())
def test_real_servers(recording: dict[str, Any], cut: Cut) -> None:
    answers = [text.encode() for text in recording["answers"]]
    play = Play(recording["protocol"], answers, cut, implicit=recording.get("implicit", False)).run()
    expected = recording["expected"]
    assert play.learnt.tls == expected["tls"]
    assert play.learnt.tls_reason == expected.get("reason", "")
    assert sorted(play.learnt.signs) == expected.get("signs", [])
    assert list(play.learnt.auth_after or ()) == expected.get("auth_after", [])
    assert list(play.learnt.auth_before or ()) == expected.get("auth_before", [])


GOOD = [b"220 mx\r\n", b"250-mx\r\n250 STARTTLS\r\n", b"220 go\r\n", b"250-mx\r\n250 AUTH PLAIN\r\n"]


def test_a_tail_after_the_go_ahead_stops_before_the_handshake() -> None:
    play = Play("smtp", [*GOOD[:2], b"220 go\r\n250 evil\r\n"], CUTS["whole"]).run()
    assert play.handshakes == 0
    assert play.learnt.signs == {"starttls-injection"}


@pytest.mark.parametrize(
    ("lines", "code", "texts"),
    [
        pytest.param(b"250\r\n", 250, (b"",), id="code alone, as some servers send"),
        pytest.param(b"250 \r\n", 250, (b"",), id="no text"),
        pytest.param(b"250-a\r\n250 b\r\n", 250, (b"a", b"b"), id="two lines"),
        pytest.param(b"250-a\n250 b\n", 250, (b"a", b"b"), id="bare line feeds"),
        pytest.param(b"250-\r\n250\r\n", 250, (b"", b""), id="lines without text"),
    ],
)
def test_replies(lines: bytes, code: int, texts: tuple[bytes, ...]) -> None:
    reply = read_all(lines)
    assert (reply.code, reply.lines) == (code, texts)


@pytest.mark.parametrize(
    "junk",
    [b"25 x\r\n", b"2500 x\r\n", b"abc\r\n", b"\r\n", b"250_x\r\n", b"150 x\r\n", b"250-a\r\n251 b\r\n"],
)
def test_what_is_no_reply(junk: bytes) -> None:
    with pytest.raises(RemoteMisbehaved):
        read_all(junk)


@pytest.mark.parametrize(
    "flood",
    [
        pytest.param(b"220 " + b"x" * 5000, id="a line without end"),
        pytest.param(b"220 " + b"x" * 5000 + b"\r\n", id="a long line"),
        pytest.param(b"220-x\r\n" * 101, id="too many lines"),
        pytest.param((b"220-" + b"x" * 1900 + b"\r\n") * 99, id="too many bytes"),
    ],
)
def test_floods_are_cut_off(flood: bytes) -> None:
    with pytest.raises(ReplyTooLong):
        read_all(flood)
    assert len(flood) < 3 * MAX_SESSION_BYTES


def read_all(data: bytes) -> smtp.Reply:
    talk = smtp.read_reply(Lines(Learnt()))
    next(talk)
    try:
        talk.send(data)
        talk.send(b"")
    except StopIteration as done:
        reply: smtp.Reply = done.value
        return reply
    raise AssertionError("asks for more")


@pytest.mark.parametrize(
    ("offered", "mechanisms"),
    [
        pytest.param(("AUTH PLAIN LOGIN",), ("PLAIN", "LOGIN"), id="as it should be"),
        pytest.param(("AUTH=PLAIN LOGIN",), ("PLAIN", "LOGIN"), id="the form of old clients"),
        pytest.param(("AUTH LOGIN PLAIN", "AUTH=LOGIN PLAIN"), ("LOGIN", "PLAIN"), id="both"),
        pytest.param(("AUTH",), (), id="none named"),
        pytest.param(("SIZE 1", "AUTHORITY X"), (), id="another word"),
    ],
)
def test_smtp_mechanisms(offered: tuple[str, ...], mechanisms: tuple[str, ...]) -> None:
    assert smtp.parse_mechanisms(offered) == mechanisms


def test_imap_mechanisms_count_the_login_command() -> None:
    assert imap.parse_mechanisms(("IMAP4REV1",)) == ("LOGIN",)
    assert imap.parse_mechanisms(("IMAP4REV1", "LOGINDISABLED")) == ()
    assert imap.parse_mechanisms(("IMAP4REV1", "AUTH=PLAIN")) == ("PLAIN",)


PIECES = st.sampled_from(
    [
        b"220 mx\r\n", b"220-mx\r\n", b"250 ok\r\n", b"250-STARTTLS\r\n", b"250 STARTTLS\r\n", b"454 no\r\n",
        b"421 bye\r\n", b"554 no\r\n", b"* OK hi\r\n", b"* OK [CAPABILITY IMAP4rev1 STARTTLS] x\r\n",
        b"* CAPABILITY IMAP4rev1 STARTTLS\r\n", b"a1 OK\r\n", b"a2 OK\r\n", b"a2 NO\r\n", b"a3 OK\r\n",
        b"* BYE\r\n", b"+OK\r\n", b"-ERR no\r\n", b"STLS\r\n", b".\r\n", b'"STARTTLS"\r\n', b"OK\r\n", b"NO\r\n",
        b"\n", b"\r", b"\x00\xff", b"x" * 700, b"250",
    ]
)  # fmt: skip


def outcome_of(protocol: str, answers: list[bytes], cut: Cut) -> tuple[object, ...]:
    play = Play(protocol, answers, cut)
    ending = ""
    try:
        play.run()
    except (EOFError, RemoteMisbehaved) as problem:
        ending = type(problem).__name__
    learnt = play.learnt
    return ending, learnt.tls, learnt.signs, learnt.reached, learnt.greeting, play.written, play.handshakes


@settings(max_examples=150, deadline=None)
@given(
    protocol=st.sampled_from(sorted(MODULES)),
    answers=st.lists(st.lists(PIECES, max_size=4).map(b"".join), max_size=5),
)
def test_whatever_comes_the_end_is_bounded_and_never_a_false_no(protocol: str, answers: list[bytes]) -> None:
    ending, tls, signs, reached, *_, handshakes = outcome_of(protocol, answers, CUTS["whole"])
    assert isinstance(handshakes, int)
    assert handshakes <= 1
    assert (tls == "starttls") == (handshakes == 1)
    if ending or reached is None:
        assert tls in ("unknown", "starttls")
    if "greeting-rejected" in signs:  # type: ignore[operator]  # a set
        assert tls == "unknown"


@settings(max_examples=100, deadline=None)
@given(
    protocol=st.sampled_from(sorted(MODULES)),
    answers=st.lists(PIECES.filter(lambda piece: piece.endswith(b"\r\n")), max_size=5),
)
def test_cutting_changes_nothing(protocol: str, answers: list[bytes]) -> None:
    """One line per answer, so that nothing waits beyond it."""
    assert outcome_of(protocol, answers, CUTS["whole"]) == outcome_of(protocol, answers, CUTS["byte by byte"])
