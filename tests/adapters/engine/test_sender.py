"""The outbox is emptied in order, once, whatever the platform and the clock do."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from adapters.engine.sender import LEASE_S, Sender
from bot.cards.model import Card
from bot.errors import NotFound, Unavailable
from bot.ports import Messenger, Post, Tools
from bot.watches.message import Message
from bot.watches.stores import Stores
from tests.adapters.engine.conftest import JumpingClock, tools_for


@dataclass
class Platform:
    """A chat platform that remembers what it was given.

    Attributes:
        problems: Raised one after the other, before anything is posted.
        after: The same, after it was posted: the answer is lost.
        gate: Posts wait for it.
    """

    posts: list[Post] = field(default_factory=list)
    problems: list[Exception] = field(default_factory=list)
    after: list[Exception] = field(default_factory=list)
    gate: asyncio.Event | None = None
    tries: int = 0

    async def post(self, post: Post) -> str:
        self.tries += 1
        if self.gate is not None:
            await self.gate.wait()
        if self.problems:
            raise self.problems.pop(0)
        self.posts.append(post)
        if self.after:
            raise self.after.pop(0)
        return f"id-{post.key}"

    def posted(self) -> list[str]:
        return [one.key for one in self.posts]


async def card_of(message: Message, _: Tools) -> Card | None:
    if message.payload.get("kind") == "gone":
        return None
    return Card(title=message.key, tone="plain", blocks=(), summary=message.key, language="en")


def message(key: str, channel: str = "C1", workspace: str = "slack:T1", **more: str) -> Message:
    kind = more.pop("kind", "broke")
    return Message(
        key=key, workspace=workspace, channel=channel, type="alert", payload={"kind": kind}, **more
    )


def sender_of(
    stores: Stores,
    clock: JumpingClock,
    platform: Platform,
    make: Callable[[Message, Tools], object] = card_of,
) -> Sender:
    platforms: dict[str, Messenger] = {"slack": platform}
    return Sender(stores.outbox, tools_for(stores, clock), lambda: platforms, make)  # type: ignore[arg-type]


async def sent(sender: Sender) -> None:
    """Send what may be sent now."""
    for _ in range(12):
        await sender.step()
        for _ in range(20):
            await asyncio.sleep(0)
        while sender.sending:  # noqa: ASYNC110
            await asyncio.sleep(0.001)


async def test_messages_of_a_channel_go_out_in_order_and_once(stores: Stores, clock: JumpingClock) -> None:
    platform = Platform()
    keys = [f"m{number}" for number in range(5)]
    await stores.outbox.put([*(message(key) for key in keys), message("other", "C2")], clock.now())
    sender = sender_of(stores, clock, platform)
    await sent(sender)
    assert [key for key in platform.posted() if key != "other"] == keys
    assert sorted(platform.posted()) == sorted([*keys, "other"])
    assert not any(post.retry for post in platform.posts)
    assert (await stores.outbox.backlog(clock.now())).waiting == 0


async def test_two_senders_post_each_message_once(stores: Stores, clock: JumpingClock) -> None:
    platform = Platform()
    await stores.outbox.put([message(f"m{n}", f"C{n % 9}") for n in range(60)], clock.now())
    await asyncio.gather(*(sent(sender_of(stores, clock, platform)) for _ in range(2)))
    assert len(platform.posts) == len(set(platform.posted())) == 60


async def test_answers_and_edits_name_the_message_of_the_same_round(
    stores: Stores, clock: JumpingClock
) -> None:
    platform = Platform()
    messages = [message("a"), message("b", thread_of="a"), message("c", edits="a"), message("d", edits="no")]
    await stores.outbox.put(messages, clock.now())
    await sent(sender_of(stores, clock, platform))
    assert platform.posted() == ["a", "b", "c"]
    assert [post.reply_to for post in platform.posts] == [None, "id-a", None]
    assert [post.edit for post in platform.posts] == [None, None, "id-a"]
    assert (await stores.outbox.backlog(clock.now())).waiting == 0


async def test_a_platform_that_asks_for_a_pause_gets_it_and_the_order_stays(
    stores: Stores, clock: JumpingClock
) -> None:
    platform = Platform(problems=[Unavailable("slack-unavailable", why="rate", retry_after=30.0)])
    await stores.outbox.put([message("a"), message("b"), message("c", "C2")], clock.now())
    sender = sender_of(stores, clock, platform)
    await sent(sender)
    assert platform.posted() == ["c"]
    clock.move(29)
    await sent(sender)
    assert platform.posted() == ["c"]
    clock.move(2)
    await sent(sender)
    assert platform.posted() == ["c", "a", "b"]
    assert [post.retry for post in platform.posts] == [False, True, False]


async def test_pauses_grow_and_nothing_is_given_up_for_a_platform_that_is_away(
    stores: Stores, clock: JumpingClock
) -> None:
    platform = Platform(problems=[Unavailable("slack-unavailable", why="away")] * 8)
    await stores.outbox.put([message("a")], clock.now())
    sender = sender_of(stores, clock, platform)
    began = clock.now()
    while not platform.posts:
        await sent(sender)
        clock.move(1)
    assert timedelta(seconds=60) < clock.now() - began < timedelta(minutes=12)
    assert platform.tries == 9


async def test_a_channel_that_is_gone_is_given_up_and_the_next_message_goes_on(
    stores: Stores, clock: JumpingClock
) -> None:
    platform = Platform(problems=[NotFound("slack-channel-gone", why="channel_not_found")])
    await stores.outbox.put([message("a"), message("b")], clock.now())
    await sent(sender_of(stores, clock, platform))
    assert platform.posted() == ["b"]
    assert (await stores.outbox.backlog(clock.now())).given_up == 1


async def test_a_lost_answer_makes_the_next_try_a_retry(stores: Stores, clock: JumpingClock) -> None:
    platform = Platform(after=[TimeoutError()])
    await stores.outbox.put([message("a")], clock.now())
    sender = sender_of(stores, clock, platform)
    await sent(sender)
    clock.move(3)
    await sent(sender)
    assert [(post.key, post.retry) for post in platform.posts] == [("a", False), ("a", True)]


async def test_who_dies_between_post_and_note_leaves_a_retry_within_seconds(
    stores: Stores, clock: JumpingClock
) -> None:
    await stores.outbox.put([message("a")], clock.now())
    dead = Platform(gate=asyncio.Event())
    sender = sender_of(stores, clock, dead)
    await sender.step()
    await asyncio.sleep(0)
    await sender.stop(0.0)
    platform = Platform()
    clock.move(LEASE_S + 0.1)
    await sent(sender_of(stores, clock, platform))
    assert [(post.key, post.retry) for post in platform.posts] == [("a", True)]


async def test_a_slow_card_keeps_its_claim(stores: Stores, clock: JumpingClock) -> None:
    platform, other = Platform(gate=asyncio.Event()), Platform()
    await stores.outbox.put([message("a")], clock.now())
    sender, second = sender_of(stores, clock, platform), sender_of(stores, clock, other)
    for _ in range(12):
        await sender.step()
        await second.step()
        clock.move(3)
    assert platform.gate is not None
    platform.gate.set()
    await sent(sender)
    await sent(second)
    assert (platform.posted(), other.posted()) == (["a"], [])


async def test_a_clock_that_jumps_while_posting_posts_nothing_twice(
    stores: Stores, clock: JumpingClock
) -> None:
    platform = Platform(gate=asyncio.Event())
    await stores.outbox.put([message("a"), message("b")], clock.now())
    sender = sender_of(stores, clock, platform)
    await sender.step()
    await asyncio.sleep(0)
    clock.jump(86400)
    for _ in range(4):
        await sender.step()
    assert platform.gate is not None
    platform.gate.set()
    await sent(sender)
    clock.move(LEASE_S + 1)
    await sent(sender)
    assert platform.posted() == ["a", "b"]


async def test_a_suspended_process_stops_when_its_claim_is_over(stores: Stores, clock: JumpingClock) -> None:
    """What it was posting then may arrive twice (the documented rest); what comes after may not."""
    platform, other = Platform(gate=asyncio.Event()), Platform()
    await stores.outbox.put([message("a"), message("b"), message("c")], clock.now())
    sender = sender_of(stores, clock, platform)
    await sender.step()
    await asyncio.sleep(0)
    clock.move(LEASE_S + 5)
    await sent(sender_of(stores, clock, other))
    assert platform.gate is not None
    platform.gate.set()
    await sent(sender)
    assert other.posted() == ["a", "b", "c"]
    assert platform.posted() == ["a"]


async def test_what_there_is_nothing_to_post_of_is_done(stores: Stores, clock: JumpingClock) -> None:
    platform = Platform()
    await stores.outbox.put([message("a", kind="gone"), message("b", thread_of="a")], clock.now())
    await sent(sender_of(stores, clock, platform))
    assert [(post.key, post.reply_to) for post in platform.posts] == [("b", None)]


async def test_a_bug_in_a_card_is_tried_some_times_and_given_up(
    stores: Stores, clock: JumpingClock, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(message: Message, tools: Tools) -> Card | None:
        if message.key == "a":
            raise KeyError("oops")
        return await card_of(message, tools)

    platform = Platform()
    await stores.outbox.put([message("a"), message("b")], clock.now())
    sender = sender_of(stores, clock, platform, broken)
    for _ in range(40):
        await sent(sender)
        clock.move(20)
    assert platform.posted() == ["b"]
    assert "posting a failed" in caplog.text
    assert (await stores.outbox.backlog(clock.now())).given_up == 1


async def test_other_platforms_are_left_to_others(stores: Stores, clock: JumpingClock) -> None:
    platform = Platform()
    await stores.outbox.put([message("a", workspace="discord:1"), message("b")], clock.now())
    await sent(sender_of(stores, clock, platform))
    assert platform.posted() == ["b"]
    assert (await stores.outbox.backlog(clock.now())).waiting == 1


async def test_old_news_are_not_posted_after_days(stores: Stores, clock: JumpingClock) -> None:
    platform = Platform()
    await stores.outbox.put([message("a")], clock.now())
    clock.move(3 * 86400 + 1)
    await sent(sender_of(stores, clock, platform))
    assert platform.posts == []
    assert (await stores.outbox.backlog(clock.now())).given_up == 1
