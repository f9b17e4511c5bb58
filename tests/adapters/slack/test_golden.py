"""Every kind of card as Slack gets it, word for word, from the real core: golden files to look at in a diff."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.slack.render import render_card, text_only
from bot.cards.model import Card
from bot.dispatch import answer
from bot.model.request import Person, Place, Request
from tests.adapters.test_report_everywhere import card_of as report_of
from tests.adapters.test_report_everywhere import summary
from tests.bot.cards.test_alert import NOW, message_of
from tests.bot.cards.test_alert import card as alert
from tests.bot.cards.test_verdict import card_of, result_of
from tests.support.cards import GALLERY
from tests.support.core import make_test_tools
from tests.support.outcomes import certificate, closed, good, plain
from tests.support.slack_blocks import faults, living_texts

GOLDEN = Path(__file__).parent / "golden"
PLACE = Place(platform="slack", workspace="slack:T1", channel="C1")
HEADERS = (
    "trace Received: from mx.example.org by mx.example.com with ESMTPS id 1; Tue, 24 Nov 2026 12:00:05 +0000"
)


def core(text: str, *, admin: bool = False) -> Callable[[], Awaitable[Card]]:
    async def ask() -> Card:
        person = Person(id="U1", admin=admin)
        request = Request(id="r1", place=PLACE, person=person, text=text)
        return (await answer(request, make_test_tools())).card

    return ask


async def good_verdict() -> Card:
    return card_of(result_of(good(25), good(465), closed(110), closed(143)))


async def bad_verdict() -> Card:
    expired = certificate("expired", days=-3)
    result = result_of(good(465, certificate=expired), good(587, certificate=expired), plain(25))
    return card_of(result, "es")


async def broke() -> Card:
    return await alert(message_of("broke"))


async def recovered() -> Card:
    return await alert(message_of("recovered"), "es")


async def certificate_ends() -> Card:
    return await alert(message_of("certificate", ends_at=NOW + timedelta(days=7)))


async def weekly() -> Card:
    return report_of(summary(4), "en")


async def weekly_of_one_point() -> Card:
    return report_of(summary(1, slots=1), "es")


async def gallery() -> Card:
    return GALLERY


CARDS: dict[str, Callable[[], Awaitable[Card]]] = {
    "gallery": gallery,
    "verdict-good": good_verdict,
    "verdict-bad-es": bad_verdict,
    "report-four": weekly,
    "report-one-point-es": weekly_of_one_point,
    "alert-broke": broke,
    "alert-recovered-es": recovered,
    "alert-certificate": certificate_ends,
    "answer": core("which port should I use to send mail?"),
    "answer-es": core("¿qué puerto uso para enviar correo?"),
    "off-topic": core("what is the best pizza in Rome?"),
    "diagnosis": core("explain 535 5.7.8 authentication failed"),
    "trace": core(HEADERS),
    "help-ask": core("help ask"),
    "settings": core("settings language es", admin=True),
    "refusal-right": core("settings language es"),
    "refusal-target": core("check 10.0.0.1"),
    "did-you-mean": core("hlep"),
    "why": core("why settings language"),
}


@pytest.mark.parametrize("name", CARDS)
async def test_cards_look_as_agreed(name: str) -> None:
    card = await CARDS[name]()
    shapes = {
        "first": render_card(card, echo="check mx.example.com" if not card.private else ""),
        "without native blocks": render_card(card, native=False),
        "as text": text_only(card),
    }
    made: dict[str, object] = {}
    for shape, rendered in shapes.items():
        messages = [{"text": one.text, "blocks": list(one.blocks)} for one in rendered.messages]
        for message in messages:
            assert not message["blocks"] or faults(message["blocks"]) == []
            assert living_texts(message) == []
        made[shape] = {
            "messages": messages,
            "files": [one.name for one in rendered.files],
            "pictures": [one.title for one in rendered.charts],
        }
    text = json.dumps(made, indent=1, ensure_ascii=False) + "\n"
    path = GOLDEN / f"{name}.json"
    if not path.exists():  # pragma: no cover  # a new card: look at the file, then commit it
        path.write_text(text, "utf-8")
        pytest.fail(f"wrote {path}; look at it and run again")
    assert text == path.read_text("utf-8"), (
        f"if the change is meant: delete {path.name}, run again, look at the diff"
    )


def test_every_golden_file_belongs_to_a_card() -> None:
    from tests.adapters.slack.test_render import CARDS as RENDERED

    assert {path.stem for path in GOLDEN.glob("*.json")} == set(CARDS) | set(RENDERED)
