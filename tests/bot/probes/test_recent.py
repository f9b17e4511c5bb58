"""Equal questions at once run once; the answer is kept for a minute; nobody waiting means nothing runs."""

from __future__ import annotations

import asyncio

import pytest

from bot.errors import TargetRefused
from bot.probes.recent import MAX_KEPT, Recent
from bot.probes.together import Step, Tell
from tests.support.core import FixedClock


class _Work:
    """Something that takes time, counted."""

    def __init__(self) -> None:
        self.started = 0
        self.cancelled = 0
        self.go = asyncio.Event()

    async def make(self, tell: Tell) -> str:
        self.started += 1
        number = self.started
        await tell(Step((), ()))
        try:
            await self.go.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        return f"result {number}"


async def _quiet(_: Step) -> None:
    """Nobody watches."""


async def _settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_equal_questions_at_once_share_one_run_and_all_see_its_steps() -> None:
    recent, work = Recent[str](FixedClock()), _Work()
    seen: list[str] = []

    async def see(_: Step) -> None:
        seen.append("step")

    tasks = [asyncio.create_task(recent.once("key", work.make, see)) for _ in range(3)]
    await _settle()
    work.go.set()
    results = await asyncio.gather(*tasks)
    assert work.started == 1
    assert [(one.value, one.age_s) for one in results] == [("result 1", None)] * 3
    assert seen


async def test_within_a_minute_the_result_comes_with_its_age() -> None:
    clock = FixedClock()
    recent, work = Recent[str](clock), _Work()
    work.go.set()
    await recent.once("key", work.make, _quiet)
    clock.move(59)
    kept = await recent.once("key", work.make, _quiet)
    assert (kept.value, kept.age_s) == ("result 1", 59)
    clock.move(2)
    assert (await recent.once("key", work.make, _quiet)).value == "result 2"


async def test_fresh_asks_anew() -> None:
    recent, work = Recent[str](FixedClock()), _Work()
    work.go.set()
    await recent.once("key", work.make, _quiet)
    assert (await recent.once("key", work.make, _quiet, fresh=True)).value == "result 2"


async def test_the_last_to_leave_stops_the_run() -> None:
    recent, work = Recent[str](FixedClock()), _Work()
    first = asyncio.create_task(recent.once("key", work.make, _quiet))
    second = asyncio.create_task(recent.once("key", work.make, _quiet))
    await _settle()
    first.cancel()
    await asyncio.wait({first})
    assert work.cancelled == 0
    second.cancel()
    await asyncio.wait({second})
    assert work.cancelled == 1
    work.go.set()
    assert (await recent.once("key", work.make, _quiet)).value == "result 2"


async def test_a_refusal_reaches_all_and_is_not_kept() -> None:
    recent = Recent[str](FixedClock())
    runs = 0

    async def refuse(_: Tell) -> str:
        nonlocal runs
        runs += 1
        raise TargetRefused("target-forbidden", target="x", why="private")

    for _ in range(2):
        with pytest.raises(TargetRefused):
            await recent.once("key", refuse, _quiet)
    assert runs == 2


async def test_memory_is_bounded() -> None:
    recent, work = Recent[str](FixedClock()), _Work()
    work.go.set()
    for number in range(MAX_KEPT + 5):
        await recent.once(number, work.make, _quiet)
    assert recent.recall(0) is None
    assert recent.recall(MAX_KEPT) is not None
