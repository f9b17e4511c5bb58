"""Due watches are run once each, politely, recorded as they come, and survive whoever claimed them."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from adapters.engine import hand, pace, recorder, sweeps
from adapters.engine.heartbeat import own_shards
from bot.errors import Unavailable
from bot.watches.stores import Stores
from bot.watches.watch import SHARDS
from tests.adapters.engine.conftest import JumpingClock, Process, add_watches, kinds, waiting
from tests.storage.conftest import NOW


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder, "GATHER_S", 0.0)


async def test_a_due_watch_is_run_once_and_is_due_again_after_its_interval(
    stores: Stores, clock: JumpingClock
) -> None:
    (watch,) = await add_watches(stores, "a.example")
    process = Process(stores, clock)
    await process.sweep()
    assert process.runs == ["a.example"]
    due = await stores.watches.next_due_at("local")
    assert due is not None
    assert timedelta(seconds=20) < due - clock.now() <= timedelta(seconds=90)
    assert (await stores.watches.digests(watch.workspace, [watch.id]))[watch.id] == {"verdict": "pass"}
    clock.move(100)
    await process.sweep()
    assert len(process.runs) == 2


async def test_two_processes_share_the_watches_and_run_none_twice(
    stores: Stores, clock: JumpingClock
) -> None:
    await add_watches(stores, *(f"{number}.example" for number in range(60)))
    one, other = Process(stores, clock), Process(stores, clock)
    await asyncio.gather(one.sweep(), other.sweep())
    assert len(one.runs) + len(other.runs) == 60
    assert set(one.runs) | set(other.runs) == {f"{number}.example" for number in range(60)}


async def test_at_most_three_of_a_host_and_64_in_all_run_at_once(
    stores: Stores, clock: JumpingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    same = [f"mx.example:{port}" for port in range(1, 10)]
    others = [f"{number}.example" for number in range(100)]
    await add_watches(stores, *same, *others)
    process = Process(stores, clock, gates={one: asyncio.Event() for one in (*same, *others)})
    await process.sweeper.step()
    await process.settle()
    assert len(process.running) == pace.MOST == process.most_at_once
    for one in others:
        process.gates[one].set()
    await process.settle()
    assert len(process.running) == sweeps.PER_HOST
    assert all(one in same for one in process.running)
    for one in same:
        process.gates[one].set()
    for _ in range(4):
        await process.sweep()
    assert len(process.runs) == len(set(process.runs)) == 109


async def test_a_slow_server_holds_up_nobody_else(stores: Stores, clock: JumpingClock) -> None:
    slow, quick = await add_watches(stores, "slow.example", "quick.example")
    process = Process(stores, clock, gates={"slow.example": asyncio.Event()})
    await process.sweep()
    states = await stores.watches.states(slow.workspace, [slow.id, quick.id])
    assert (states[slow.id].last_word, states[quick.id].last_word) == ("", "pass")
    await process.dies()


async def test_a_claim_is_kept_while_the_run_goes_on(stores: Stores, clock: JumpingClock) -> None:
    await add_watches(stores, "slow.example")
    process, other = Process(stores, clock, gates={"slow.example": asyncio.Event()}), Process(stores, clock)
    for _ in range(10):
        await process.sweep()
        clock.move(4)
    await other.sweep()
    assert other.runs == []
    process.gates["slow.example"].set()
    await process.sweep()
    assert len(process.runs) == 1
    assert len(process.hand) == 0


async def test_what_a_dead_process_had_in_hand_others_finish_within_seconds(
    stores: Stores, clock: JumpingClock
) -> None:
    await add_watches(stores, "a.example", "b.example")
    dead = Process(stores, clock, gates={"a.example": asyncio.Event(), "b.example": asyncio.Event()})
    await dead.sweeper.step()
    await dead.dies()
    other = Process(stores, clock)
    clock.move(hand.LEASE_S - 1)
    await other.sweep()
    assert other.runs == []
    clock.move(1.1)
    await other.sweep()
    assert sorted(other.runs) == ["a.example", "b.example"]


async def test_a_process_that_comes_back_late_writes_nothing(stores: Stores, clock: JumpingClock) -> None:
    (watch,) = await add_watches(stores, "a.example")
    gate = asyncio.Event()
    stopped = Process(stores, clock, words={"a.example": "fail"}, gates={"a.example": gate})
    await stopped.sweeper.step()
    await stopped.settle()
    clock.move(hand.LEASE_S + 1)  # suspended, its lease over
    other = Process(stores, clock)
    await other.sweep()
    gate.set()
    await stopped.settle()
    await stopped.recorder.step()
    states = await stores.watches.states(watch.workspace, [watch.id])
    assert (states[watch.id].last_word, states[watch.id].bad) == ("pass", 0)
    assert len(stopped.hand) == 0


async def test_a_clock_that_jumps_over_a_lease_does_not_run_a_watch_beside_itself(
    stores: Stores, clock: JumpingClock
) -> None:
    (watch,) = await add_watches(stores, "a.example")
    process = Process(stores, clock, gates={"a.example": asyncio.Event()})
    await process.sweeper.step()
    await process.settle()
    clock.jump(3600)
    await process.sweeper.step()
    await process.settle()
    assert process.runs == ["a.example"]
    process.gates["a.example"].set()
    await process.settle()
    await process.recorder.step()
    states = await stores.watches.states(watch.workspace, [watch.id])
    assert states[watch.id].last_word == "pass"


async def test_what_cannot_be_written_is_written_later(
    stores: Stores, clock: JumpingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    (watch,) = await add_watches(stores, "a.example")
    process = Process(stores, clock)
    await process.sweeper.step()
    await process.settle()
    real = stores.watches.record

    async def fails(*_: object, **__: object) -> int:
        raise Unavailable("database-unavailable", why="database or disk is full")

    monkeypatch.setattr(stores.watches, "record", fails)
    for _ in range(2):
        with pytest.raises(Unavailable):
            await process.recorder.step()
    assert len(process.hand) == 1
    monkeypatch.setattr(stores.watches, "record", real)
    await process.recorder.step()
    states = await stores.watches.states(watch.workspace, [watch.id])
    assert states[watch.id].last_word == "pass"
    assert process.runs == ["a.example"]


async def test_two_failures_alert_once_and_two_successes_say_so(stores: Stores, clock: JumpingClock) -> None:
    await add_watches(stores, "a.example")
    process = Process(stores, clock)
    await process.rounds(2, 90)
    process.words["a.example"] = "fail"
    await process.rounds(4, 90)
    process.words["a.example"] = "pass"
    await process.rounds(3, 90)
    messages = await waiting(stores)
    assert [one.key for one in messages] == ["alert-1-1", "alert-1-2", "alert-1-2-edit"]
    assert messages[1].thread_of == "alert-1-1" == messages[2].edits
    assert process.news == 2


async def test_watches_that_break_together_are_one_message_though_their_times_differ(
    stores: Stores, clock: JumpingClock
) -> None:
    targets = [f"{number}.example" for number in range(6)]
    await add_watches(stores, *targets, "well.example", interval_s=60)
    process = Process(stores, clock)
    for _ in range(8):
        await process.sweep()
        clock.move(10)
    process.words.update((one, "fail") for one in targets)
    for _ in range(30):
        await process.sweep()
        clock.move(5)
    process.words.clear()
    for _ in range(40):
        await process.sweep()
        clock.move(5)
    messages = await waiting(stores)
    assert kinds(messages) == ["broke", "recovered"]
    assert [len(one.payload["members"]) for one in messages] == [6, 6]
    assert messages[1].thread_of == messages[0].key


async def test_one_broken_watch_among_well_ones_is_told_at_once(stores: Stores, clock: JumpingClock) -> None:
    await add_watches(stores, "a.example", "b.example", "c.example", "d.example")
    process = Process(stores, clock)
    await process.rounds(2, 90)
    process.words["a.example"] = "fail"
    await process.rounds(2, 90)
    assert kinds(await waiting(stores)) == ["broke"]


async def test_news_wait_ten_seconds_at_most(stores: Stores, clock: JumpingClock) -> None:
    await add_watches(stores, "a.example", "b.example", "c.example", interval_s=600)
    process = Process(stores, clock)
    await process.sweep()
    clock.move(900)
    process.words.update({"a.example": "fail", "b.example": "fail"})
    await process.sweep()
    clock.move(600)
    process.gates["b.example"] = asyncio.Event()  # near to the same news, and hangs
    await process.sweep()
    await process.sweep()
    assert await waiting(stores) == []
    clock.move(recorder.HOLD_S + 0.1)
    await process.sweep()
    assert kinds(await waiting(stores)) == ["broke"]
    await process.dies()


async def test_a_lost_uplink_is_not_held_against_anybody(stores: Stores, clock: JumpingClock) -> None:
    (watch, *_) = await add_watches(stores, "a.example", "b.example")
    process = Process(stores, clock, words={"a.example": "fail", "b.example": "fail"}, lost=True)
    await process.rounds(5, 90)
    assert await waiting(stores) == []
    state = (await stores.watches.states(watch.workspace, [watch.id]))[watch.id]
    assert (state.last_word, state.last_reason, state.bad) == ("unknown", "uplink-lost", 0)


async def test_what_another_process_does_not_come_to_is_run_by_whoever_has_time(
    stores: Stores, clock: JumpingClock
) -> None:
    await add_watches(stores, "a.example")
    process = Process(stores, clock, shards=lambda: frozenset())
    due = await stores.watches.next_due_at("local")
    assert due is not None
    clock.wall = due + sweeps.OVERDUE - timedelta(seconds=1)
    await process.sweep()
    assert process.runs == []
    clock.move(2)
    await process.sweep()
    assert process.runs == ["a.example"]
    assert (await stores.watches.next_due_at("local") or clock.now()) > clock.now()


async def test_slow_runs_are_not_claimed_far_ahead(stores: Stores, clock: JumpingClock) -> None:
    targets = [f"{number}.example" for number in range(400)]
    await add_watches(stores, *targets)
    process = Process(stores, clock, gates={one: asyncio.Event() for one in targets})
    for _ in range(6):
        await process.sweep()
    assert len(process.running) == pace.MOST
    assert len(process.hand) <= 4 * pace.MOST
    await process.dies()


def test_runs_are_started_the_slower_the_later_the_loop_is() -> None:
    kept = pace.Pace(lambda: 0.0)
    kept.heed(0.2)
    assert kept.at_once < pace.MOST
    for _ in range(50):
        kept.heed(0.2)
    assert kept.at_once == pace.LEAST
    kept.heed(0.03)
    assert kept.at_once == pace.LEAST
    for _ in range(50):
        kept.heed(0.001)
    assert kept.at_once == pace.MOST


def test_shards_are_shared_out_and_only_those_of_the_dead_move() -> None:
    alive = ["a", "b", "c"]
    before = {name: own_shards(name, alive) for name in alive}
    assert sorted(shard for own in before.values() for shard in own) == list(range(SHARDS))
    assert all(len(own) > SHARDS // 8 for own in before.values())
    after = {name: own_shards(name, ["a", "b"]) for name in ("a", "b")}
    assert all(before[name] <= after[name] for name in ("a", "b"))


async def test_a_process_takes_only_its_shards(stores: Stores, clock: JumpingClock) -> None:
    await add_watches(stores, *(f"{number}.example" for number in range(40)))
    clock.wall = NOW + timedelta(seconds=10)
    shards = {name: own_shards(name, ["a", "b"]) for name in "ab"}
    one = Process(stores, clock, shards=lambda: shards["a"])
    other = Process(stores, clock, shards=lambda: shards["b"])
    await one.sweep()
    assert 0 < len(one.runs) < 40
    await other.sweep()
    assert len(one.runs) + len(other.runs) == 40
    assert not set(one.runs) & set(other.runs)
