"""One connection and its conversation, under its deadlines, with what it told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import ModuleType

from bot.errors import RemoteMisbehaved
from bot.model.outcome import Endpoint, Phase, Sign
from bot.model.services import Mode
from bot.ports import Clock, Connection, Dialer, HandshakeFailed, TlsFacts
from bot.probes import detect
from bot.probes.limits import MAX_LINE, MAX_LONG_LINE, Limits
from bot.probes.talk import Learnt, Lines, Read, ReplyTooLong, StartTls, Talk, Write

# What is said when the other side does not speak TLS at all.
_CLEAR_TEXT = frozenset({"PLAIN_TEXT", "WRONG_VERSION_NUMBER", "HTTP_REQUEST", "UNKNOWN_PROTOCOL"})
# The connection went, without a word of TLS: a busy server, a device on the way or a crash does that.
_LOST = frozenset({"HUNG_UP", "RESET", "UNEXPECTED_EOF"})
# It left without any answer: a block list looks like that, and so do some servers of old TLS.
_LEFT: dict[str, Sign] = {"HUNG_UP": "closed-before-greeting", "RESET": "reset-before-greeting"}


class Session:
    """One connection of a probe.

    Attributes:
        mode: "implicit" begins with TLS, "starttls" in clear.
        facts: Of the handshake, once it worked.
        handshake_reason: Why it did not; empty otherwise.
        ended: The conversation is over, well or not.
        total_at: When the probe as a whole must be done, on the clock's monotonic scale.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        mode: Mode,
        limits: Limits,
        clock: Clock,
        ehlo_name: str,
        told: Callable[[Session, Phase | None], None],
        *,
        old: bool = False,
    ) -> None:
        self.endpoint = endpoint
        self.mode = mode
        self.old = old
        self.limits = limits
        self.clock = clock
        self.ehlo_name = ehlo_name
        self.learnt = Learnt()
        service = endpoint.service
        short = service.told == "all" and service.protocol in ("smtp", "pop3")
        self.lines = Lines(self.learnt, MAX_LINE if short else MAX_LONG_LINE)
        self.connection: Connection | None = None
        self.facts: TlsFacts | None = None
        self.handshake_reason = ""
        self.detail = ""
        self.phases_ms: dict[Phase, float] = {}
        self.total_at = 0.0
        self._told = told  # a phase that worked; None at the end
        self._since = 0.0
        self._stamped: Phase | None = None
        self._task: asyncio.Task[None] | None = None
        self._phase_at = 0.0

    async def connect(self, dialer: Dialer, then: Callable[[Session], None]) -> None:
        """Open the connection.

        Raises:
            OSError: See `Dialer.dial`; TimeoutError after `connect_s`.
            TargetRefused: The address may not be probed.
        """
        self._since = self.clock.monotonic()
        async with asyncio.timeout(min(self.limits.connect_s, max(0.0, self.total_at - self._since))):
            self.connection = await dialer.dial(self.endpoint)
        self.learnt.reached = "connect"
        then(self)
        self._stamp()

    @property
    def conversation(self) -> ModuleType:
        """The protocol spoken, as far as it is known."""
        return detect.conversation_in(self.learnt.protocol or self.endpoint.service.protocol)

    @property
    def ended(self) -> bool:
        """The conversation is over."""
        return self._task is not None and self._task.done()

    @property
    def greeted(self) -> bool:
        """A greeting came, of whatever kind."""
        return self.learnt.greeting is not None

    @property
    def quiet(self) -> bool:
        """Still waiting for the very first sign of life."""
        return not self.ended and self.learnt.reached == "connect" and not self.lines.received

    @property
    def heard_clear_text(self) -> bool:
        """A handshake that came first was answered in clear."""
        return self.mode == "implicit" and self.handshake_reason in _CLEAR_TEXT

    @property
    def lost(self) -> bool:
        """The handshake went with its connection, and neither side said why."""
        return self.handshake_reason in _LOST

    async def begin(self, wait_s: float) -> None:
        """Let the conversation run, and wait for its end that long."""
        if self._task is None:
            self._task = asyncio.create_task(self._run())
        if wait_s:
            await asyncio.wait({self._task}, timeout=wait_s)

    async def finish(self) -> None:
        """Wait until the conversation is over; its deadlines see to that."""
        if self._task is not None:
            await self._task

    async def cancel(self) -> None:
        """Stop the conversation where it is."""
        if self._task is not None and not self._task.done():
            self._task.cancel()
            await asyncio.wait({self._task})

    async def leave(self) -> None:
        """Stop and close, without goodbye."""
        await self.cancel()
        connection, self.connection = self.connection, None
        if connection is not None:
            await connection.close()

    def fail_handshake(self, *, tried_once: bool = False) -> None:
        """Nothing better was found: the handshake failed for good.

        Args:
            tried_once: There was no other try; a connection that went once is no proof.
        """
        self.detail = self.handshake_reason
        left = _LEFT.get(self.handshake_reason)
        if left is not None and self.mode == "implicit":
            self.learnt.stop(left, left)
        elif tried_once and self.lost:
            self.learnt.stop("closed-early", "hello-limited")
        else:
            self.learnt.stop("handshake-failed", "handshake-failed", tls="broken")

    async def _run(self) -> None:
        """The conversation from the greeting on; whatever ends it becomes a sign."""
        conversation = self.conversation if self.endpoint.service.told == "all" else detect
        talk: Talk[None] = conversation.converse(
            self.lines, self.learnt, self.ehlo_name, implicit=self.mode == "implicit"
        )
        try:
            async with asyncio.timeout(None) as cut:
                await self._drive(talk, cut)
        except TimeoutError:
            self._timed_out()
        except (EOFError, ConnectionError) as problem:
            self._broken_off(reset=isinstance(problem, ConnectionError))
        except HandshakeFailed as problem:
            self.handshake_reason = self.detail = problem.reason
            self.learnt.polite_end = False
            self.learnt.stop("handshake-failed", tls="broken")
        except BufferError:
            self._spoke_in_clear()
        except ReplyTooLong as problem:
            self.detail = str(problem)
            self.learnt.polite_end = False
            self.learnt.stop("reply-hostile", "reply-hostile")
        except RemoteMisbehaved as problem:
            self.detail = str(problem)
            self.learnt.stop("protocol-error", "protocol-error")
        finally:
            talk.close()
            self._told(self, None)

    async def _drive(self, talk: Talk[None], cut: asyncio.Timeout) -> None:
        connection = self.connection
        if connection is None:
            return
        self._allow(cut)
        try:
            action = next(talk)
            while True:
                answer = b""
                match action:
                    case Write(data):
                        await connection.write(data)
                    case Read():
                        answer = await connection.read()
                    case StartTls():
                        self.facts = await connection.start_tls(self._server_name(), old=self.old)
                action = talk.send(answer)
                if self.learnt.reached is not self._stamped:
                    self._stamp()
                    self._allow(cut)
        except StopIteration:
            if self.learnt.reached is not self._stamped:
                self._stamp()

    def _server_name(self) -> str | None:
        return None if self.endpoint.host == self.endpoint.address else self.endpoint.host

    def _stamp(self) -> None:
        """Note the time of the phase that has just worked, and of any that came with it."""
        now = self.clock.monotonic()
        phase = self._stamped = self.learnt.reached
        if phase is None:
            return
        seconds = now - self._since
        if "greeting" not in self.phases_ms and self.greeted:
            # An IMAP greeting with capabilities finishes two phases at once.
            self.phases_ms["greeting"] = seconds * 1000
            if seconds > self.limits.quiet_s:
                self.learnt.signs.add("greeting-delayed")
            seconds = seconds if phase == "greeting" else 0.0
        self.phases_ms[phase] = seconds * 1000
        self._since = now
        self._told(self, phase)

    def _allow(self, cut: asyncio.Timeout) -> None:
        """Set the deadline of the phase that begins."""
        seconds = {
            "connect": self.limits.tls_s if self.mode == "implicit" else self.limits.greeting_s,
            "tls": self.limits.greeting_s if self.mode == "implicit" else self.limits.reply_s,
            "starttls": self.limits.tls_s,
        }.get(self._stamped or "", self.limits.reply_s)
        left = max(0.0, min(seconds, self.total_at - self.clock.monotonic()))
        self._phase_at = self.clock.monotonic() + left
        cut.reschedule(asyncio.get_running_loop().time() + left)

    def _timed_out(self) -> None:
        late: Sign = "deadline" if self._phase_at >= self.total_at else "timed-out"
        if self.lines.pending:
            self.learnt.stop("tarpit", "tarpit", late)
        else:
            self.learnt.stop(late, late)

    def _broken_off(self, *, reset: bool) -> None:
        self.learnt.polite_end = False
        if self.learnt.reached in ("connect", "tls") and not self.greeted:
            sign: Sign = "reset-before-greeting" if reset else "closed-before-greeting"
            self.learnt.stop(sign, sign)
        else:
            self.detail = "ECONNRESET" if reset else "EOF"
            self.learnt.stop("closed-early", "hello-limited")

    def _spoke_in_clear(self) -> None:
        """Bytes in clear where the handshake should begin."""
        self.learnt.polite_end = False
        if self.mode == "implicit":
            self.handshake_reason = "PLAIN_TEXT"
            self.learnt.stop("handshake-failed", tls="broken")
        else:
            self.learnt.stop("starttls-injection", "starttls-injection", tls="broken")
