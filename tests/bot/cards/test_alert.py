"""What a channel is told: each kind of news in both languages, from hostile and from old payloads."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest

from bot.cards.model import Card
from bot.cards.plaintext import render_plain
from bot.commands.posting import card_of
from bot.model.request import Place
from bot.watches.alert import AlertState, News, NewsKind, advance, policy_of
from bot.watches.grouping import messages_of, vantage_messages
from bot.watches.message import Message
from bot.watches.observation import observe
from bot.watches.watch import Watch
from tests.bot.cards.test_verdict import HOSTILE, result_of
from tests.support.core import make_test_tools
from tests.support.outcomes import closed, good

NOW = datetime(2026, 11, 24, 12, 30, tzinfo=UTC)
SINCE = NOW - timedelta(minutes=90)
PLACE = Place(platform="slack", workspace="slack:T1", channel="C1")


def watch_of(**changed: Any) -> Watch:
    values: dict[str, Any] = {
        "id": 7, "number": 3, "workspace": "slack:T1", "channel": "C1", "target": "mx.example.com:25",
        "kind": None, "interval_s": 900.0, "vantage": "local", "failures": 2, "recoveries": 2,
        "reminder_s": 21600.0, "certificate_days": (21, 7, 3, 1), "ignored": (), "created_at": NOW,
        "created_by": "U1", "next_due": NOW,
    }  # fmt: skip
    return Watch(**{**values, **changed})


def message_of(kind: NewsKind, **changed: Any) -> Message:
    news = News(kind=kind, number=1, at=NOW, since=SINCE, **changed)
    (messages, _) = messages_of([(watch_of(), news)])
    return messages[0]


async def card(message: Message, language: str = "en", timezone: str = "Europe/Madrid") -> Card:
    tools = make_test_tools()
    channels = (await tools.stores()).channels
    await channels.set_setting(PLACE, "language", language, person="U1")
    await channels.set_setting(PLACE, "timezone", timezone, person="U1")
    made = await card_of(message, tools)
    assert made is not None
    return made


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("kind", get_args(NewsKind))
async def test_every_kind_names_its_target_its_number_and_a_time(kind: NewsKind, language: str) -> None:
    made = await card(message_of(kind, ends_at=NOW + timedelta(days=5)), language)
    text = render_plain(made)
    assert "mx.example.com:25" in made.title
    assert "#3" in text
    assert "{" not in text
    assert "CET" in text
    assert made.language == language


async def test_what_broke_says_why_and_what_to_do() -> None:
    result = result_of(closed(25))
    seen = observe(result)
    step = advance(AlertState(), seen, policy_of(watch_of(failures=1), seen.at))
    (message,) = messages_of([(watch_of(failures=1), step.news[0])])[0]
    made = await card(message)
    text = render_plain(made)
    assert "Nothing listens on port 25" in text
    assert "What to do:" in text
    assert [button.command for button in made.buttons] == [
        "watch ack #3", "watch mute #3 1h", "check mx.example.com:25", "history mx.example.com:25",
    ]  # fmt: skip


async def test_a_recovery_says_how_long_it_took() -> None:
    made = await card(message_of("recovered", began=SINCE - timedelta(hours=2)))
    assert "after 2 h" in made.summary


async def test_a_change_tells_only_the_difference() -> None:
    changed = message_of(
        "changed", added=("port-refused mx.example.com:587",), removed=("key-weak mx.example.com:25",)
    )
    text = render_plain(await card(changed))
    assert "New:\n\n- Nothing listens on port 587" in text
    assert "Gone:\n\n- The key on port 25 is weak" in text


async def test_a_finding_that_this_version_does_not_know_is_named_by_its_id() -> None:
    text = render_plain(await card(message_of("changed", added=("from-the-future example.com",))))
    assert "from-the-future (example.com)" in text


async def test_a_group_lists_its_members_up_to_a_limit() -> None:
    news = [
        (watch_of(id=n, number=n, target=f"h{n}.example"), News(kind="broke", number=1, at=NOW, since=SINCE))
        for n in range(1, 21)
    ]
    (message,) = messages_of(news)[0]
    text = render_plain(await card(message))
    assert text.startswith("20 watches broke together")
    assert "h15.example" in text
    assert "h16.example" not in text
    assert "And 5 more" in text


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("kind", ["lost", "back"])
async def test_our_own_network(kind: Any, language: str) -> None:
    (message,) = vantage_messages("uplink", "eu", kind, SINCE, NOW, [watch_of()])
    made = await card(message, language)
    assert "eu" in made.summary
    assert "{" not in render_plain(made)


@pytest.mark.parametrize("kind", ["gone", "back"])
async def test_a_place_without_a_worker(kind: str) -> None:
    payload = {"kind": kind, "vantage": "eu", "since": SINCE.isoformat(), "at": NOW.isoformat(), "watches": 7}
    message = Message(key="v", workspace="slack:T1", channel="C1", type="vantage", payload=payload)
    made = await card(message)
    assert "eu" in made.title
    assert "7 watches" in made.summary


async def test_text_of_servers_stays_text() -> None:
    seen = observe(result_of(good(25, greeting=HOSTILE, signs=["greeting-hostile"])))
    made = await card(message_of("broke", told=seen.told, reason=HOSTILE))
    assert all(span.url is None for block in made.blocks for span in getattr(block, "text", ()))
