"""The commands about watches, reports and history over every store: what is said is what is stored."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bot.cards.plaintext import render_plain
from bot.commands.posting import card_of
from bot.watches.schedule import turn_over
from bot.watches.stores import Stores
from tests.support.watching import PLACE, Channel, certificate


@pytest.fixture
async def channel(stores: Stores) -> Channel:
    return Channel(stores=stores)


async def test_the_life_of_a_watch(channel: Channel) -> None:
    await channel.ask("watch add example.com, example.org every 1h failures 3")
    await channel.ask(
        "watch edit #1 every 30m certificate 30,7 ignore ptr-missing recoveries 4 reminder 2h as domain"
    )
    await channel.ask("watch mute #1 2h")
    await channel.ask("watch maintenance #1 tomorrow 22:00 to 23:30")
    (first, second) = await channel.watches()
    assert (first.interval_s, first.certificate_days, first.ignored) == (1800.0, (30, 7), ("ptr-missing",))
    assert (first.recoveries, first.reminder_s, first.kind) == (4, 7200.0, "domain")
    assert first.muted_until == channel.clock.now() + timedelta(hours=2)
    assert len(first.windows) == 1
    assert (second.interval_s, second.failures) == (3600.0, 3)
    await channel.ask("watch pause all")
    assert all(one.paused for one in await channel.watches())
    await channel.ask("watch resume #2")
    assert [one.paused for one in await channel.watches()] == [True, False]
    await channel.ask("watch remove #1", confirmed=True)
    assert [one.number for one in await channel.watches()] == [2]
    await channel.ask("watch add example.com")
    assert [one.number for one in await channel.watches()] == [2, 3]  # a number is never used again


async def test_an_outage_acknowledged_recorded_and_reported(channel: Channel) -> None:
    await channel.ask("watch add example.com")
    await channel.ask("report add daily at 9 Europe/Madrid")
    channel.clock.move(90)
    await channel.letters("..w.xx", certificate=certificate(channel, 89))
    await channel.ask("watch ack #1 on it")
    assert "acknowledged" in await channel.say("watch list")
    await channel.letters("xx..")
    found: Any = (await channel.ask("history example.com")).document
    assert [point["verdict"] for point in found["points"]] == [
        "pass",
        "pass",
        "warn",
        "pass",
        *["fail"] * 4,
        "pass",
        "pass",
    ]
    assert [one["seconds"] for one in found["incidents"]] == [3600.0]
    assert found["uptime"]["24h"] == 60.0
    first = await channel.say("report run #2")
    assert "Uptime 60 %, one incident" in first
    channel.clock.move(60)
    assert "Nothing has changed" in await channel.say("report run #2")


async def test_a_scheduled_post_made_twice_says_the_same(channel: Channel) -> None:
    await channel.ask("watch add example.com")
    await channel.ask("report add daily at 9")
    channel.clock.move(90)
    await channel.letters("..xx..")
    await channel.ask("report run #2")
    stores = await channel.tools.stores()
    (report,) = await stores.reports.of_channel(PLACE.workspace, PLACE.channel)
    assert report.next_at is not None
    channel.clock.time = report.next_at + timedelta(seconds=3)
    message = turn_over(report, report.next_at).message
    assert message is not None
    cards = [await card_of(message, channel.tools) for _ in range(2)]
    texts = [render_plain(card) for card in cards if card is not None]
    assert len(texts) == 2
    assert texts[0] == texts[1]
    assert "Nothing has changed since the last report" in texts[0]
