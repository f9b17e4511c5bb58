"""Puts the parts together for one process: `serve` has all of them, `worker` only those that probe."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import secrets
import socket
from collections.abc import Callable
from dataclasses import dataclass

from adapters.engine import metrics
from adapters.engine.hand import Hand
from adapters.engine.heartbeat import Heartbeat
from adapters.engine.housekeeping import Housekeeping
from adapters.engine.pace import Pace
from adapters.engine.recorder import Recorder
from adapters.engine.reports import Reports
from adapters.engine.run import Run, make_run
from adapters.engine.sender import CardOf, Platforms, Sender
from adapters.engine.steady import FIRST_PAUSE_S, LONGEST_PAUSE_S, Steady, Step
from adapters.engine.sweeps import Sweeper
from adapters.engine.uplink import Uplink
from bot.errors import MailportError
from bot.ports import Tools
from bot.watches.stores import Stores

# A part that takes longer for a step shows in `status()`; rolling up a large history may take its time.
STUCK_S = 8.0
ROUND_S = 900.0
_LOG = logging.getLogger("mailport.engine")


@dataclass(frozen=True, slots=True, kw_only=True)
class Duties:
    """What this process does.

    Attributes:
        platforms: For the sender; None for a process that posts nothing.
        card_of: Makes cards of messages.
        run: One run of a watch; None takes the real one.
    """

    platforms: Platforms | None = None
    card_of: CardOf | None = None
    run: Run | None = None


def process_name() -> str:
    """A name that no other process has."""
    return f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"[:100]


class Engine:
    """Starts and ends the parts; `status()` says how they do."""

    def __init__(self, tools: Tools, name: str, duties: Duties) -> None:
        self._tools = tools
        self._name = name
        self._duties = duties
        self._pace = Pace(tools.clock.monotonic)
        self._parts: list[Steady] = []
        self._keeper: asyncio.Task[None] | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._problem = "starting"
        self._sweeper: Sweeper | None = None
        self._hand: Hand | None = None
        self._sender: Sender | None = None
        self._heartbeat: Heartbeat | None = None

    def status(self) -> str:
        """Whether it works: "ok", or what is wrong."""
        if self._problem:
            return self._problem
        for part in self._parts:
            metrics.PART.labels(part.name).set(part.word == "ok")
        return next((part.word for part in self._parts if part.word != "ok"), "ok")

    @property
    def busy(self) -> bool:
        """Whether watches are in hand."""
        return self._hand is not None and len(self._hand) > 0

    def start(self) -> None:
        """Begin; returns at once, and keeps trying while the database does not work."""
        self._keeper = asyncio.create_task(self._begin(), name="engine")

    async def stop(self, deadline_s: float = 5.0) -> None:
        """Let posts finish, end everything else; what is not finished others do."""
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
        if self._sweeper is not None:
            await self._sweeper.stop()
        if self._sender is not None:
            await self._sender.stop(deadline_s)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._heartbeat is not None:
            with contextlib.suppress(MailportError, TimeoutError):
                async with asyncio.timeout(2.0):
                    await self._heartbeat.leave()

    async def _begin(self) -> None:
        pause = FIRST_PAUSE_S
        while True:
            try:
                stores = await self._tools.stores()
                break
            except MailportError as problem:
                why = str(problem.details.get("why", problem.key))
                if why != self._problem:
                    _LOG.warning("watching waits for the database: %s", why)
                self._problem = why
            await asyncio.sleep(pause)
            pause = min(LONGEST_PAUSE_S, pause * 2)
        self._build(stores)
        self._problem = ""
        self._tasks = [asyncio.create_task(part.run(), name=part.name) for part in self._parts]
        self._tasks.append(asyncio.create_task(self._pace.measure(), name="pace"))

    def _build(self, stores: Stores) -> None:
        tools, clock, vantage = self._tools, self._tools.clock, self._tools.settings.vantage
        news = self._make_sender(stores)
        uplink = Uplink(tools, stores, news)
        hand = self._hand = Hand(stores.watches, clock)
        recorder = Recorder(stores, clock, hand, is_lost=uplink.is_lost, news=news)
        beat = self._heartbeat = Heartbeat(
            stores, clock, self._name, vantage, lost_since=lambda: uplink.lost_since, news=news
        )
        run = self._duties.run or make_run(tools)
        self._sweeper = Sweeper(stores.watches, clock, vantage, run, hand, recorder, beat.shards, self._pace)
        reports = Reports(stores.reports, clock, news)

        async def more() -> None:
            await reports.mend_times()
            await beat.forget_dead()

        keeping = Housekeeping(stores, clock, self._name, more)
        self._add("heartbeat", beat.step)
        self._sweeper.wake = self._add("sweeps", self._sweeper.step).wake
        recorder.wake = self._add("records", recorder.step).wake
        uplink.wake = self._add("uplink", uplink.step).wake
        if self._sender is not None:
            self._add("reports", reports.step)
            self._add("housekeeping", keeping.step, stuck_s=ROUND_S)

    def _make_sender(self, stores: Stores) -> Callable[[], None]:
        """The sender, if this process posts; what wakes it."""
        duties = self._duties
        if duties.platforms is None or duties.card_of is None:
            return lambda: None
        sender = self._sender = Sender(stores.outbox, self._tools, duties.platforms, duties.card_of)
        part = self._add("sender", sender.step)
        sender.wake = part.wake
        return part.wake

    def _add(self, name: str, step: Step, stuck_s: float = STUCK_S) -> Steady:
        part = Steady(name, step, self._tools.clock.monotonic, stuck_s=stuck_s)
        self._parts.append(part)
        return part
