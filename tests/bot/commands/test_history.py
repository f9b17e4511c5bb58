"""`history`: the document of the contract, the card, the chart."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.cards.model import Chart
from bot.cards.plaintext import render_plain
from bot.model.request import Place
from tests.support.watching import ELSEWHERE, Channel


@pytest.fixture
async def channel() -> Channel:
    made = Channel()
    await made.ask("watch add example.com")
    made.clock.move(90)
    return made


async def document(channel: Channel, words: str = "history example.com") -> Any:
    return json.loads(json.dumps((await channel.ask(words)).document))


async def test_the_document_of_the_contract(channel: Channel) -> None:
    await channel.letters("..wxx..?")
    found = await document(channel)
    assert found["schema"] == "mailport.history/1"
    assert found["target"] == "example.com"
    assert [point["verdict"] for point in found["points"]] == [
        "pass",
        "pass",
        "warn",
        "fail",
        "fail",
        "pass",
        "pass",
        "unknown",
    ]
    assert found["points"][0] == {
        "at": "2026-11-24T12:01:30Z",
        "vantage": "local",
        "verdict": "pass",
        "ms": 40.0,
    }
    assert found["points"][3]["ms"] is None
    assert found["incidents"] == [
        {
            "vantage": "local", "began_at": "2026-11-24T12:46:30Z", "ended_at": "2026-11-24T13:16:30Z",
            "seconds": 1800.0, "reason": "port-refused",
        }
    ]  # fmt: skip
    assert found["uptime"] == {"24h": 71.428, "7d": 71.428, "30d": 71.428, "90d": 71.428}


async def test_nothing_recorded_yet(channel: Channel) -> None:
    found = await document(channel)
    assert found["points"] == []
    assert found["uptime"] == {"24h": None, "7d": None, "30d": None, "90d": None}
    reply = await channel.ask("history example.com")
    assert "Nothing is recorded" in render_plain(reply.card)
    assert any(isinstance(block, Chart) for block in reply.card.blocks)


async def test_the_card(channel: Channel) -> None:
    await channel.letters("..xxx")
    reply = await channel.ask("history #1 days 30")
    text = render_plain(reply.card)
    assert reply.card.title == "History of example.com, 30 days"
    assert reply.card.tone == "bad"
    assert "Uptime, 24 hours" in text
    assert "40 %" in text
    assert "since 24 Nov 12:31" in text
    (chart,) = [block for block in reply.card.blocks if isinstance(block, Chart)]
    assert chart.states == "uudddd"
    assert [value for _, value in chart.points] == [40.0, 40.0, None, None, None, None]
    assert "median 40 ms" in chart.alt


async def test_one_point_is_a_chart(channel: Channel) -> None:
    await channel.letters(".")
    (chart,) = [
        block for block in (await channel.ask("history example.com")).card.blocks if isinstance(block, Chart)
    ]
    assert chart.states == "uu"
    assert chart.points[0] == ("24 Nov 12:01", 40.0)


async def test_every_place_is_told(channel: Channel) -> None:
    await channel.ask("watch add example.com from eu")
    await channel.letters("..")
    text = await channel.say("history example.com")
    assert "From local (#1)" in text
    assert "From eu (#2)" in text


async def test_many_runs_become_few_slots(channel: Channel) -> None:
    for _ in range(30):
        await channel.letters("." * 20)
    await channel.letters("xx")
    (chart,) = [
        block for block in (await channel.ask("history example.com")).card.blocks if isinstance(block, Chart)
    ]
    assert len(chart.points) == 120
    assert "d" in chart.states[-2:]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("history example.org", "There is no watch `example.org`"),
        ("history example.com days 9999", "too many"),
        ("history example.com days soon", "no number"),
    ],
)
async def test_refusals(channel: Channel, words: str, said: str) -> None:
    assert said.replace("`", "") in (await channel.ask(words)).card.summary


async def test_in_spanish(channel: Channel) -> None:
    await channel.ask("settings language es")
    await channel.letters("..xx..")
    text = await channel.say("history example.com")
    assert "Historial de example.com" in text
    assert "{" not in text


async def test_the_command_line_sees_what_chat_watches_but_chat_does_not_see_other_channels(
    channel: Channel,
) -> None:
    await channel.letters("..")
    terminal = Place(platform="terminal", workspace="local", channel="terminal", private=True)
    found = json.loads(json.dumps((await channel.ask("history example.com", place=terminal)).document))
    assert len(found["points"]) == 2
    elsewhere = await channel.ask("history example.com", place=ELSEWHERE)
    assert "watches nothing yet" in elsewhere.card.summary
    assert "watches nothing yet" in (await channel.ask("history example.org", place=terminal)).card.summary
