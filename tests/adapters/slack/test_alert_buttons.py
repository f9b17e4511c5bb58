"""The buttons under an alert and a verdict: acknowledge, mute, check now, history, details, watch this."""

from __future__ import annotations

from typing import Any

import pytest

from bot.cards.model import Button, Card
from bot.commands.posting import card_of
from bot.ports import Post
from bot.watches.alert import News
from bot.watches.grouping import messages_of
from tests.adapters.slack.conftest import Bench
from tests.support.scripted import RunningClock
from tests.support.slack_blocks import words_of
from tests.support.slack_standin import ADMIN, CHANNEL, MEMBER, TEAM
from tests.support.waiting import until
from tests.support.watching import Channel

Message = dict[str, Any]


@pytest.fixture
async def channel(bench: Bench) -> Channel:
    """The channel of the stand-in, with a watch that has just broken and its alert posted."""
    stores = await bench.adapter._tools.stores()
    channel = Channel(stores=stores)
    channel.clock.time = RunningClock().now()
    await channel.ask("watch add 9.9.9.9:25")
    channel.clock.move(90)
    await channel.letters("xx")
    now = channel.clock.now()
    news = News(kind="broke", number=1, at=now, since=now)
    (messages, _) = messages_of([((await channel.watches())[0], news)])
    card = await card_of(messages[0], bench.adapter._tools)
    assert card is not None
    await bench.adapter.post(Post(key="k", workspace=f"slack:{TEAM}", channel=CHANNEL, card=card))
    return channel


def buttons(message: Message) -> dict[str, int]:
    """Places of the buttons by their words."""
    elements = [one for block in message["blocks"] if block["type"] == "actions" for one in block["elements"]]
    return {one["value"]: number for number, one in enumerate(elements)}


async def test_acknowledging_names_who_is_on_it(bench: Bench, channel: Channel) -> None:
    alert = bench.slack.messages[0]
    await bench.press(alert, buttons(alert)["watch ack #1"], person=ADMIN)
    await until(lambda: len(bench.slack.messages) == 2)
    assert f"Person {ADMIN}" in words_of(bench.slack.messages[1])
    known = (await channel.watches())[0].acknowledged
    assert known is not None
    assert known.incident == 1


async def test_muting_for_an_hour(bench: Bench, channel: Channel) -> None:
    alert = bench.slack.messages[0]
    await bench.press(alert, buttons(alert)["watch mute #1 1h"], person=ADMIN)
    await until(lambda: len(bench.slack.messages) == 2)
    assert (await channel.watches())[0].muted_until is not None


async def test_without_the_right_nothing_changes_and_the_asker_alone_is_told(
    bench: Bench, channel: Channel
) -> None:
    alert = bench.slack.messages[0]
    for words in ("watch ack #1", "watch mute #1 1h"):
        await bench.press(alert, buttons(alert)[words], person=MEMBER)
        await bench.settled()
    assert len(bench.slack.messages) == 1
    assert len(bench.slack.ephemerals) == 2
    watch = (await channel.watches())[0]
    assert watch.acknowledged is None
    assert watch.muted_until is None


async def test_the_history_is_a_button_away(bench: Bench, channel: Channel) -> None:
    alert = bench.slack.messages[0]
    words = next(words for words in buttons(alert) if words.startswith("history"))
    await bench.press(alert, buttons(alert)[words])
    await until(lambda: len(bench.slack.messages) + len(bench.slack.ephemerals) == 2)


async def test_watch_this_under_a_verdict_adds_the_watch(bench: Bench) -> None:
    bench.answers_with(Card(title="ok", buttons=(Button("Watch this", "watch add 9.9.9.9:25"),)))
    await bench.command("check 9.9.9.9:25")
    await bench.settled()
    bench.adapter.script = None
    await bench.press(bench.slack.messages[0], person=ADMIN)
    await until(lambda: len(bench.slack.messages) == 2)
    assert "#1" in words_of(bench.slack.messages[1])


async def test_a_button_pressed_in_a_thread_answers_there(bench: Bench) -> None:
    bench.answers_with(Card(title="ok", buttons=(Button("Details", "check example.com --details"),)))
    await bench.event(bench.slack.mention("check example.com", thread_ts="1699999999.000001"))
    await bench.settled()
    await bench.press(bench.slack.messages[0])
    await bench.settled()
    assert {one["thread_ts"] for one in bench.slack.messages} == {"1699999999.000001"}


@pytest.mark.parametrize("language", ["en", "es"])
async def test_removing_asks_and_only_the_button_removes(
    bench: Bench, channel: Channel, language: str
) -> None:
    await bench.command(f"settings language {language}", person=ADMIN)
    await bench.settled()
    await bench.command("watch remove #1", person=ADMIN)
    await bench.settled()
    question = (bench.slack.messages + bench.slack.ephemerals)[-1]
    assert len(await channel.watches()) == 1
    elements = [
        one for block in question["blocks"] if block["type"] == "actions" for one in block["elements"]
    ]
    assert elements[0]["style"] == "danger"
    assert elements[0]["action_id"].startswith("mailport.confirmed")
    await bench.press({**question, "channel": CHANNEL}, person=ADMIN)
    await bench.settled()
    assert await channel.watches() == ()
