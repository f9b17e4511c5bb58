"""What the channel, audit, memo and worker stores promise."""

from __future__ import annotations

import asyncio

from bot.watches.history import AuditEntry, Worker
from bot.watches.stores import Stores
from tests.storage.conftest import ELSEWHERE, HERE, NOW, later


async def test_channel_settings_are_kept_per_channel_and_noted(stores: Stores) -> None:
    await stores.channels.set_setting(HERE, "language", "en", person="U1")
    await stores.channels.set_setting(HERE, "language", "es", person="U2")
    assert await stores.channels.settings_of(HERE) == {"language": "es"}
    assert await stores.channels.settings_by_id("slack:T1", "C1") == {"language": "es"}
    assert await stores.channels.settings_of(ELSEWHERE) == {}
    entries = await stores.audit.latest("slack:T1")
    assert [(entry.person, entry.action, entry.subject, entry.at) for entry in entries] == [
        ("U2", "settings language", "es", NOW),
        ("U1", "settings language", "en", NOW),
    ]


async def test_audit_entries_come_newest_first_and_limited(stores: Stores) -> None:
    for number in range(5):
        entry = AuditEntry(
            at=NOW, workspace="slack:T1", channel="C1", person="U1", action="x", subject=str(number)
        )
        await stores.audit.add(entry)
    assert [entry.subject for entry in await stores.audit.latest("slack:T1", limit=2)] == ["4", "3"]


async def test_an_event_is_new_once_within_its_lifetime(stores: Stores) -> None:
    answers = await asyncio.gather(*(stores.memos.first("event:Ev1", 600, NOW) for _ in range(5)))
    assert sorted(answers) == [False, False, False, False, True]
    assert not await stores.memos.first("event:Ev1", 600, later(seconds=599))
    assert await stores.memos.first("event:Ev1", 600, later(seconds=601))


async def test_a_memo_lasts_as_long_as_it_was_given(stores: Stores) -> None:
    await stores.memos.put("button:1", "check a.example", 60, NOW)
    await stores.memos.put("button:1", "check b.example", 60, NOW)
    assert await stores.memos.get("button:1", later(seconds=59)) == "check b.example"
    assert await stores.memos.get("button:1", later(seconds=60)) is None
    assert await stores.memos.get("button:2", NOW) is None


async def test_heartbeats_say_who_is_alive(stores: Stores) -> None:
    worker = Worker(name="w1", vantage="eu", beat_at=NOW, started_at=NOW, uplink_lost_since=NOW)
    await stores.workers.beat(worker)
    await stores.workers.beat(Worker(name="w2", vantage="us", beat_at=later(minutes=5), started_at=NOW))
    assert (await stores.workers.alive(NOW))[0] == worker
    assert [one.name for one in await stores.workers.alive(later(minutes=1))] == ["w2"]
    await stores.workers.leave("w2")
    assert await stores.workers.alive(later(minutes=1)) == ()


async def test_one_process_holds_a_lease_until_it_ends_or_gives_it_back(stores: Stores) -> None:
    assert await stores.workers.hold("gateway", "p1", NOW, lease_s=30)
    assert not await stores.workers.hold("gateway", "p2", later(seconds=29))
    assert await stores.workers.hold("gateway", "p1", later(seconds=29), lease_s=30)
    assert not await stores.workers.hold("gateway", "p2", later(seconds=58))
    assert await stores.workers.hold("gateway", "p2", later(seconds=60))
    await stores.workers.release("gateway", "p1")
    assert not await stores.workers.hold("gateway", "p1", later(seconds=61))
    await stores.workers.release("gateway", "p2")
    assert await stores.workers.hold("gateway", "p1", later(seconds=61))


async def test_a_working_database_answers_a_ping(stores: Stores) -> None:
    await stores.ping()
