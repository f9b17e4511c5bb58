"""A hundred hostile texts as question, target, command and greeting: no ping, no broken card, no exception."""

from __future__ import annotations

import asyncio
import logging

import pytest

from adapters.slack.render import render_card, text_only
from bot.cards.model import Card
from bot.dispatch import answer
from bot.model.request import Person, Place, Request
from bot.model.value import replace
from bot.ports import Tools
from bot.settings import Settings
from tests.adapters.slack.conftest import Bench
from tests.support.core import make_test_tools
from tests.support.hostile import HOSTILE
from tests.support.misbehaving import Peer, Server
from tests.support.probing import LOOPBACK, network_for
from tests.support.slack_blocks import faults, living_texts, words_of

PLACE = Place(platform="slack", workspace="slack:T1", channel="C1")
SERVERS = 25
WAYS = (
    "{}",
    "ask {}",
    "port {}",
    "check {}",
    "explain {}",
    "trace {}",
    "keys {}",
    "watch add {}",
    "help {}",
    "{} list",
)


def check(card: Card, echo: str) -> None:
    """No block that Slack refuses, nothing that calls anybody, in any of the forms that go out."""
    for rendered in (
        render_card(card, echo=echo),
        render_card(card, native=False, echo=echo),
        text_only(card),
    ):
        for one in rendered.messages:
            message = {"text": one.text, "blocks": list(one.blocks)}
            assert not message["blocks"] or faults(message["blocks"]) == []
            assert living_texts(message) == []
            assert 1 <= len(one.text) <= 40_000
            assert not any(ord(sign) < 32 and sign != "\n" for sign in words_of(message))


@pytest.mark.parametrize("way", WAYS)
async def test_as_words_of_a_request(way: str, caplog: pytest.LogCaptureFixture) -> None:
    tools = make_test_tools()
    for number, text in enumerate(HOSTILE):
        words = way.format(text)
        request = Request(id=f"r{number}", place=PLACE, person=Person(id="U1", admin=True), text=words)
        check((await answer(request, _offline(tools))).card, words)
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


def _offline(tools: Tools) -> Tools:
    """Nothing is reached, but nothing breaks either: a name is not known, an address not answered."""
    from bot.errors import Unavailable

    def network() -> object:
        raise Unavailable("not-yet", command="network")

    return replace(tools, network=network)  # type: ignore[arg-type]


async def test_as_the_greeting_of_a_server(caplog: pytest.LogCaptureFixture) -> None:
    """Several servers at once: some greetings are never over, and take the time that a check may take."""
    await asyncio.gather(*(greeted(HOSTILE[start::SERVERS]) for start in range(SERVERS)))
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


async def greeted(texts: tuple[str, ...]) -> None:
    greetings = iter([text.encode("utf-8", "surrogatepass") for text in texts])

    async def script(peer: Peer) -> None:
        await peer.send(b"220 " + next(greetings, b"enough") + b"\r\n")
        while line := await peer.line():
            await peer.send(b"221 bye\r\n" if line.startswith(b"QUIT") else b"250 mx.example.test\r\n")

    async with Server(script) as server:
        settings = Settings(allowed_networks=LOOPBACK, extra_ports=frozenset({server.port}))
        tools = replace(make_test_tools(settings), network=lambda: network_for([server.port]))
        for number in range(len(texts)):
            words = f"check 127.0.0.1:{server.port} --fresh --details"
            request = Request(id=f"r{number}", place=PLACE, person=Person(id="U1"), text=words)
            check((await answer(request, tools)).card, words)
        assert server.connections >= len(texts)


async def test_all_the_way_through_slack(bench: Bench) -> None:
    """Typed in Slack, answered by the real core, taken by the strict stand-in: each once, nobody called."""
    for text in HOSTILE:
        typed = text.encode("utf-8", "replace").decode()[:12_000]
        await bench.command(typed)
        await bench.event(bench.slack.mention(f"explain {typed}"))
    await bench.settled()
    shown = bench.slack.messages + bench.slack.ephemerals
    assert len(shown) >= 2 * len(HOSTILE)
    for message in shown:
        assert living_texts(message) == []
