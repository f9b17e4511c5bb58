"""Judges runs and writes states, history and messages of many of them in one transaction.

Runs are written as they come, so that one slow server delays nobody's alert. Only what is about to be
told as broken or recovered waits a moment when other watches of the channel are on the same way: those
are run at once, and many that break together become one message.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from adapters.engine import metrics
from adapters.engine.hand import Hand
from adapters.engine.run import Ran
from bot.ports import Clock
from bot.watches.alert import AlertState, advance, policy_of
from bot.watches.grouping import GROUP_FROM, Judged, judge_batch, while_uplink_lost, worth_asking_controls
from bot.watches.observation import Observation, Point
from bot.watches.stores import Stores
from bot.watches.watch import Watch, next_due
from bot.watches.watch_store import Claimed, Recorded

BATCH = 200
# A transaction for many runs instead of one for each; nobody notices the delay.
GATHER_S = 0.02
# How long news may wait for the same of other watches of the channel.
HOLD_S = 10.0
# A second run that soon after the first is hardly an independent one.
INDEPENDENT_S = 30.0
IDLE_S = 1.0
HELD_LOOK_S = 0.2
_LOG = logging.getLogger("mailport.engine")

Shared = Literal["broke", "recovered"]


@dataclass(frozen=True, slots=True)
class Finished:
    """A run that is to be written."""

    watch_id: int
    ran: Ran


@dataclass(slots=True)
class _Held:
    """News of one channel that wait for others like them.

    Attributes:
        until: When they are told in any case, on the clock that only goes forward.
        awaited: Watches that may be about to have the same news.
    """

    until: float
    awaited: set[int]
    finished: list[Finished] = field(default_factory=list)


class Recorder:
    """Takes finished runs and writes them.

    Args:
        is_lost: Whether our own uplink is lost; asked when more than half of what came back failed.
        news: Called when messages were put into the outbox.
    """

    def __init__(
        self,
        stores: Stores,
        clock: Clock,
        hand: Hand,
        *,
        is_lost: Callable[[], Awaitable[bool]],
        news: Callable[[], None],
    ) -> None:
        self._stores = stores
        self._clock = clock
        self._hand = hand
        self._is_lost = is_lost
        self._news = news
        self._pending: list[Finished] = []
        self._held: dict[tuple[str, str, Shared], _Held] = {}
        self.wake: Callable[[], None] = _nobody

    def take(self, watch_id: int, ran: Ran) -> None:
        """Take a run whose watch is in hand."""
        self._pending.append(Finished(watch_id, ran))
        self.wake()

    async def step(self) -> float:
        """Write what came back."""
        if self._pending and len(self._pending) < BATCH:
            await asyncio.sleep(GATHER_S)
        batch, self._pending = self._pending, []
        ready: list[Finished] = []
        try:
            if batch:
                batch = await self._believed(batch)
                ready = await self._sorted(batch)
            ready += self._unheld()
            if ready:
                await self._write(ready)
        except BaseException:
            # Nothing of it was written: it is tried again, whatever was held included.
            known = {one.watch_id for one in ready}
            held = {one.watch_id for group in self._held.values() for one in group.finished}
            rest = [one for one in batch if one.watch_id not in known and one.watch_id not in held]
            self._pending[:0] = [one for one in (*ready, *rest) if self._still(one)]
            raise
        if self._pending:
            return 0.0
        return HELD_LOOK_S if self._held else IDLE_S

    def _still(self, one: Finished) -> bool:
        return one.watch_id in self._hand

    # ---- our own uplink

    async def _believed(self, batch: list[Finished]) -> list[Finished]:
        if not worth_asking_controls([one.ran.seen for one in batch]) or not await self._is_lost():
            return batch
        return [Finished(one.watch_id, Ran(while_uplink_lost(one.ran.seen), one.ran.digest)) for one in batch]

    # ---- what breaks together is told together

    async def _sorted(self, batch: Sequence[Finished]) -> list[Finished]:
        """Those that are written now; the others are held."""
        ready: list[Finished] = []
        for one in batch:
            claimed = self._hand[one.watch_id]
            kind = _shared_news(claimed, one.ran.seen)
            held = await self._group(claimed, kind) if kind is not None else None
            if held is None:
                ready.append(one)
            else:
                held.finished.append(one)
            for group in self._held.values():
                group.awaited.discard(one.watch_id)
        return ready

    async def _group(self, claimed: Claimed, kind: Shared) -> _Held | None:
        watch = claimed.watch
        key = (watch.workspace, watch.channel, kind)
        if key not in self._held:
            awaited = await self._companions(watch, kind)
            if not awaited:
                return None
            self._held[key] = _Held(self._clock.monotonic() + HOLD_S, awaited)
        return self._held[key]

    async def _companions(self, watch: Watch, kind: Shared) -> set[int]:
        """Watches of the channel that failed (or worked) once already; those of long ago run again now."""
        watches = self._stores.watches
        others = {
            one.id: one
            for one in await watches.of_channel(watch.workspace, watch.channel)
            if one.id != watch.id and one.vantage == watch.vantage and one.next_due is not None
        }
        if len(others) + 1 < GROUP_FROM:
            return set()
        now, soon = self._clock.now(), self._clock.now() + timedelta(seconds=HOLD_S)
        states = await watches.states(watch.workspace, list(others))
        near = {one for one, state in states.items() if _is_near(others[one], state, kind)}
        again = [one for one in near if _may_run_again(others[one], states[one], now)]
        if again:
            await watches.hurry(again, now)
        due = (one for one in near if (others[one].next_due or soon) < soon)
        return {*again, *due}

    def _unheld(self) -> list[Finished]:
        """Held ones that need not wait any longer."""
        now = self._clock.monotonic()
        over = [key for key, group in self._held.items() if not group.awaited or group.until <= now]
        return [one for key in over for one in self._held.pop(key).finished]

    # ---- writing

    async def _write(self, finished: Sequence[Finished]) -> None:
        if await self._written(finished):
            return
        # Somebody else has one of them by now, so the messages about all of them would be wrong.
        for one in finished:
            if not await self._written([one]):
                _LOG.info("watch %s was taken over; this run of it does not count", one.watch_id)
        self._hand.release([one.watch_id for one in finished])

    async def _written(self, finished: Sequence[Finished]) -> bool:
        batch = judge_batch([(self._hand[one.watch_id], one.ran.seen) for one in finished])
        now = self._clock.now()
        recorded = [_recorded(run, one.ran, now) for run, one in zip(batch.judged, finished, strict=True)]
        written = await self._stores.watches.record(recorded, batch.messages, now, whole=True)
        if written < len(finished):
            return False
        self._hand.release([one.watch_id for one in finished])
        for message in batch.messages:
            metrics.ALERTS.labels(str(message.payload.get("kind", message.type))).inc()
        if batch.messages:
            self._news()
        return True


def _recorded(run: Judged, ran: Ran, now: datetime) -> Recorded:
    watch, seen = run.claimed.watch, run.seen
    return Recorded(
        watch_id=watch.id,
        revision=run.claimed.revision,
        state=run.state,
        next_due=next_due(f"{watch.workspace}/{watch.number}", watch.interval_s, now),
        point=Point(seen.at, seen.word, seen.ms),
        turn=run.turn,
        digest=ran.digest,
    )


def _shared_news(claimed: Claimed, seen: Observation) -> Shared | None:
    """Whether this run is about to be told as something that often happens to many at once."""
    if (seen.word == "fail") == (claimed.state.status == "down"):
        return None  # the ordinary case: it is as it was
    step = advance(claimed.state, seen, policy_of(claimed.watch, seen.at, alerts=claimed.alerts))
    kinds = {one.kind for one in step.news}
    if "broke" in kinds:
        return "broke"
    return "recovered" if "recovered" in kinds else None


def _is_near(watch: Watch, state: AlertState, kind: Shared) -> bool:
    """Whether one more run like its last would be the same news."""
    if kind == "broke":
        return state.status != "down" and state.bad > 0 and state.bad + 1 >= watch.failures
    return state.status == "down" and state.good > 0 and state.good + 1 >= watch.recoveries


def _may_run_again(watch: Watch, state: AlertState, now: datetime) -> bool:
    apart = timedelta(seconds=min(INDEPENDENT_S, watch.interval_s / 2))
    return state.last_at is not None and now - state.last_at >= apart


def _nobody() -> None:
    """Nobody to wake yet."""
