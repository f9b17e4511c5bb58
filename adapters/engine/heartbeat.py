"""Says that this process lives, learns who else does, and tells channels of places nobody probes from."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime, timedelta

from adapters.engine import metrics
from bot.ports import Clock
from bot.watches.grouping import vantage_messages
from bot.watches.history import Worker
from bot.watches.stores import Stores
from bot.watches.watch import SHARDS

BEAT_S = 2.0
# A process that was not heard of for so long is dead: its shards fall to the others.
DEAD_S = 6.0
# So long nobody probes from a place before its channels are told: a restart is no news.
MISSING_S = 30.0
LOOK_EVERY_S = 5.0
_REMEMBERED_S = 365 * 86400.0
_FORGET_AFTER = timedelta(days=1)
_LOG = logging.getLogger("mailport.engine")


class Heartbeat:
    """The heartbeat of one process.

    Args:
        probes: Whether this process probes; one that does not only looks after the others.
        lost_since: Since when its uplink is lost.
        news: Called when messages were put into the outbox.
    """

    def __init__(
        self,
        stores: Stores,
        clock: Clock,
        name: str,
        vantage: str,
        *,
        lost_since: Callable[[], datetime | None],
        news: Callable[[], None],
    ) -> None:
        self._stores = stores
        self._clock = clock
        self._name = name
        self._vantage = vantage
        self._lost_since = lost_since
        self._news = news
        self._started_at = clock.now()
        self._shards: frozenset[int] | None = None
        self._looked_at: float | None = None
        self._missing: dict[str, float] = {}

    def shards(self) -> Collection[int] | None:
        """The shards that fall to this process; None when it is alone."""
        return self._shards

    async def step(self) -> float:
        """Beat, and now and then look at all places."""
        now = self._clock.now()
        worker = Worker(
            name=self._name,
            vantage=self._vantage,
            beat_at=now,
            started_at=self._started_at,
            uplink_lost_since=self._lost_since(),
        )
        await self._stores.workers.beat(worker)
        alive = await self._stores.workers.alive(now - timedelta(seconds=DEAD_S))
        beside = sorted(one.name for one in alive if one.vantage == self._vantage)
        self._shards = own_shards(self._name, beside) if len(beside) > 1 else None
        if self._looked_at is None or self._clock.monotonic() - self._looked_at >= LOOK_EVERY_S:
            self._looked_at = self._clock.monotonic()
            await self._look(alive, now)
        return BEAT_S

    async def leave(self) -> None:
        """This process ends in order."""
        await self._stores.workers.leave(self._name)

    async def forget_dead(self) -> None:
        """Drop processes that have been dead for a day."""
        now = self._clock.now()
        alive = {one.name for one in await self._stores.workers.alive(now - _FORGET_AFTER)}
        for worker in await self._stores.workers.alive(datetime(1970, 1, 2, tzinfo=UTC)):
            if worker.name not in alive:
                await self._stores.workers.leave(worker.name)

    # ---- places that nobody probes from

    async def _look(self, alive: Sequence[Worker], now: datetime) -> None:
        watched = await self._stores.watches.vantages()
        living = {one.vantage for one in alive}
        for vantage in watched:
            count = sum(one.vantage == vantage for one in alive)
            metrics.WORKERS.labels(vantage).set(count)
            metrics.WATCHES.labels(vantage).set(watched[vantage])
            if vantage in living:
                self._missing.pop(vantage, None)
                await self._back(vantage, now)
            else:
                await self._gone(vantage, now)

    async def _gone(self, vantage: str, now: datetime) -> None:
        since = self._missing.setdefault(vantage, self._clock.monotonic())
        if self._clock.monotonic() - since < MISSING_S:
            return
        key = f"vantage-gone-{vantage}"
        if await self._stores.memos.get(key, now) or not await self._stores.memos.first(
            f"{key}-claimed", _REMEMBERED_S, now
        ):
            return
        _LOG.warning("no worker is alive for the vantage %s", vantage)
        gone_at = now - timedelta(seconds=self._clock.monotonic() - since)
        watches = await self._stores.watches.of_vantage(vantage)
        await self._stores.outbox.put(
            vantage_messages("vantage", vantage, "gone", gone_at, now, watches), now
        )
        await self._stores.memos.put(key, gone_at.isoformat(), _REMEMBERED_S, now)
        self._news()

    async def _back(self, vantage: str, now: datetime) -> None:
        key = f"vantage-gone-{vantage}"
        since = await self._stores.memos.get(key, now)
        if not since:
            return
        watches = await self._stores.watches.of_vantage(vantage)
        messages = vantage_messages("vantage", vantage, "back", datetime.fromisoformat(since), now, watches)
        await self._stores.outbox.put(messages, now)
        for name in (key, f"{key}-claimed"):
            await self._stores.memos.put(name, "", 0, now)
        self._news()


def own_shards(name: str, beside: Sequence[str]) -> frozenset[int]:
    """The shards of one of several processes, by rendezvous hashing: when one goes, only its shards move."""
    return frozenset(
        shard for shard in range(SHARDS) if max(beside, key=lambda other: _weight(other, shard)) == name
    )


def _weight(name: str, shard: int) -> bytes:
    return hashlib.blake2b(f"{name}/{shard}".encode(), digest_size=8).digest()
