"""Heartbeats, places nobody probes from, our own uplink, leases, housekeeping, and steps that fail."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import cast

import pytest

from adapters.engine import heartbeat, steady
from adapters.engine.heartbeat import Heartbeat
from adapters.engine.housekeeping import Housekeeping
from adapters.engine.leader import LEASE_S, Leader
from adapters.engine.steady import Steady
from adapters.engine.uplink import Uplink
from bot.errors import Unavailable
from bot.model.outcome import Endpoint
from bot.model.value import replace
from bot.ports import Connection, Dialer, Fetcher, Network, Resolver, Tools, TrustStore
from bot.watches.message import Message
from bot.watches.stores import Stores
from bot.watches.watch import SHARDS
from tests.adapters.engine.conftest import JumpingClock, add_watches, kinds, tools_for, waiting


def beat_of(stores: Stores, clock: JumpingClock, name: str, vantage: str = "local") -> Heartbeat:
    return Heartbeat(stores, clock, name, vantage, lost_since=lambda: None, news=lambda: None)


async def test_processes_learn_of_each_other_and_of_deaths(stores: Stores, clock: JumpingClock) -> None:
    one, other, far = (
        beat_of(stores, clock, "a"),
        beat_of(stores, clock, "b"),
        beat_of(stores, clock, "c", "eu"),
    )
    await one.step()
    assert one.shards() is None
    await other.step()
    await far.step()
    await one.step()
    assert far.shards() is None
    mine, theirs = one.shards(), other.shards()
    assert mine is not None
    assert theirs is not None
    assert len({*mine, *theirs}) == SHARDS == len(mine) + len(theirs)
    clock.move(heartbeat.DEAD_S + 1)
    await one.step()
    assert one.shards() is None
    await other.step()
    await other.leave()
    await one.step()
    assert one.shards() is None


async def test_a_place_without_worker_is_told_once_per_workspace_and_its_return_too(
    stores: Stores, clock: JumpingClock
) -> None:
    await add_watches(stores, "a.example", "b.example", channel="C2", vantage="eu")
    await add_watches(stores, "c.example", channel="C1", vantage="eu")
    await add_watches(stores, "d.example", channel="C1")
    here, there = beat_of(stores, clock, "serve"), beat_of(stores, clock, "serve-2")
    for _ in range(5):
        await here.step()
        await there.step()
        clock.move(heartbeat.LOOK_EVERY_S)
    assert await waiting(stores) == []
    for _ in range(10):
        await here.step()
        await there.step()
        clock.move(heartbeat.LOOK_EVERY_S)
    (gone,) = await waiting(stores)
    assert (gone.type, gone.channel, gone.payload["kind"], gone.payload["watches"]) == (
        "vantage", "C2", "gone", 3,
    )  # fmt: skip
    restarted = beat_of(stores, clock, "serve-3")
    for _ in range(10):
        await restarted.step()
        clock.move(heartbeat.LOOK_EVERY_S)
    assert await waiting(stores) == []
    await beat_of(stores, clock, "eu-1", "eu").step()
    (back,) = await waiting(stores)
    assert (back.payload["kind"], back.thread_of) == ("back", gone.key)
    clock.move(100)
    for _ in range(10):
        await restarted.step()
        clock.move(heartbeat.LOOK_EVERY_S)
    assert kinds(await waiting(stores)) == ["gone"]


async def test_dead_processes_are_forgotten_after_a_day(stores: Stores, clock: JumpingClock) -> None:
    await beat_of(stores, clock, "old").step()
    clock.move(90000)
    here = beat_of(stores, clock, "new")
    await here.step()
    await here.forget_dead()
    assert [one.name for one in await stores.workers.alive(clock.now() - timedelta(days=99))] == ["new"]


# ---- our own uplink


class _Dialer:
    """Takes connections while the network works."""

    works = True
    dials = 0

    async def dial(self, endpoint: Endpoint) -> Connection:
        self.dials += 1
        assert endpoint.port == 2525
        if not self.works:
            raise ConnectionRefusedError
        return cast("Connection", self)

    async def close(self) -> None:
        return None

    def has_route(self, family: int) -> bool:
        return True


def uplink_of(stores: Stores, clock: JumpingClock, dialer: _Dialer) -> Uplink:
    tools = tools_for(stores, clock, control_targets=("127.0.0.1:2525", "127.0.0.2:2525"))
    nothing = cast("object", None)
    network = Network(
        dialer=cast("Dialer", dialer), resolver=cast("Resolver", nothing),
        fetcher=cast("Fetcher", nothing), trust=cast("TrustStore", nothing),
    )  # fmt: skip
    return Uplink(replace(tools, network=lambda: network), stores, lambda: None)


async def test_the_loss_of_our_uplink_and_its_return_are_told_once(
    stores: Stores, clock: JumpingClock
) -> None:
    await add_watches(stores, "a.example", "b.example")
    dialer = _Dialer()
    one, other = uplink_of(stores, clock, dialer), uplink_of(stores, clock, dialer)
    await one.step()
    await other.step()
    assert not await one.is_lost()
    dialer.works = False
    clock.move(2)
    assert await one.is_lost()
    assert await other.is_lost()
    (lost,) = await waiting(stores)
    assert (lost.type, lost.payload["kind"], lost.payload["watches"]) == ("uplink", "lost", 2)
    clock.move(2)
    restarted = uplink_of(stores, clock, dialer)
    await restarted.step()
    assert await restarted.is_lost()
    assert await waiting(stores) == []
    dialer.works = True
    clock.move(2)
    for part in (restarted, one, other):
        await part.step()
        assert not await part.is_lost()
    (back,) = await waiting(stores)
    assert (back.payload["kind"], back.thread_of) == ("back", lost.key)


async def test_controls_that_never_answered_say_nothing(stores: Stores, clock: JumpingClock) -> None:
    dialer = _Dialer()
    dialer.works = False
    uplink = uplink_of(stores, clock, dialer)
    await uplink.step()
    clock.move(5)
    assert not await uplink.is_lost()
    assert await waiting(stores) == []


async def test_a_burst_of_failures_asks_the_controls_once(stores: Stores, clock: JumpingClock) -> None:
    dialer = _Dialer()
    uplink = uplink_of(stores, clock, dialer)
    await uplink.step()
    clock.move(5)
    dialer.dials = 0
    await asyncio.gather(*(uplink.is_lost() for _ in range(20)))
    assert dialer.dials == 2


# ---- leases


class _Adapter:
    def __init__(self) -> None:
        self.said: list[str] = []

    async def start(self) -> None:
        self.said.append("start")

    async def stop(self) -> None:
        self.said.append("stop")


def leader_of(tools: Tools, name: str) -> tuple[Leader, _Adapter]:
    adapter = _Adapter()
    return Leader(tools, "discord", name, adapter.start, adapter.stop), adapter


async def test_one_process_holds_and_another_takes_over_within_seconds(
    stores: Stores, clock: JumpingClock
) -> None:
    tools = tools_for(stores, clock)
    (one, first), (other, second) = leader_of(tools, "a"), leader_of(tools, "b")
    for _ in range(3):
        await one.step()
        await other.step()
        clock.move(4)
    assert (first.said, second.said) == (["start"], [])
    clock.move(LEASE_S)  # `one` hangs or is dead
    await other.step()
    assert second.said == ["start"]
    await one.step()
    assert first.said == ["start", "stop"]
    await other.leave()
    await one.step()
    assert first.said == ["start", "stop", "start"]


async def test_a_database_that_does_not_work_keeps_nobody_from_being_answered(
    stores: Stores, clock: JumpingClock
) -> None:
    async def unavailable() -> Stores:
        raise Unavailable("database-unavailable", why="refused")

    leader, adapter = leader_of(replace(tools_for(stores, clock), stores=unavailable), "a")
    with pytest.raises(Unavailable):
        await leader.step()
    assert adapter.said == ["start"]


# ---- housekeeping


async def test_a_clock_put_back_leaves_nothing_waiting_for_the_time_it_had(
    stores: Stores, clock: JumpingClock
) -> None:
    mended: list[str] = []

    async def more() -> None:
        mended.append("more")

    keeping = Housekeeping(stores, clock, "a", more)
    (watch,) = await add_watches(stores, "a.example")
    await keeping.step()
    clock.jump(7 * 86400)
    await keeping.step()
    message = Message(key="a", workspace="slack:T1", channel="C1", type="alert", payload={})
    await stores.watches.claim_due("local", clock.now())
    await stores.outbox.put([message], clock.now())
    await stores.outbox.claim(clock.now())
    clock.jump(-7 * 86400)
    clock.move(5)
    await keeping.step()
    assert [one.watch.id for one in await stores.watches.claim_due("local", clock.now())] == [watch.id]
    assert len(await stores.outbox.claim(clock.now())) == 1
    assert len(mended) == 3


async def test_sent_messages_are_dropped_after_their_time(stores: Stores, clock: JumpingClock) -> None:
    async def more() -> None:
        return None

    message = Message(key="a", workspace="slack:T1", channel="C1", type="alert", payload={})
    await stores.outbox.put([message], clock.now())
    await stores.outbox.done("a", "1", clock.now())
    await Housekeeping(stores, clock, "a", more).step()
    assert await stores.outbox.message_id("a") == "1"
    clock.move(91 * 86400)
    await Housekeeping(stores, clock, "a", more).step()
    assert await stores.outbox.message_id("a") is None


# ---- steps that fail


async def test_a_step_that_fails_is_said_once_tried_again_and_works_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(steady, "FIRST_PAUSE_S", 0.0)
    clock, tries, works = JumpingClock(), [0], asyncio.Event()
    problems: list[Exception] = [Unavailable("database-unavailable", why="database is locked")] * 3
    problems.append(ValueError("a bug"))

    async def step() -> float:
        tries[0] += 1
        if problems:
            raise problems.pop(0)
        works.set()
        return 60.0

    part = Steady("sweeps", step, clock.monotonic, stuck_s=8)
    words: set[str] = set()
    task = asyncio.create_task(part.run())
    while not works.is_set():
        words.add(part.word)
        await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert "database is locked" in words
    assert part.word == "ok"
    assert tries[0] == 5
    assert caplog.text.count("database is locked") == 1
    assert "a bug" in caplog.text
    part.wake()
    await asyncio.sleep(0.01)
    assert tries[0] == 6
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_step_that_hangs_shows() -> None:
    clock = JumpingClock()
    gate = asyncio.Event()

    async def step() -> float:
        await gate.wait()
        return 60.0

    part = Steady("sweeps", step, clock.monotonic, stuck_s=10)
    task = asyncio.create_task(part.run())
    await asyncio.sleep(0)
    clock.move(9)
    assert part.word == "ok"
    clock.move(3)
    assert part.word == "sweeps: no answer for 12 s"
    gate.set()
    await asyncio.sleep(0.01)
    assert part.word == "ok"
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
