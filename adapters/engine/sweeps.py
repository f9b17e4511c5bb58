"""Claims due watches and runs them, 64 at once at most (`pace`), at most three of one host.

With several processes at one place each takes the shards that fall to it (`heartbeat`), so that one host
is not probed by two of them; that is for politeness only: what keeps a watch from being run twice is its
claim.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Collection
from datetime import datetime, timedelta

from adapters.engine import metrics
from adapters.engine.hand import LEASE_S, Hand
from adapters.engine.pace import Pace
from adapters.engine.recorder import Recorder
from adapters.engine.run import Run
from bot.ports import Clock
from bot.watches.watch import Watch, host_of
from bot.watches.watch_store import Claimed, WatchStore

PER_HOST = 3
BATCH = 200
# Claimed ahead of running, so that fast probes never wait for the database.
AHEAD = 300
AHEAD_S = 3.0
# So late, a watch is run by whoever has time, even if its host may then be probed by two processes.
OVERDUE = timedelta(seconds=30)
# Other processes and the command line add watches: the table is looked at this often.
LOOK_S = 0.5


class Sweeper:
    """Keeps due watches of one vantage running.

    Args:
        shards: Those that fall to this process; None for all.
    """

    def __init__(
        self,
        watches: WatchStore,
        clock: Clock,
        vantage: str,
        run: Run,
        hand: Hand,
        recorder: Recorder,
        shards: Callable[[], Collection[int] | None] = lambda: None,
        pace: Pace | None = None,
    ) -> None:
        self._watches = watches
        self._clock = clock
        self._vantage = vantage
        self._run = run
        self._hand = hand
        self._recorder = recorder
        self._shards = shards
        self._pace = pace or Pace(clock.monotonic)
        self._waiting: dict[str, deque[Watch]] = {}
        self._ready: deque[str] = deque()
        self._of_host: Counter[str] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()
        self._more = False
        self._mean_s = 1.0
        self.wake: Callable[[], None] = _nobody
        hand.freed = self._room

    async def step(self) -> float:
        """Lengthen leases, claim what is due and fits, start it; seconds until something is due again."""
        await self._hand.renew()
        now = self._clock.now()
        metrics.RUNS_IN_HAND.set(len(self._hand))
        room = min(BATCH, self._may_wait() - self._ahead())
        if room <= 0:
            return LOOK_S  # `_room` wakes us
        due: datetime | None = None
        if not self._more:
            due = await self._watches.next_due_at(self._vantage)
            if due is None or due > now:
                return LOOK_S if due is None else min(LOOK_S, (due - now).total_seconds())
        claimed = await self._claimed(now, due, room)
        self._more = len(claimed) == room
        for one in self._hand.take(claimed, now):
            late = now - (one.state.last_at or now)
            metrics.RUN_LATENESS.observe(max(0.0, late.total_seconds() - one.watch.interval_s))
            self._waiting.setdefault(host_of(one.watch.target), deque()).append(one.watch)
            self._offer(host_of(one.watch.target))
        self._start()
        return 0.0 if claimed else LOOK_S  # none: they fall to others, or others were quicker

    async def _claimed(self, now: datetime, due: datetime | None, room: int) -> tuple[Claimed, ...]:
        claim = self._watches.claim_due
        claimed = await claim(self._vantage, now, shards=self._shards(), limit=room, lease_s=LEASE_S)
        if claimed or due is None or now - due < OVERDUE:
            return claimed
        # It falls to another process, which lives and does not come to it.
        lease_s = LEASE_S + OVERDUE.total_seconds()
        return await claim(self._vantage, now - OVERDUE, limit=room, lease_s=lease_s)

    async def stop(self) -> None:
        """End what runs; whoever claims it next does it again."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _ahead(self) -> int:
        return len(self._hand) - len(self._tasks)

    def _may_wait(self) -> int:
        """How many may be claimed ahead: a few seconds' worth, since other processes may have time now."""
        at_once = self._pace.at_once
        return max(at_once, min(AHEAD, int(AHEAD_S / self._mean_s * at_once)))

    def _room(self) -> None:
        if self._more and self._ahead() < self._may_wait() // 2:
            self.wake()

    def _offer(self, host: str) -> None:
        if host in self._waiting and self._of_host[host] < PER_HOST and host not in self._ready:
            self._ready.append(host)

    def _start(self) -> None:
        while self._ready and len(self._tasks) < self._pace.at_once:
            host = self._ready.popleft()
            watch = self._waiting[host].popleft()
            if not self._waiting[host]:
                del self._waiting[host]
            self._of_host[host] += 1
            self._offer(host)
            task = asyncio.create_task(self._one(watch, host), name=f"watch {watch.id}")
            self._tasks.add(task)
            task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._start()
        self._room()

    async def _one(self, watch: Watch, host: str) -> None:
        began = self._clock.monotonic()
        try:
            ran = await self._run(watch)
        finally:
            self._of_host[host] -= 1
            if not self._of_host[host]:
                del self._of_host[host]
            self._offer(host)
        seconds = self._clock.monotonic() - began
        self._mean_s = max(0.001, 0.95 * self._mean_s + 0.05 * seconds)
        metrics.RUN_SECONDS.observe(seconds)
        metrics.RUNS.labels(watch.vantage, ran.seen.word).inc()
        self._recorder.take(watch.id, ran)


def _nobody() -> None:
    """Nobody to wake yet."""
