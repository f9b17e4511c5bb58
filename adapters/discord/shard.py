"""Staying connected to the gateway, one keeper per shard.

    connect -> HELLO -> IDENTIFY or RESUME -> READY or RESUMED -> events … -> left, with a reason

A session is resumed whenever it can be, so that nothing that happened meanwhile is lost. discord.py does
the talking (`link.Link`); its own way of coming back waits up to a quarter of an hour and writes
tracebacks, so coming back is done here: growing pauses, at most fifteen seconds, one line each.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from collections.abc import Callable
from dataclasses import dataclass

import aiohttp
import discord
import yarl
from discord.gateway import ReconnectWebSocket

from adapters.conversation.pause import Pause
from adapters.discord.client import DiscordClient
from adapters.discord.link import Link

CONNECT_S = 15.0
READY_S = 30.0
# Between two IDENTIFYs of one bucket; Discord closes the connection of who is quicker.
IDENTIFY_EVERY_S = 5.0
# After an invalid session, "wait a random amount of time between 1 and 5 seconds".
INVALID_S = (1.0, 5.0)
# Discord takes the token back after 1,000 IDENTIFYs a day; a refused one is repeated this slowly at last.
REFUSED_S = 180.0
RESUMES = 3
_LOG = logging.getLogger("mailport.discord")

# Close codes after which neither resuming nor hurrying helps, by the word that says why.
FATAL = {
    4004: "token",
    4010: "shards",
    4011: "shards",
    4012: "version",
    4013: "intents",
    4014: "intents",
}


@dataclass(frozen=True, slots=True)
class Left:
    """Why a connection ended.

    Attributes:
        word: Of the sentence `discord.status-<word>`; "" for what is everyday business.
        why: For that sentence.
    """

    word: str
    why: str = ""


class Gate:
    """Lets shards identify one after the other, as `max_concurrency` allows."""

    def __init__(self, at_once: int) -> None:
        self._at_once = max(1, at_once)
        self._locks: dict[int, asyncio.Lock] = {}
        self._next: dict[int, float] = {}

    async def pass_(self, shard_id: int) -> None:
        """Wait for this shard's turn to identify."""
        bucket = shard_id % self._at_once
        async with self._locks.setdefault(bucket, asyncio.Lock()):
            loop = asyncio.get_running_loop()
            await asyncio.sleep(max(0.0, self._next.get(bucket, 0.0) - loop.time()))
            self._next[bucket] = loop.time() + IDENTIFY_EVERY_S


class Shard:
    """Keeps one shard connected.

    Args:
        gateway: Where to identify.
        fixed: The gateway comes from the settings: sessions are resumed there too.
        said: Told "" when the shard works, else a word and a reason.
        timeout_s: Seconds without heartbeat acknowledgement before the connection is left.
    """

    def __init__(
        self,
        client: DiscordClient,
        shard_id: int,
        gateway: yarl.URL,
        gate: Gate,
        said: Callable[[int, Left], None],
        *,
        timeout_s: float,
        fixed: bool,
    ) -> None:
        self._client = client
        self._id = shard_id
        self._gateway = gateway
        self._resume_at = gateway
        self._gate = gate
        self._said = said
        self._timeout_s = timeout_s
        self._fixed = fixed
        self._session: str | None = None
        self._sequence: int | None = None
        self._failed_resumes = 0
        self._worked = False

    async def keep(self) -> None:
        """Until cancelled.

        Raises:
            Refused: The token is refused, so signing in has to start anew.
        """
        pause, slow = Pause(), Pause(REFUSED_S)
        while True:
            self._worked = False
            left = await self._once()
            if self._worked:
                pause.reset()
                slow.reset()
            if left.word:
                self._said(self._id, left)
            if left.word == "token":
                raise Refused(left.why)
            if left.word or not self._worked:
                await asyncio.sleep((slow if left.word in FATAL.values() else pause).next())

    async def _once(self) -> Left:
        """One connection from beginning to end; why it ended."""
        try:
            return await self._connected()
        except ReconnectWebSocket as asked:
            if not asked.resume:
                self._session = None
                await asyncio.sleep(random.uniform(*INVALID_S))  # noqa: S311  # no secret
            return Left("")
        except discord.ConnectionClosed as closed:
            return self._closed(closed.code)
        except TimeoutError:
            return Left("unreachable", "no answer in time")
        except (aiohttp.ClientError, OSError, discord.DiscordException) as problem:
            return Left("unreachable", (str(problem) or type(problem).__name__)[:200])

    async def _connected(self) -> Left:
        link = await self._connect()
        code = 4000
        try:
            return await self._read(link)
        except asyncio.CancelledError:
            code = 1000  # the end of the process: the session ends too
            raise
        finally:
            self._remember(link)
            await link.leave(code)

    async def _connect(self) -> Link:
        resume = self._session is not None and self._failed_resumes < RESUMES
        if resume:
            self._failed_resumes += 1
        else:
            self._session = self._sequence = None
            await self._gate.pass_(self._id)
        gateway = self._resume_at if resume else self._gateway
        opening = Link.connected(self._client, gateway, self._id, self._session, self._sequence)
        return await asyncio.wait_for(opening, CONNECT_S)

    async def _read(self, link: Link) -> Left:
        reading = asyncio.ensure_future(self._poll(link))
        watching = asyncio.ensure_future(self._watch(link))
        try:
            await asyncio.wait({reading, watching}, return_when=asyncio.FIRST_COMPLETED)
            if watching.done() and not reading.done():
                return watching.result()
            return await reading
        finally:
            reading.cancel()
            watching.cancel()
            await asyncio.gather(reading, watching, return_exceptions=True)

    async def _poll(self, link: Link) -> Left:
        while True:
            await link.poll_event()
            if link.ready.is_set() and not self._worked:
                self._worked, self._failed_resumes = True, 0
                self._said(self._id, Left(""))

    async def _watch(self, link: Link) -> Left:
        """Until the gateway is silent; makes sure that there is something to acknowledge."""
        born = asyncio.get_running_loop().time()
        step = max(0.02, min(1.0, self._timeout_s / 10))
        while True:
            await asyncio.sleep(step)
            if not link.ready.is_set() and asyncio.get_running_loop().time() - born > READY_S:
                link.session_id = None
                return Left("unreachable", "the gateway does not answer")
            if link.silent_s > self._timeout_s and link.beaten_at is not None:
                return Left("silent", f"{self._timeout_s:g} s")
            if link.silent_s > self._timeout_s / 2 and link.beaten_at is None:
                with contextlib.suppress(discord.DiscordException, aiohttp.ClientError, OSError):
                    await link.beat()

    def _closed(self, code: int | None) -> Left:
        number = code or 0
        if number in (4007, 4009, *FATAL):  # invalid sequence, session timed out
            self._session = None
        word = FATAL.get(number, "lost")
        return Left(word, f"close code {number}")

    def _remember(self, link: Link) -> None:
        if self._session is None and not link.ready.is_set():
            return
        self._session, self._sequence = link.session_id or None, link.sequence
        self._resume_at = self._gateway if self._fixed else link.gateway


class Refused(Exception):
    """The gateway does not take the token."""
