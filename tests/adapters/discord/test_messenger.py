"""Alerts and reports: posted once, edited, answered, charted; the failures that the outbox knows."""

from __future__ import annotations

import pytest

from bot.cards.model import Card, Chart
from bot.errors import NotFound, Unavailable
from bot.ports import Post
from tests.adapters.discord.conftest import Bench, make_adapter, settings_for
from tests.support.discord_standin import CHANNEL, DIRECT, MEMBER, DiscordStandIn, error, too_many, words_of
from tests.support.scripted import said

CHART = Chart(title="Answers", alt="20 to 90 ms", points=(("Mon", 20.0), ("Tue", None), ("Wed", 90.0)))
POST = "POST /channels/-/messages"


def alert(key: str = "alert-1-1", card: Card | None = None, **more: str | bool | None) -> Post:
    place = {"workspace": "discord:200", "channel": CHANNEL}
    return Post(key=key, card=card or said("broke"), **{**place, **more})  # type: ignore[arg-type]


async def test_an_alert_is_posted_with_its_key_as_nonce(bench: Bench) -> None:
    number = await bench.adapter.post(alert())
    (message,) = bench.discord.messages
    assert message["id"] == number
    assert message["enforce_nonce"] is True
    assert len(message["nonce"]) == 25
    assert message["allowed_mentions"]["parse"] == []


async def test_a_try_that_arrived_unheard_is_not_posted_again(bench: Bench) -> None:
    first = await bench.adapter.post(alert())
    assert await bench.adapter.post(alert(retry=True)) == first
    assert await bench.adapter.post(alert("alert-1-2")) != first
    assert len(bench.discord.messages) == 2


async def test_later_news_answer_the_first(bench: Bench) -> None:
    first = await bench.adapter.post(alert())
    await bench.adapter.post(alert("alert-1-2", said("recovered"), reply_to=first))
    assert bench.discord.messages[1]["message_reference"]["message_id"] == first


async def test_an_edit_changes_the_message_or_posts_anew(bench: Bench) -> None:
    first = await bench.adapter.post(alert())
    assert await bench.adapter.post(alert("alert-1-2", said("is on it"), edit=first)) == first
    assert words_of(bench.discord.messages[0]) == "is on it"
    again = await bench.adapter.post(alert("alert-1-3", said("anew"), edit="99999"))
    assert again != first
    assert words_of(bench.discord.messages[1]) == "anew"


async def test_a_report_brings_its_chart(bench: Bench) -> None:
    card = Card(title="Report #3", blocks=(CHART,), summary="all well")
    await bench.adapter.post(alert("report-3-1", card))
    (message,) = bench.discord.messages
    assert message["files"] == 1
    assert message["embeds"][0]["image"]["url"] == "attachment://chart1.png"
    assert message["attachments"][0]["description"] == "20 to 90 ms"


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [
        pytest.param(404, 10003, "Unknown Channel", id="the channel is gone"),
        pytest.param(403, 50001, "Missing Access", id="we may not see it"),
        pytest.param(403, 50013, "Missing Permissions", id="we may not write"),
    ],
)
async def test_a_channel_that_is_closed_to_us_is_given_up(
    bench: Bench, status: int, code: int, words: str
) -> None:
    bench.discord.refuse[POST] = [lambda: error(status, code, words)]
    with pytest.raises(NotFound) as caught:
        await bench.adapter.post(alert())
    assert caught.value.key == "discord-channel-gone"
    assert caught.value.details["why"] == f"{code} {words}"
    assert bench.discord.called()[POST] == 1


async def test_a_long_429_is_handed_to_the_outbox(bench: Bench) -> None:
    bench.discord.refuse[POST] = [lambda: too_many(120.0)]
    with pytest.raises(Unavailable) as caught:
        await bench.adapter.post(alert())
    assert caught.value.details["retry_after"] == 120.0


async def test_a_short_429_is_waited_for_and_order_is_kept(bench: Bench) -> None:
    bench.discord.refuse[POST] = [too_many]
    await bench.adapter.post(alert("a-1"))
    await bench.adapter.post(alert("a-2", said("second")))
    assert [words_of(one) for one in bench.discord.messages] == ["broke", "second"]


async def test_direct_messages_are_opened_again_by_the_person(bench: Bench) -> None:
    await bench.adapter.post(alert(workspace=f"discord:dm:{MEMBER}", channel="999999"))
    assert bench.discord.messages[0]["channel_id"] == DIRECT


async def test_before_discord_is_there_it_is_tried_later(discord: DiscordStandIn) -> None:
    adapter = make_adapter(settings_for(discord))
    with pytest.raises(Unavailable):
        await adapter.post(alert())


async def test_a_card_that_discord_does_not_take_is_sent_as_text(bench: Bench) -> None:
    bench.discord.refuse[POST] = [lambda: error(400, 50035, "Invalid Form Body")]
    await bench.adapter.post(alert())
    (message,) = bench.discord.messages
    assert message["content"] == "broke"
    assert message["files"] == 1
