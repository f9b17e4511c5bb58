"""What `HistoryStore` promises, before and after runs were rolled up."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.watches.alert import Turn
from bot.watches.observation import Point
from bot.watches.stores import Stores
from bot.watches.watch import Draft
from bot.watches.watch_store import Recorded
from tests.storage.conftest import HERE, NOW, later

START = NOW - timedelta(days=100)


async def one_watch(stores: Stores) -> int:
    (watch,) = await stores.watches.add(HERE, [Draft(target="a.example")], person="U1", now=NOW)
    return watch.id


async def record(stores: Stores, watch_id: int, points: list[Point], turn: Turn | None = None) -> None:
    for point in points:
        (claimed,) = await stores.watches.claim_due("local", later(days=900), lease_s=0)
        run = Recorded(
            watch_id=watch_id, revision=claimed.revision, state=claimed.state,
            next_due=NOW, point=point, turn=turn,
        )  # fmt: skip
        assert await stores.watches.record([run], [], NOW) == 1


def hour_of_runs(start: datetime) -> list[Point]:
    words = ("pass", "pass", "fail", "warn", "unknown", "pass")
    times = (40.0, 10.0, None, 30.0, None, 20.0)
    return [
        Point(start + timedelta(minutes=10 * index), word, ms)  # type: ignore[arg-type]
        for index, (word, ms) in enumerate(zip(words, times, strict=True))
    ]


async def test_hours_and_days_are_the_same_before_and_after_rolling_up(stores: Stores) -> None:
    watch_id = await one_watch(stores)
    start = NOW - timedelta(days=3)
    await record(stores, watch_id, hour_of_runs(start) + hour_of_runs(start + timedelta(hours=5)))

    async def seen() -> list[object]:
        hours = await stores.history.buckets("slack:T1", watch_id, "hour", START, NOW)
        return [*hours, *await stores.history.buckets("slack:T1", watch_id, "day", START, NOW)]

    before = await seen()
    await stores.history.roll_up(NOW)
    await stores.history.roll_up(NOW)
    assert await seen() == before
    hours = await stores.history.buckets("slack:T1", watch_id, "hour", START, NOW)
    first = hours[0]
    assert (first.at, first.up, first.warn, first.down, first.unknown) == (start, 3, 1, 1, 1)
    assert (first.median_ms, first.p95_ms, first.known) == (20.0, 40.0, 5)
    assert len(hours) == 2


async def test_an_hour_without_any_time_has_no_latency(stores: Stores) -> None:
    watch_id = await one_watch(stores)
    await record(stores, watch_id, [Point(NOW - timedelta(hours=2), "fail", None)])
    (bucket,) = await stores.history.buckets("slack:T1", watch_id, "hour", START, NOW)
    assert (bucket.median_ms, bucket.p95_ms, bucket.down) == (None, None, 1)


async def test_old_runs_go_and_what_was_made_of_them_stays(stores: Stores) -> None:
    watch_id = await one_watch(stores)
    old, new = NOW - timedelta(days=91), NOW - timedelta(days=1)
    await record(stores, watch_id, [Point(old, "pass", 5.0), Point(new, "pass", 6.0)])
    await stores.history.roll_up(NOW - timedelta(days=2))
    assert await stores.history.roll_up(NOW) >= 1
    points = await stores.history.points("slack:T1", watch_id, START, NOW)
    assert [point.at for point in points] == [new]
    days = await stores.history.buckets("slack:T1", watch_id, "day", START, NOW)
    assert len(days) == (1 if stores.database == "memory" else 2)


async def test_two_runs_in_one_second_are_one(stores: Stores) -> None:
    watch_id = await one_watch(stores)
    await record(stores, watch_id, [Point(NOW, "pass", 5.0), Point(NOW, "fail", None)])
    assert await stores.history.points("slack:T1", watch_id, NOW, later(hours=1)) == (
        Point(NOW, "pass", 5.0),
    )


async def test_incidents_open_once_and_end_with_the_recovery(stores: Stores) -> None:
    watch_id = await one_watch(stores)
    down, up = NOW - timedelta(hours=3), NOW - timedelta(hours=2)
    await record(stores, watch_id, [Point(down, "fail", None)], Turn("down", down, "port-refused"))
    (open_,) = await stores.history.incidents("slack:T1", [watch_id], START, NOW)
    assert open_.ended_at is None
    await record(stores, watch_id, [Point(up, "pass", 1.0)], Turn("up", up))
    (closed,) = await stores.history.incidents("slack:T1", [watch_id], START, NOW)
    assert (closed.began_at, closed.ended_at, closed.reason) == (down, up, "port-refused")
    assert await stores.history.incidents("slack:T1", [watch_id], up + timedelta(minutes=1), NOW) == ()
    assert await stores.history.incidents("slack:T2", [watch_id], START, NOW) == ()


async def test_history_of_a_watch_is_its_workspaces_alone(stores: Stores) -> None:
    watch_id = await one_watch(stores)
    await record(stores, watch_id, [Point(NOW, "pass", 5.0)])
    assert await stores.history.points("slack:T2", watch_id, START, later(hours=1)) == ()
    assert await stores.history.buckets("slack:T2", watch_id, "hour", START, later(hours=1)) == ()
