"""Takes messages out of the outbox and posts them: one channel in order, many channels at once.

A message leaves the outbox when the platform has accepted it. Whoever dies between the two leaves a claim
behind that ends by itself; the next try says so (`Post.retry`), and the platform's messenger then looks
whether the first one arrived, or sends with the same nonce.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import structlog

from adapters.engine import metrics
from bot.cards.model import Card
from bot.errors import MailportError, NotFound
from bot.model.value import replace
from bot.ports import Messenger, Post, Tools
from bot.watches.message import Delivery, Message
from bot.watches.outbox_store import OutboxStore

CHANNELS_AT_ONCE = 64
# In a burst one claim for many channels instead of one for each that has become free.
GATHER_S = 0.02
LEASE_S = 10.0
RENEW_S = 3.0
CARD_S = 120.0
POST_S = 60.0
LOOK_S = 0.5
LONGEST_PAUSE_S = 300.0
# Whatever still waits by then is old news.
TOO_OLD = timedelta(days=3)
BUG_TRIES = 6
_LOG = logging.getLogger("mailport.engine")

CardOf = Callable[[Message, Tools], Awaitable[Card | None]]
Platforms = Callable[[], Mapping[str, Messenger]]


@dataclass(slots=True, eq=False)
class _Lease:
    """A claim of messages.

    Attributes:
        keys: Those not yet settled.
        ends: On the clock that only goes forward; nothing is posted after it.
    """

    until: datetime
    renewed_at: float
    ends: float
    keys: set[str]


class _NotNow(Exception):
    """The message has to wait.

    Attributes:
        tried: False if it certainly never reached the platform.
    """

    def __init__(self, seconds: float, why: str, *, tried: bool = True) -> None:
        super().__init__(why)
        self.seconds = seconds
        self.why = why
        self.tried = tried


class Sender:
    """Empties the outbox.

    Args:
        platforms: The platforms that this process serves now ("slack", "discord", "local").
        card_of: Makes the card of a message; None when there is nothing to post any more.
    """

    def __init__(self, outbox: OutboxStore, tools: Tools, platforms: Platforms, card_of: CardOf) -> None:
        self._outbox = outbox
        self._tools = tools
        self._clock = tools.clock
        self._platforms = platforms
        self._card_of = card_of
        self._busy: dict[tuple[str, str], asyncio.Task[None]] = {}
        self._leases: list[_Lease] = []
        self.wake: Callable[[], None] = _nobody

    @property
    def sending(self) -> int:
        """Channels that something is being posted into."""
        return len(self._busy)

    async def step(self) -> float:
        """Lengthen leases, claim what may be sent, start sending; seconds until there may be more."""
        await self._renew()
        if self._busy:
            await asyncio.sleep(GATHER_S)
        platforms, room = self._platforms(), CHANNELS_AT_ONCE - len(self._busy)
        if not platforms or room <= 0:
            return LOOK_S
        now = self._clock.now()
        claimed = await self._outbox.claim(
            now, limit=room, lease_s=LEASE_S, platforms=tuple(platforms), one_each=True
        )
        if not claimed:
            return LOOK_S
        mono = self._clock.monotonic()
        lease = _Lease(
            now + timedelta(seconds=LEASE_S), mono, mono + LEASE_S, {one.message.key for one in claimed}
        )
        self._leases.append(lease)
        for delivery in claimed:
            channel = (delivery.message.workspace, delivery.message.channel)
            if channel in self._busy:
                # Only after a jump of the clock: our own claim ended while we are still at it.
                lease.keys.discard(delivery.message.key)
                continue
            task = asyncio.create_task(self._deliver(delivery, lease), name="send")
            self._busy[channel] = task
            task.add_done_callback(partial(self._left, channel))
        return 0.0

    async def stop(self, deadline_s: float = 5.0) -> None:
        """Let posts that are under way finish."""
        if self._busy:
            await asyncio.wait(self._busy.values(), timeout=deadline_s)
        for task in tuple(self._busy.values()):
            task.cancel()
        await asyncio.gather(*self._busy.values(), return_exceptions=True)

    def _left(self, channel: tuple[str, str], _: object) -> None:
        del self._busy[channel]
        if len(self._busy) <= CHANNELS_AT_ONCE // 2:
            self.wake()

    async def _renew(self) -> None:
        for lease in tuple(self._leases):
            mono = self._clock.monotonic()
            if not lease.keys:
                self._leases.remove(lease)
            elif mono - lease.renewed_at >= RENEW_S:
                until = self._clock.now() + timedelta(seconds=LEASE_S)
                held = await self._outbox.keep(tuple(lease.keys), lease.until, until)
                lease.until, lease.renewed_at = until, mono
                if held:
                    lease.ends = mono + LEASE_S
                else:
                    self._leases.remove(lease)

    # ---- one message

    async def _deliver(self, delivery: Delivery, lease: _Lease) -> None:
        key = delivery.message.key
        try:
            if self._clock.monotonic() < lease.ends:  # else others may have it by now
                with structlog.contextvars.bound_contextvars(message=key):
                    await self._settle(delivery)
        finally:
            lease.keys.discard(key)

    async def _settle(self, delivery: Delivery) -> None:
        """Send one message and say so in the outbox."""
        message, clock = delivery.message, self._clock
        try:
            message_id = await self._send(delivery)
        except NotFound as problem:
            why = str(problem.details.get("why", problem.key))
            _LOG.warning("%s can not be posted: %s", message.key, why)
            metrics.MESSAGES.labels(message.type, "given-up").inc()
            await self._surely(lambda: self._outbox.give_up(message.key, why, clock.now()))
            return
        except _NotNow as later:
            pause = later
            metrics.MESSAGES.labels(message.type, "later").inc()
            at = clock.now() + timedelta(seconds=pause.seconds)
            _LOG.warning("%s waits %.0f s: %s", message.key, pause.seconds, pause.why)
            await self._surely(lambda: self._outbox.retry([message.key], at, pause.why, tried=pause.tried))
            return
        metrics.MESSAGES.labels(message.type, "sent" if message_id else "nothing").inc()
        metrics.MESSAGE_SECONDS.observe(max(0.0, (clock.now() - delivery.created_at).total_seconds()))
        await self._surely(lambda: self._outbox.done(message.key, message_id, clock.now()))

    async def _surely(self, write: Callable[[], Awaitable[None]]) -> None:
        """Write what happened, however long the database does not work: it must not be done twice."""
        pause = 0.2
        while True:
            try:
                await write()
            except MailportError:
                await asyncio.sleep(pause)
                pause = min(5.0, pause * 2)
            else:
                return

    async def _send(self, delivery: Delivery) -> str:
        """Post it; "" when there is nothing to post any more.

        Raises:
            NotFound: It can never be posted.
            _NotNow: Later.
        """
        message = delivery.message
        if self._clock.now() - delivery.created_at > TOO_OLD:
            raise NotFound("too-old", why="older than three days")
        messenger = self._platforms().get(platform_of(message.workspace))
        if messenger is None:
            raise _NotNow(LOOK_S, "the platform left this process", tried=False)
        try:
            delivery = await self._answered(delivery)
            if message.edits is not None and not delivery.edit:
                return ""
            async with asyncio.timeout(CARD_S):
                card = await self._card_of(message, self._tools)
            if card is None:
                return ""
            async with asyncio.timeout(POST_S):
                return await messenger.post(_post(delivery, card))
        except NotFound:
            raise
        except (MailportError, TimeoutError) as problem:
            raise _later(problem, delivery.tries) from problem
        except Exception as problem:
            _LOG.exception("posting %s failed", message.key)
            if delivery.tries >= BUG_TRIES:
                raise NotFound("bug", why=f"bug: {problem!r}"[:200]) from problem
            raise _later(problem, delivery.tries) from problem

    async def _answered(self, delivery: Delivery) -> Delivery:
        """With the ids of the messages it answers or changes, which may have been posted since the claim."""
        message = delivery.message
        if message.thread_of is not None and not delivery.reply_to:
            delivery = replace(delivery, reply_to=await self._outbox.message_id(message.thread_of))
        if message.edits is not None and not delivery.edit:
            delivery = replace(delivery, edit=await self._outbox.message_id(message.edits))
        return delivery


def platform_of(workspace: str) -> str:
    """The platform that a workspace's name begins with."""
    return workspace.partition(":")[0]


def _post(delivery: Delivery, card: Card) -> Post:
    message = delivery.message
    return Post(
        key=message.key,
        workspace=message.workspace,
        channel=message.channel,
        card=card,
        reply_to=delivery.reply_to or None,
        edit=delivery.edit or None,
        retry=delivery.tries > 1,
    )


def _later(problem: Exception, tries: int) -> _NotNow:
    """How long to wait: as the platform says, else longer with every try and never all at once."""
    details = problem.details if isinstance(problem, MailportError) else {}
    why = str(details.get("why") or str(problem) or type(problem).__name__)[:200]
    tried = details.get("sent") is not False
    asked = details.get("retry_after")
    if isinstance(asked, int | float):
        return _NotNow(min(LONGEST_PAUSE_S, float(asked) + 0.1), why, tried=tried)
    pause = min(LONGEST_PAUSE_S, 2.0 ** min(tries, 10))
    return _NotNow(pause * (0.5 + random.random() / 2), why, tried=tried)  # noqa: S311  # no secret


def _nobody() -> None:
    """Nobody to wake yet."""
