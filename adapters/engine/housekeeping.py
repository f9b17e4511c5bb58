"""Rolls history up, drops what is past its time, counts what waits, and mends times after a clock jump."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from adapters.engine import metrics
from bot.ports import Clock
from bot.watches.stores import Stores

ROLL_UP_S = 600.0
COUNT_S = 5.0
JUMP_S = 30.0
LEASE_S = 1800.0
# Threads and edits of an incident need the ids of its messages.
KEEP_SENT = timedelta(days=90)
# Who sends gives up after three days; this is for platforms that nobody sends to any more.
KEEP_WAITING = timedelta(days=4)
_LOG = logging.getLogger("mailport.engine")


class Housekeeping:
    """What is done now and then.

    Args:
        more: Further things to mend or drop at every round (reports, dead workers).
    """

    def __init__(self, stores: Stores, clock: Clock, owner: str, more: Callable[[], Awaitable[None]]) -> None:
        self._stores = stores
        self._clock = clock
        self._owner = owner
        self._more = more
        self._done_at: float | None = None
        self._last: tuple[datetime, float] | None = None

    async def step(self) -> float:
        """Count; look for a clock that jumped; every ten minutes do the round."""
        now, mono = self._clock.now(), self._clock.monotonic()
        if self._jumped(now, mono) or self._done_at is None:
            await self._mend(now)
        self._last = (now, mono)
        await self._count(now)
        if self._done_at is None or mono - self._done_at >= ROLL_UP_S:
            if await self._stores.workers.hold("housekeeping", self._owner, now, lease_s=LEASE_S):
                await self._round(now)
            self._done_at = mono
        return COUNT_S

    def _jumped(self, now: datetime, mono: float) -> bool:
        if self._last is None:
            return False
        before, mono_before = self._last
        apart = (now - before).total_seconds() - (mono - mono_before)
        if abs(apart) < JUMP_S:
            return False
        _LOG.warning("the clock of this machine jumped by %.0f s", apart)
        return True

    async def _mend(self, now: datetime) -> None:
        """After a clock that was put back, nothing may wait for a time that it had before."""
        mended = await self._stores.watches.mend_times(now) + await self._stores.outbox.mend_times(now)
        await self._more()
        if mended:
            _LOG.warning("%s times lay too far ahead; they are due now", mended)

    async def _count(self, now: datetime) -> None:
        backlog = await self._stores.outbox.backlog(now)
        metrics.OUTBOX_WAITING.set(backlog.waiting)
        metrics.OUTBOX_OLDEST.set(backlog.oldest_s)
        metrics.OUTBOX_GIVEN_UP.set(backlog.given_up)
        due: dict[str, int] = {}
        for vantage, _, count in await self._stores.watches.due_shards(now):
            due[vantage] = due.get(vantage, 0) + count
        for vantage in await self._stores.watches.vantages():
            metrics.WATCHES_DUE.labels(vantage).set(due.get(vantage, 0))

    async def _round(self, now: datetime) -> None:
        dropped = await self._stores.history.roll_up(now)
        expired = await self._stores.outbox.expire(now - KEEP_WAITING, now)
        if expired:
            _LOG.warning("%s messages waited for days for a platform that nobody serves; given up", expired)
        forgotten = await self._stores.outbox.forget(now - KEEP_SENT)
        if dropped or forgotten:
            _LOG.info("dropped %s runs and hours and %s sent messages past their time", dropped, forgotten)
