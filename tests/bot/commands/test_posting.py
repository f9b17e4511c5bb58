"""Alerts say what other places see of the same target."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from bot.cards.plaintext import render_plain
from bot.commands.posting import card_of
from bot.model.request import Place
from bot.model.value import replace
from bot.model.verdict import Word
from bot.ports import Tools
from bot.watches.alert import AlertState
from bot.watches.message import Message
from bot.watches.observation import Point
from bot.watches.watch import Draft
from bot.watches.watch_store import Recorded
from tests.support.core import FixedClock, make_test_tools

HERE = Place(platform="slack", workspace="slack:T1", channel="C1")
TARGET = "mx.example.com:25"


async def seen_from(tools: Tools, vantage: str, word: Word, state: str, target: str = TARGET) -> None:
    stores, now = await tools.stores(), tools.clock.now()
    draft = Draft(target=target, vantage=vantage, kind="host")
    await stores.watches.add(HERE, [draft], person="U1", now=now)
    (claimed,) = await stores.watches.claim_due(vantage, now + timedelta(minutes=5))
    await stores.watches.record(
        [
            Recorded(
                watch_id=claimed.watch.id, revision=claimed.revision,
                state=AlertState(last_word=word, last_at=now - timedelta(seconds=90)),
                next_due=now + timedelta(minutes=15), point=Point(now, word, 1.0),
                digest={"verdict": word, "endpoints": [[target, state, "none", 1.0]]},
            )
        ],
        [], now,
    )  # fmt: skip


def broke(at: datetime, kind: str = "broke") -> Message:
    payload = {
        "kind": kind, "watch": 1, "target": TARGET, "vantage": "eu", "failures": 2, "at": at.isoformat(),
        "since": at.isoformat(), "reason": "port-filtered", "added": [], "removed": [], "ends_at": None,
    }  # fmt: skip
    return Message(key="alert-1-1", workspace="slack:T1", channel="C1", type="alert", payload=payload)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        pytest.param("en", "from us: all right (25 open), checked 1 min 30 s ago", id="English"),
        pytest.param("es", "desde us: todo bien (25 abierto), comprobado hace 1 min 30 s", id="Spanish"),
    ],
)
async def test_filtered_from_one_place_and_open_from_another_is_said(language: str, words: str) -> None:
    clock = FixedClock()
    tools = make_test_tools(clock=clock)
    await seen_from(tools, "eu", "fail", "filtered")
    await seen_from(tools, "us", "pass", "open")
    await seen_from(tools, "asia", "fail", "filtered", target="other.example.com:25")
    stores = await tools.stores()
    await stores.channels.set_setting(HERE, "language", language, person="U1")
    card = await card_of(broke(clock.now()), tools)
    assert card is not None
    text = render_plain(card)
    assert words in text
    assert "asia" not in text


async def test_good_news_and_a_single_place_need_no_comparison() -> None:
    clock = FixedClock()
    tools = make_test_tools(clock=clock)
    await seen_from(tools, "eu", "fail", "filtered")
    alone = await card_of(broke(clock.now()), tools)
    await seen_from(tools, "us", "pass", "open")
    recovered = await card_of(broke(clock.now(), "recovered"), tools)
    for card in (alone, recovered):
        assert card is not None
        assert "other places" not in render_plain(card)


async def test_another_workspace_is_not_looked_into() -> None:
    clock = FixedClock()
    tools = make_test_tools(clock=clock)
    await seen_from(tools, "us", "pass", "open")
    card = await card_of(replace(broke(clock.now()), workspace="slack:T2"), tools)
    assert card is not None
    assert "other places" not in render_plain(card)
