"""Tools for tests of the core: fixed clock, stores in memory, no network."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import NoReturn

from bot.ports import Tools
from bot.settings import Settings
from bot.watches.stores import Stores
from storage.memory.open import memory_stores


class FixedClock:
    """A clock that stands until it is moved."""

    def __init__(self, start: datetime = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)) -> None:
        self.time = start

    def now(self) -> datetime:
        return self.time

    def monotonic(self) -> float:
        return self.time.timestamp()

    def move(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


def _no_network() -> NoReturn:
    raise AssertionError("this test must not reach the network")


def make_test_tools(settings: Settings | None = None, clock: FixedClock | None = None) -> Tools:
    """Tools without a network; each call has stores of its own."""
    stores = memory_stores()

    async def opened() -> Stores:
        return stores

    return Tools(
        settings=settings or Settings(), clock=clock or FixedClock(), network=_no_network, stores=opened
    )
