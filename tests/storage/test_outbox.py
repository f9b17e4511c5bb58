"""What `OutboxStore` promises: in order, once, and never lost."""

from __future__ import annotations

import asyncio

from bot.watches.message import Message
from bot.watches.stores import Stores
from tests.storage.conftest import NOW, later


def message(key: str, channel: str = "C1", workspace: str = "slack:T1", **more: str) -> Message:
    return Message(key=key, workspace=workspace, channel=channel, type="alert", payload={"año": "ñ"}, **more)


async def claimed_keys(stores: Stores, **options: float) -> list[str]:
    return [one.message.key for one in await stores.outbox.claim(later(**options))]


async def test_a_key_is_accepted_once(stores: Stores) -> None:
    assert await stores.outbox.put([message("a"), message("b"), message("a")], NOW) == 2
    assert await stores.outbox.put([message("a")], NOW) == 0
    assert await claimed_keys(stores) == ["a", "b"]


async def test_a_key_stays_taken_after_it_was_sent(stores: Stores) -> None:
    await stores.outbox.put([message("a")], NOW)
    await stores.outbox.claim(NOW)
    await stores.outbox.done("a", "1700.1", NOW)
    assert await stores.outbox.put([message("a")], NOW) == 0
    assert await claimed_keys(stores, days=1) == []
    assert await stores.outbox.message_id("a") == "1700.1"


async def test_what_a_dead_process_claimed_comes_again_as_a_retry(stores: Stores) -> None:
    await stores.outbox.put([message("a")], NOW)
    (first,) = await stores.outbox.claim(NOW, lease_s=60)
    assert await claimed_keys(stores, seconds=59) == []
    (second,) = await stores.outbox.claim(later(seconds=61))
    assert (first.tries, second.tries) == (1, 2)


async def test_a_claim_is_kept_by_who_holds_it(stores: Stores) -> None:
    await stores.outbox.put([message("a"), message("b")], NOW)
    await stores.outbox.claim(NOW, lease_s=60)
    assert await stores.outbox.keep(["a", "b"], later(seconds=60), later(seconds=90)) == 2
    assert await claimed_keys(stores, seconds=61) == []
    assert await stores.outbox.keep(["a", "b"], later(seconds=60), later(days=1)) == 0
    assert await claimed_keys(stores, seconds=91) == ["a", "b"]


async def test_what_was_claimed_and_not_tried_is_no_retry(stores: Stores) -> None:
    await stores.outbox.put([message("a")], NOW)
    await stores.outbox.claim(NOW)
    await stores.outbox.give_back(["a"], NOW)
    (again,) = await stores.outbox.claim(NOW)
    assert again.tries == 1


async def test_a_try_that_reached_nobody_is_no_retry(stores: Stores) -> None:
    await stores.outbox.put([message("a")], NOW)
    await stores.outbox.claim(NOW)
    await stores.outbox.retry(["a"], later(seconds=5), "not connected", tried=False)
    assert await claimed_keys(stores, seconds=4) == []
    (again,) = await stores.outbox.claim(later(seconds=5))
    assert again.tries == 1


async def test_what_nobody_takes_is_given_up_in_the_end(stores: Stores) -> None:
    await stores.outbox.put([message("old"), message("sent", "C2")], NOW)
    await stores.outbox.done("sent", "1", NOW)
    await stores.outbox.put([message("new", "C3")], later(days=3))
    assert await stores.outbox.expire(later(days=1), later(days=4)) == 1
    backlog = await stores.outbox.backlog(later(days=4))
    assert (backlog.waiting, backlog.given_up) == (1, 1)
    assert await claimed_keys(stores, days=4) == ["new"]


async def test_only_the_oldest_of_each_channel_where_that_is_asked(stores: Stores) -> None:
    await stores.outbox.put([message("a"), message("b"), message("c", "C2")], NOW)
    first = await stores.outbox.claim(NOW, one_each=True)
    assert [one.message.key for one in first] == ["a", "c"]
    assert await stores.outbox.claim(NOW, one_each=True) == ()
    await stores.outbox.done("a", "1", NOW)
    (second,) = await stores.outbox.claim(NOW, one_each=True)
    assert second.message.key == "b"


async def test_a_clock_put_back_does_not_hold_messages_up(stores: Stores) -> None:
    await stores.outbox.put([message("a"), message("b", "C2")], NOW)
    await stores.outbox.claim(NOW)
    await stores.outbox.retry(["a"], later(days=3), "clock")
    await stores.outbox.retry(["b"], later(minutes=9), "429")
    assert await stores.outbox.mend_times(NOW) == 1
    assert await claimed_keys(stores) == ["a"]


async def test_a_waiting_message_holds_up_its_channel_only(stores: Stores) -> None:
    await stores.outbox.put([message("a"), message("b"), message("c", "C2")], NOW)
    assert len(await stores.outbox.claim(NOW)) == 3
    await stores.outbox.retry(["a"], later(seconds=30), "429")
    await stores.outbox.retry(["b", "c"], NOW, "not tried")
    assert await claimed_keys(stores) == ["c"]
    assert await stores.outbox.next_try_at() == later(seconds=30)
    assert await claimed_keys(stores, seconds=30) == ["a", "b"]


async def test_claims_at_the_same_time_give_each_message_once(stores: Stores) -> None:
    await stores.outbox.put([message(f"m{number:02}", f"C{number % 7}") for number in range(40)], NOW)
    claims = await asyncio.gather(*(stores.outbox.claim(NOW, limit=15) for _ in range(6)))
    keys = [one.message.key for claim in claims for one in claim]
    assert len(keys) == len(set(keys))
    channels: dict[str, list[str]] = {}
    for claim in claims:
        for one in claim:
            channels.setdefault(one.message.channel, []).append(one.message.key)
    assert all(len(claim) <= 15 for claim in claims)
    assert all(own for own in channels.values())


async def test_answers_and_edits_know_the_message_they_belong_to(stores: Stores) -> None:
    await stores.outbox.put([message("first")], NOW)
    await stores.outbox.claim(NOW)
    await stores.outbox.done("first", "1700.1", NOW)
    await stores.outbox.put([message("reply", thread_of="first"), message("edit", edits="first")], NOW)
    reply, edit = await stores.outbox.claim(NOW)
    assert (reply.reply_to, reply.edit) == ("1700.1", None)
    assert (edit.reply_to, edit.edit) == (None, "1700.1")


async def test_only_the_asked_platforms_are_claimed(stores: Stores) -> None:
    await stores.outbox.put(
        [message("s"), message("d", workspace="discord:7"), message("l", workspace="local")], NOW
    )
    assert [one.message.key for one in await stores.outbox.claim(NOW, platforms=["local", "discord"])] == [
        "d", "l",
    ]  # fmt: skip


async def test_a_message_for_a_channel_that_is_gone_is_given_up_and_counted(stores: Stores) -> None:
    await stores.outbox.put([message("a"), message("b")], NOW)
    await stores.outbox.claim(NOW)
    await stores.outbox.give_up("a", "channel_not_found", later(seconds=1))
    backlog = await stores.outbox.backlog(later(seconds=90))
    assert (backlog.waiting, backlog.oldest_s, backlog.given_up) == (1, 90.0, 1)
    assert await claimed_keys(stores, days=1) == ["b"]


async def test_old_sent_messages_are_forgotten_and_waiting_ones_are_not(stores: Stores) -> None:
    await stores.outbox.put([message("a"), message("b")], NOW)
    await stores.outbox.claim(NOW)
    await stores.outbox.done("a", "1", NOW)
    assert await stores.outbox.forget(later(days=8)) == 1
    assert await claimed_keys(stores, days=9) == ["b"]


async def test_the_payload_comes_back_as_it_was(stores: Stores) -> None:
    await stores.outbox.put([message("a")], NOW)
    (delivery,) = await stores.outbox.claim(NOW)
    assert delivery.message == message("a")
    assert delivery.created_at == NOW
