"""`port` from words to reply, without a network: memory, programs, what there is nothing to say about."""

from __future__ import annotations

from typing import cast

import pytest

from bot.cards.model import Reply
from bot.cards.plaintext import render_plain
from bot.dispatch import answer
from bot.model.request import Person, Place, Request
from bot.model.value import replace
from bot.ports import Dialer, Fetched, Fetcher, Network, TrustStore
from tests.support.core import FixedClock, make_test_tools
from tests.support.zone_table import ZoneTable

PLACE = Place(platform="slack", workspace="slack:T1", channel="C1")


class NothingThere:
    """Web servers that have nothing, counted."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def fetch(self, url: str, **_: object) -> Fetched:
        self.asked.append(url)
        return Fetched("not-found", 404, url=url)


class Desk:
    """Asks `port`; counts what goes out."""

    def __init__(self) -> None:
        self.clock = FixedClock()
        self.zone = ZoneTable(
            {
                "null.test": {"MX": ["0 ."]},
                "bare.test": {"TXT": ["x"]},
                "late.test": {"status": "timeout"},
                "inside.test": {"A": ["10.0.0.1"]},
                "mail.hidden.test": {"A": ["127.0.0.1"], "AAAA": ["::1"]},
            }
        )
        self.web = NothingThere()
        network = Network(
            cast("Dialer", None), self.zone, cast("Fetcher", self.web), cast("TrustStore", None)
        )
        self.tools = replace(make_test_tools(clock=self.clock), network=lambda: network)

    async def ask(self, text: str, **more: object) -> Reply:
        request = Request(id="r", place=PLACE, person=Person(id="U1"), text=text, **more)  # type: ignore[arg-type]
        return await answer(request, self.tools)


@pytest.mark.parametrize(
    ("target", "status", "said"),
    [
        ("null.test", 1, "takes no mail"),
        ("absent.test", 1, "does not exist"),
        ("bare.test", 1, "Nothing is published"),
        ("late.test", 3, "not answered"),
    ],
)
async def test_why_there_are_no_settings(target: str, status: int, said: str) -> None:
    reply = await Desk().ask(f"port {target}")
    assert reply.status == status
    assert said in render_plain(reply.card)


@pytest.mark.parametrize(
    ("words", "place"),
    [
        pytest.param("inside.test", "inside.test (10.0.0.1)", id="the name itself"),
        pytest.param("inside.test:587", "inside.test (10.0.0.1)", id="one port of it"),
        pytest.param("hidden.test", "mail.hidden.test (127.0.0.1)", id="the usual names under it"),
    ],
)
async def test_names_that_lead_only_inside_are_refused_to_the_asker_alone(words: str, place: str) -> None:
    reply = await Desk().ask(f"port {words}")
    assert (reply.status, reply.card.private) == (2, True)
    assert reply.document is not None
    assert reply.document["error"] == "target-forbidden"
    assert reply.card.summary.startswith(f"{place} is not a public address")


async def test_the_same_domain_is_looked_at_once_a_minute_whatever_the_program() -> None:
    desk = Desk()
    await desk.ask("port bare.test")
    asked = len(desk.web.asked)
    assert asked
    again = await desk.ask("port bare.test for python")
    assert len(desk.web.asked) == asked
    assert "s ago" in render_plain(again.card)
    fresh = await desk.ask("port bare.test --fresh for python")
    assert len(desk.web.asked) == 2 * asked
    assert "s ago" not in render_plain(fresh.card)
    desk.clock.move(61)
    await desk.ask("port bare.test")
    assert len(desk.web.asked) == 3 * asked


async def test_an_unknown_program_is_told_before_anything_is_asked() -> None:
    desk = Desk()
    reply = await desk.ask("port bare.test for clippy")
    assert (reply.status, desk.web.asked, desk.zone.asked) == (2, [], [])
    assert "nodemailer" in reply.card.summary
    assert reply.card.private


@pytest.mark.parametrize(
    "text", ["port bare.test:22", "port 10.0.0.1", "port [::1]", "port a b c", "port x'; rm -rf /"]
)
async def test_what_may_not_or_cannot_be_looked_at(text: str) -> None:
    desk = Desk()
    reply = await desk.ask(text)
    assert reply.status == 2
    assert not desk.web.asked


@pytest.mark.parametrize(
    ("typed", "again"),
    [
        ("bare.test", "bare.test"),
        ("<http://bare.test|bare.test>", "bare.test"),
        ("<mailto:ann@bare.test|ann@bare.test>", "ann@bare.test"),
        ("`Bare.Test`", "bare.test"),
    ],
)
async def test_the_card_can_be_asked_again(typed: str, again: str) -> None:
    reply = await Desk().ask(f"port {typed}")
    assert [button.command for button in reply.card.buttons] == [f"port {again} --fresh"]
