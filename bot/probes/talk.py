"""Conversations without a network: generators that ask for bytes to be sent and received.

    Talk[T] = Generator[Write | Read | StartTls, bytes, T]

A conversation yields what it wants done and is sent the bytes it read (b"" at the end of the stream,
and after Write and StartTls). What it learns goes into `Learnt` at once, so that a server that breaks
off, stalls or lies half-way still leaves everything that was learnt before.

Rules of every conversation here:
    1. Never talk before the greeting (postscreen drops who does); one command at a time.
    2. Decide by codes and keywords, never by free text.
    3. Every read is bounded: line, lines a reply, bytes a session (`limits`).
    4. After the handshake everything said before it is forgotten (RFC 3207 section 4.2).
    5. A refusal of us (421, 554, BYE) says nothing about TLS.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import TypeAlias, TypeVar

from bot.errors import RemoteMisbehaved
from bot.model.outcome import Phase, Sign, Tls
from bot.model.services import Protocol
from bot.model.value import field, frozen, mutable
from bot.probes.limits import MAX_LINE, MAX_SESSION_BYTES
from bot.probes.text import clean, is_hostile

T = TypeVar("T")
MAX_TRANSCRIPT = 80
MAX_REFUSAL = 160


@frozen
class Write:
    """Send these bytes."""

    data: bytes


@frozen
class Read:
    """Receive some bytes."""


@frozen
class StartTls:
    """Do the handshake; the bytes that follow come through TLS."""


Action: TypeAlias = Write | Read | StartTls
Talk: TypeAlias = Generator[Action, bytes, T]
READ = Read()
START_TLS = StartTls()


class ReplyTooLong(RemoteMisbehaved):
    """Over a limit: a line, the lines of a reply, or the bytes of a session."""


class NotAReply(RemoteMisbehaved):
    """A line that the protocol does not know.

    Attributes:
        raw: The line as it came.
        first: Nothing that made sense came before it in this reply.
    """

    def __init__(self, raw: bytes, *, first: bool) -> None:
        super().__init__(clean(raw, 120))
        self.raw = raw
        self.first = first


@mutable
class Learnt:
    """What a conversation has learnt so far.

    Attributes:
        reached: The last phase that worked.
        secured: TLS is on.
        capabilities_before: Before TLS; None when not learnt. The same for the three beside it.
        tls_offered: STARTTLS was offered in clear.
        polite_end: The server would understand a goodbye now.
        protocol: What the server turned out to speak, where that was not known before.
        heard: The last line that came, as it came.
        refusal: The line with which the server declined to go on, cleaned; empty if it did not.
    """

    reached: Phase | None = None
    secured: bool = False
    polite_end: bool = False
    protocol: Protocol | None = None
    tls: Tls = "unknown"
    tls_reason: str = ""
    greeting: str | None = None
    greeting_code: int | None = None
    capabilities_before: tuple[str, ...] | None = None
    capabilities_after: tuple[str, ...] | None = None
    auth_before: tuple[str, ...] | None = None
    auth_after: tuple[str, ...] | None = None
    heard: bytes = b""
    refusal: str = ""
    signs: set[Sign] = field(default_factory=set)
    transcript: list[str] = field(default_factory=list)

    def note(self, who: str, line: bytes) -> None:
        """Keep a line of what was said, for "details"."""
        if who == "S:":
            self.heard = line
        if len(self.transcript) < MAX_TRANSCRIPT:
            self.transcript.append(f"{who} {clean(line, 200)}")

    def greet(self, lines: Sequence[bytes], code: int | None = None) -> None:
        """Keep the greeting."""
        self.greeting = clean(b" ".join(lines))
        self.greeting_code = code
        if any(is_hostile(line) for line in lines):
            self.signs.add("greeting-hostile")

    def offer(self, capabilities: Sequence[str], mechanisms: Sequence[str]) -> None:
        """Keep what is offered on this side of the handshake."""
        if self.secured:
            self.capabilities_after, self.auth_after = tuple(capabilities), tuple(mechanisms)
            self.reached = "hello_tls"
        else:
            self.capabilities_before, self.auth_before = tuple(capabilities), tuple(mechanisms)
            self.reached = "hello"

    def stop(self, reason: str, *signs: Sign, tls: Tls | None = None) -> None:
        """Say why it goes no further; a handshake that worked stays a handshake that worked."""
        self.signs.update(signs)
        if not self.secured:
            self.tls, self.tls_reason = tls or "unknown", reason

    def declined(self, reason: str, *signs: Sign, tls: Tls | None = None) -> None:
        """The line that has just come says no: keep its words."""
        self.refusal = clean(self.heard, MAX_REFUSAL)
        self.stop(reason, *signs, tls=tls)


class Lines:
    """Bytes cut into lines, within the limits.

    Attributes:
        received: Bytes taken so far.
        pending: Bytes of a line that has not ended.
    """

    __slots__ = ("_buffer", "_learnt", "_longest", "received")

    def __init__(self, learnt: Learnt, longest: int = MAX_LINE) -> None:
        self._learnt = learnt
        self._longest = longest
        self._buffer = bytearray()
        self.received = 0

    @property
    def pending(self) -> int:
        """How many bytes wait for the end of their line."""
        return len(self._buffer)

    def shorten(self, longest: int) -> None:
        """Allow only shorter lines from now on."""
        self._longest = min(self._longest, longest)

    def next_line(self) -> Talk[bytes]:
        """The next line without its end; a bare LF ends one too, and is noted.

        Raises:
            EOFError: The stream ended before the line did.
            ReplyTooLong: The line or the session is over its limit.
        """
        searched = 0
        while (end := self._buffer.find(b"\n", searched)) < 0:
            if len(self._buffer) > self._longest:
                raise ReplyTooLong("line")
            searched = len(self._buffer)
            yield from self._more()
        if end > self._longest:
            raise ReplyTooLong("line")
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        if line.endswith(b"\r"):
            line = line[:-1]
        else:
            self._learnt.signs.add("bare-lf")
        self._learnt.note("S:", line)
        return line

    def first_byte(self) -> Talk[int]:
        """The byte that comes next, left where it is.

        Raises:
            EOFError: The stream ended.
        """
        while not self._buffer:
            yield from self._more()
        return self._buffer[0]

    def _more(self) -> Talk[None]:
        data = yield READ
        if not data:
            raise EOFError
        self.received += len(data)
        if self.received > MAX_SESSION_BYTES:
            raise ReplyTooLong("session")
        self._buffer += data

    def drop_pending(self) -> bytes:
        """Whatever was received beyond the last line, and forget it."""
        dropped = bytes(self._buffer)
        self._buffer.clear()
        return dropped


def say(learnt: Learnt, line: bytes) -> Talk[None]:
    """Send one line."""
    learnt.note("C:", line)
    yield Write(line + b"\r\n")


def begin_tls(learnt: Learnt) -> Talk[None]:
    """TLS before anything else (implicit TLS, RFC 8314 section 3); once is enough."""
    if learnt.secured:
        return
    yield START_TLS
    learnt.secured, learnt.tls, learnt.reached = True, "implicit", "tls"


def upgrade(lines: Lines, learnt: Learnt) -> Talk[bool]:
    """TLS after the server's go-ahead; False when it must not be started.

    Bytes in clear after the go-ahead would be read as if they had come through TLS (RFC 3207
    section 6): they are a finding, and the handshake is not begun on them.
    """
    learnt.reached = "starttls"
    learnt.polite_end = False
    if lines.drop_pending():
        learnt.stop("starttls-injection", "starttls-injection", tls="broken")
        return False
    yield START_TLS
    learnt.secured, learnt.tls, learnt.reached, learnt.polite_end = True, "starttls", "tls", True
    return True


def refuse_starttls(learnt: Learnt, *, temporary: bool) -> None:
    """STARTTLS was offered and then refused: for now, which tells nothing, or for good."""
    if temporary:
        learnt.declined("starttls-temporary", "starttls-temporary")
    else:
        learnt.declined("starttls-refused", "starttls-refused", tls="broken")
