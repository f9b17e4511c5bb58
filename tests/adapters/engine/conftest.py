"""The engine's parts over three stores, with a clock that tests move and runs that tests script."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from adapters.engine.hand import Hand
from adapters.engine.pace import MOST, Pace
from adapters.engine.recorder import Recorder
from adapters.engine.run import Ran
from adapters.engine.sweeps import Sweeper
from bot.model.verdict import Word
from bot.ports import Tools
from bot.settings import Settings
from bot.watches.message import Message
from bot.watches.observation import Observation
from bot.watches.stores import Stores
from bot.watches.watch import Draft, Watch
from tests.storage.conftest import HERE, NOW, postgres_url, stores
from tests.support.started import slack, smtp

__all__ = ["postgres_url", "slack", "smtp", "stores"]


class JumpingClock:
    """Wall time that can jump, and seconds that only go forward."""

    def __init__(self, start: datetime = NOW) -> None:
        self.wall = start
        self.seconds = 1000.0

    def now(self) -> datetime:
        return self.wall

    def monotonic(self) -> float:
        return self.seconds

    def move(self, seconds: float) -> None:
        """Time goes by."""
        self.wall += timedelta(seconds=seconds)
        self.seconds += seconds

    def jump(self, seconds: float) -> None:
        """Somebody sets the clock."""
        self.wall += timedelta(seconds=seconds)


def tools_for(stores: Stores, clock: JumpingClock, **settings: object) -> Tools:
    async def opened() -> Stores:
        return stores

    def no_network() -> None:
        raise AssertionError("this test must not reach the network")

    return Tools(settings=Settings(**settings), clock=clock, network=no_network, stores=opened)  # type: ignore[arg-type]


async def add_watches(
    stores: Stores, *targets: str, channel: str = "C1", vantage: str = "local", interval_s: float = 60.0
) -> tuple[Watch, ...]:
    place = type(HERE)(platform="slack", workspace=HERE.workspace, channel=channel)
    drafts = [Draft(target=one, kind="host", interval_s=interval_s, vantage=vantage) for one in targets]
    return await stores.watches.add(place, drafts, person="U1", now=NOW)


async def waiting(stores: Stores) -> list[Message]:
    """What lies in the outbox, oldest first; each is given once, as if it had been posted."""
    found = await stores.outbox.claim(NOW + timedelta(days=9999))
    for one in found:
        await stores.outbox.done(one.message.key, one.message.key, NOW)
    return [one.message for one in found]


@dataclass
class Process:
    """One process's sweeper and recorder, moved step by step.

    Attributes:
        words: What a run of a target gives; "pass" when not named.
        gates: Targets whose runs wait for the event.
    """

    stores: Stores
    clock: JumpingClock
    words: dict[str, Word] = field(default_factory=dict)
    gates: dict[str, asyncio.Event] = field(default_factory=dict)
    runs: list[str] = field(default_factory=list)
    lost: bool = False
    news: int = 0
    most_at_once: int = 0
    shards: Callable[[], Collection[int] | None] = lambda: None
    vantage: str = "local"
    running: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.hand = Hand(self.stores.watches, self.clock)
        self.recorder = Recorder(
            self.stores, self.clock, self.hand, is_lost=self._is_lost, news=self._count_news
        )
        pace = Pace(self.clock.monotonic)
        pace.at_once = MOST
        self.sweeper = Sweeper(
            self.stores.watches,
            self.clock,
            self.vantage,
            self._run,
            self.hand,
            self.recorder,
            self.shards,
            pace,
        )

    async def _is_lost(self) -> bool:
        return self.lost

    def _count_news(self) -> None:
        self.news += 1

    async def _run(self, watch: Watch) -> Ran:
        self.runs.append(watch.target)
        self.running.append(watch.target)
        self.most_at_once = max(self.most_at_once, len(self.running))
        try:
            if watch.target in self.gates:
                await self.gates[watch.target].wait()
            else:
                await asyncio.sleep(0)
        finally:
            self.running.remove(watch.target)
        word = self.words.get(watch.target, "pass")
        reason = "port-refused" if word == "fail" else ""
        return Ran(Observation(at=self.clock.now(), word=word, ms=1.0, reason=reason), {"verdict": word})

    async def sweep(self) -> None:
        """Everything that is due now, to the end."""
        for _ in range(8):
            await self.sweeper.step()
            await self.settle()
            await self.recorder.step()

    async def settle(self) -> None:
        """Let runs that wait for nothing end."""
        for _ in range(6):
            await asyncio.sleep(0)

    async def rounds(self, count: int, seconds: float = 60.0) -> None:
        """Sweep, and let an interval go by."""
        for _ in range(count):
            await self.sweep()
            self.clock.move(seconds)

    async def dies(self) -> None:
        """kill -9: nothing of it is written any more."""
        await self.sweeper.stop()


@pytest.fixture
def clock() -> JumpingClock:
    return JumpingClock(NOW + timedelta(minutes=2))


def kinds(messages: Sequence[Message]) -> list[str]:
    return [str(one.payload["kind"]) for one in messages]
