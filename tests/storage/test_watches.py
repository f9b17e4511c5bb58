"""What `WatchStore` promises."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import pytest

from bot.model.value import replace
from bot.watches.alert import AlertState, Turn
from bot.watches.message import Message
from bot.watches.observation import Point
from bot.watches.stores import Stores
from bot.watches.watch import Acknowledgement, Draft, Watch, Window
from bot.watches.watch_store import Claimed, Recorded
from tests.storage.conftest import ELSEWHERE, HERE, NOW, later


async def added(stores: Stores, *targets: str, vantage: str = "local") -> tuple[Watch, ...]:
    drafts = [Draft(target=target, vantage=vantage) for target in targets]
    return await stores.watches.add(HERE, drafts, person="U1", now=NOW)


def run_of(claimed: Claimed, at: datetime = NOW, turn: Turn | None = None) -> Recorded:
    return Recorded(
        watch_id=claimed.watch.id,
        revision=claimed.revision,
        state=replace(claimed.state, status="up", good=claimed.state.good + 1),
        next_due=later(minutes=15),
        point=Point(at, "pass", 12.34),
        turn=turn,
    )


def alert(key: str, channel: str = "C1") -> Message:
    return Message(key=key, workspace="slack:T1", channel=channel, type="alert", payload={"kind": "broke"})


async def test_a_watch_comes_back_as_it_was_added(stores: Stores) -> None:
    draft = Draft(
        target="mx.example.com:25", kind="host", interval_s=60, vantage="eu", failures=3,
        certificate_days=(14, 2), ignored=("ptr-missing",),
    )  # fmt: skip
    (watch,) = await stores.watches.add(HERE, [draft], person="U1", now=NOW)
    assert (watch.number, watch.target, watch.kind, watch.vantage) == (1, "mx.example.com:25", "host", "eu")
    assert (watch.certificate_days, watch.ignored, watch.created_at) == ((14, 2), ("ptr-missing",), NOW)
    assert watch.next_due is not None
    assert NOW <= watch.next_due <= later(seconds=6)
    assert await stores.watches.of_channel("slack:T1", "C1") == (watch,)


async def test_the_channel_watches_a_target_once_per_vantage(stores: Stores) -> None:
    assert len(await added(stores, "a.example", "b.example", "a.example")) == 2
    assert await added(stores, "a.example") == ()
    assert len(await added(stores, "a.example", vantage="eu")) == 1


async def test_numbers_are_the_workspaces_and_never_given_twice(stores: Stores) -> None:
    first, second = await added(stores, "a.example", "b.example")
    (other,) = await stores.watches.add(ELSEWHERE, [Draft(target="a.example")], person="U9", now=NOW)
    await stores.watches.remove(second, person="U1", now=NOW)
    (third,) = await added(stores, "c.example")
    assert [one.number for one in (first, second, other, third)] == [1, 2, 1, 3]


async def test_what_belongs_to_another_workspace_does_not_exist(stores: Stores) -> None:
    (watch,) = await added(stores, "a.example")
    stranger = replace(watch, workspace="slack:T2")
    assert await stores.watches.of_workspace("slack:T2") == ()
    assert not await stores.watches.change(stranger, person="U9", action="watch edit", now=NOW)
    assert not await stores.watches.remove(stranger, person="U9", now=NOW)
    assert await stores.watches.states("slack:T2", [watch.id]) == {}
    assert await stores.audit.latest("slack:T2") == ()


async def test_due_watches_are_claimed_once_and_again_after_the_lease(stores: Stores) -> None:
    await added(stores, "a.example", "b.example")
    due = later(minutes=2)
    assert len(await stores.watches.claim_due("local", due, lease_s=60)) == 2
    assert await stores.watches.claim_due("local", due) == ()
    assert len(await stores.watches.claim_due("local", due + timedelta(seconds=61))) == 2


async def test_claims_at_the_same_time_share_the_watches(stores: Stores) -> None:
    await added(stores, *(f"{number}.example" for number in range(60)))
    claims = await asyncio.gather(
        *(stores.watches.claim_due("local", later(minutes=2), limit=20) for _ in range(5))
    )
    ids = [one.watch.id for claim in claims for one in claim]
    assert len(ids) == len(set(ids))
    rest = await stores.watches.claim_due("local", later(minutes=2), limit=100)
    assert len(ids) + len(rest) == 60


async def test_only_the_asked_vantage_and_shard_are_claimed(stores: Stores) -> None:
    await added(stores, "a.example", "b.example", "c.example")
    await added(stores, "a.example", vantage="eu")
    due = later(minutes=2)
    shards = await stores.watches.due_shards(due)
    assert sum(count for vantage, _, count in shards if vantage == "local") == 3
    assert [count for vantage, _, count in shards if vantage == "eu"] == [1]
    vantage, shard, count = shards[-1]
    claimed = await stores.watches.claim_due(vantage, due, shards=[shard])
    assert len(claimed) == count
    assert {one.watch.vantage for one in claimed} == {vantage}
    assert await stores.watches.vantages() == {"local": 3, "eu": 1}


async def test_a_claim_is_kept_by_who_holds_it(stores: Stores) -> None:
    await added(stores, "a.example")
    due = later(minutes=2)
    (one,) = await stores.watches.claim_due("local", due, lease_s=10)
    lease = due + timedelta(seconds=10)
    await stores.watches.keep([one.watch.id], lease, due + timedelta(seconds=30))
    assert await stores.watches.claim_due("local", due + timedelta(seconds=11)) == ()
    await stores.watches.keep([one.watch.id], lease, due + timedelta(days=1))
    assert len(await stores.watches.claim_due("local", due + timedelta(seconds=31))) == 1


async def test_hurried_watches_are_due_at_once_unless_paused(stores: Stores) -> None:
    first, second = await added(stores, "a.example", "b.example")
    await stores.watches.change(replace(second, next_due=None), person="U1", action="watch pause", now=NOW)
    (claimed,) = await stores.watches.claim_due("local", later(minutes=2))
    await stores.watches.record([run_of(claimed)], [], NOW)
    await stores.watches.hurry([first.id, second.id], later(minutes=3))
    hurried = await stores.watches.claim_due("local", later(minutes=3))
    assert [one.watch.id for one in hurried] == [first.id]


async def test_all_or_nothing_when_the_messages_speak_of_all(stores: Stores) -> None:
    await added(stores, "a.example", "b.example")
    first, second = await stores.watches.claim_due("local", later(minutes=2))
    stale = replace(run_of(second), revision=second.revision - 1)
    assert await stores.watches.record([run_of(first), stale], [alert("g")], NOW, whole=True) == 0
    assert await stores.outbox.claim(NOW) == ()
    assert await stores.watches.record([run_of(first), run_of(second)], [alert("g")], NOW, whole=True) == 2


async def test_times_that_a_clock_put_back_left_far_ahead_are_mended(stores: Stores) -> None:
    (watch,) = await added(stores, "a.example")
    (claimed,) = await stores.watches.claim_due("local", later(minutes=2))
    await stores.watches.record([replace(run_of(claimed), next_due=later(days=400))], [], NOW)
    assert await stores.watches.mend_times(later(days=399, hours=23, minutes=50)) == 0
    assert await stores.watches.mend_times(NOW) == 1
    assert len(await stores.watches.claim_due("local", NOW)) == 1
    assert [one.id for one in await stores.watches.of_vantage("local")] == [watch.id]
    assert await stores.watches.of_vantage("eu") == ()


async def test_a_run_is_recorded_with_state_history_digest_and_message(stores: Stores) -> None:
    (watch,) = await added(stores, "a.example")
    (claimed,) = await stores.watches.claim_due("local", later(minutes=2))
    run = replace(run_of(claimed, turn=Turn("down", NOW, "port-refused")), digest={"verdict": "fail"})
    assert await stores.watches.record([run], [alert("alert-1-1")], NOW) == 1
    states = await stores.watches.states("slack:T1", [watch.id])
    assert states[watch.id] == run.state
    assert await stores.watches.digests("slack:T1", [watch.id]) == {watch.id: {"verdict": "fail"}}
    points = await stores.history.points("slack:T1", watch.id, NOW, later(hours=1))
    assert points == (Point(NOW, "pass", 12.3),)
    (incident,) = await stores.history.incidents("slack:T1", [watch.id], NOW, later(hours=1))
    assert (incident.began_at, incident.ended_at, incident.reason) == (NOW, None, "port-refused")
    (delivery,) = await stores.outbox.claim(NOW)
    assert delivery.message == alert("alert-1-1")
    (after,) = await stores.watches.of_workspace("slack:T1")
    assert after.next_due == later(minutes=15)
    assert await stores.watches.next_due_at("local") == later(minutes=15)


async def test_a_run_whose_claim_was_lost_writes_nothing(stores: Stores) -> None:
    (watch,) = await added(stores, "a.example")
    (slow,) = await stores.watches.claim_due("local", later(minutes=2), lease_s=10)
    (fast,) = await stores.watches.claim_due("local", later(minutes=3))
    assert await stores.watches.record([run_of(fast)], [], NOW) == 1
    assert await stores.watches.record([run_of(slow, later(seconds=9))], [alert("late")], NOW) == 0
    assert await stores.outbox.claim(NOW) == ()
    assert len(await stores.history.points("slack:T1", watch.id, NOW, later(hours=1))) == 1


async def test_what_people_change_during_a_check_stays(stores: Stores) -> None:
    (watch,) = await added(stores, "a.example")
    (claimed,) = await stores.watches.claim_due("local", later(minutes=2))
    muted = replace(
        watch, muted_until=later(hours=1), next_due=None,
        windows=(Window(start=NOW, end=later(hours=2)),),
        acknowledged=Acknowledgement(incident=1, person="U1", reason="on it", at=NOW),
    )  # fmt: skip
    assert await stores.watches.change(muted, person="U1", action="watch mute", now=NOW)
    assert await stores.watches.record([run_of(claimed)], [], NOW) == 1
    assert await stores.watches.of_workspace("slack:T1") == (muted,)
    assert (await stores.watches.states("slack:T1", [watch.id]))[watch.id].good == 1


async def test_pausing_and_resuming_decide_what_is_due(stores: Stores) -> None:
    (watch,) = await added(stores, "a.example")
    await stores.watches.change(replace(watch, next_due=None), person="U1", action="watch pause", now=NOW)
    assert await stores.watches.claim_due("local", later(days=9)) == ()
    await stores.watches.change(replace(watch, next_due=NOW), person="U1", action="watch resume", now=NOW)
    assert len(await stores.watches.claim_due("local", NOW)) == 1


async def test_muting_does_not_end_a_running_claim_but_a_shorter_interval_is_heeded(stores: Stores) -> None:
    (watch,) = await added(stores, "a.example")
    await stores.watches.claim_due("local", later(minutes=2), lease_s=3600)
    await stores.watches.change(
        replace(watch, muted_until=later(hours=9)), person="U1", action="watch mute", now=NOW
    )
    assert await stores.watches.claim_due("local", later(minutes=3)) == ()
    hurried = replace(watch, interval_s=5.0, next_due=later(minutes=3))
    await stores.watches.change(hurried, person="U1", action="watch edit", now=NOW)
    assert len(await stores.watches.claim_due("local", later(minutes=3))) == 1


async def test_the_channels_alert_setting_comes_with_the_claim(stores: Stores) -> None:
    await added(stores, "a.example")
    await stores.channels.set_setting(HERE, "alerts", "off", person="U1")
    (claimed,) = await stores.watches.claim_due("local", later(minutes=2))
    assert not claimed.alerts


async def test_removing_a_watch_removes_its_history(stores: Stores) -> None:
    (watch,) = await added(stores, "a.example")
    (claimed,) = await stores.watches.claim_due("local", later(minutes=2))
    await stores.watches.record([run_of(claimed)], [], NOW)
    assert await stores.watches.remove(watch, person="U1", now=NOW)
    assert await stores.history.points("slack:T1", watch.id, NOW, later(hours=1)) == ()
    assert not await stores.watches.remove(watch, person="U1", now=NOW)
    actions = [entry.action for entry in await stores.audit.latest("slack:T1")]
    assert actions == ["watch remove", "watch add"]


async def test_forgetting_a_workspace_leaves_the_others(stores: Stores) -> None:
    await added(stores, "a.example")
    await stores.watches.add(ELSEWHERE, [Draft(target="a.example")], person="U9", now=NOW)
    await stores.outbox.put([alert("alert-1-1")], NOW)
    await stores.forget_workspace("slack:T1")
    assert await stores.watches.of_workspace("slack:T1") == ()
    assert await stores.audit.latest("slack:T1") == ()
    assert await stores.outbox.claim(NOW) == ()
    assert len(await stores.watches.of_workspace("slack:T2")) == 1


@pytest.mark.parametrize(
    "state",
    [
        pytest.param(AlertState(), id="blank"),
        pytest.param(
            AlertState(
                status="down", since=NOW, told=True, told_at=later(minutes=1), news=4, incident=2,
                first_key="alert-1-3", bad=3, bad_since=NOW, findings=frozenset({"ptr-missing a", "x b"}),
                candidate=frozenset(), candidate_runs=1, level=2, certificate_ends=later(days=3),
                turns=(NOW, later(minutes=3)), flapping=True, last_word="fail", last_at=NOW, last_ms=1.5,
            ),
            id="all fields used",
        ),
    ],
)  # fmt: skip
async def test_a_state_comes_back_as_it_was(stores: Stores, state: AlertState) -> None:
    (watch,) = await added(stores, "a.example")
    (claimed,) = await stores.watches.claim_due("local", later(minutes=2))
    await stores.watches.record([replace(run_of(claimed), state=state)], [], NOW)
    assert await stores.watches.states("slack:T1", [watch.id]) == {watch.id: state}
