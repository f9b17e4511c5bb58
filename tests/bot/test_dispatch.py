"""The one way from a request to its card."""

from __future__ import annotations

from typing import NoReturn

import pytest

from bot.cards.plaintext import render_plain
from bot.commands import help as help_module
from bot.commands.rate import Limiter
from bot.dispatch import answer
from bot.errors import Unavailable
from bot.model.request import Person, Place, Request
from bot.model.value import replace
from bot.ports import Tools
from bot.settings import Settings
from tests.support.core import FixedClock, make_test_tools

_PLACE = Place(platform="slack", workspace="slack:T1", channel="C1")


def _request(text: str, *, admin: bool = False, place: Place = _PLACE) -> Request:
    return Request(id="r1", place=place, person=Person(id="U1", admin=admin), text=text)


async def test_an_answer() -> None:
    reply = await answer(_request("help check"), make_test_tools())
    assert reply.status == 0
    assert "example.com" in render_plain(reply.card)


async def test_what_is_wrong_is_told_privately_in_one_line() -> None:
    reply = await answer(_request("check"), make_test_tools())
    assert reply.card.private
    assert reply.status == 2
    assert len(render_plain(reply.card).strip().splitlines()) == 1
    assert "check example.com" in reply.card.summary


async def test_the_channels_language_is_used() -> None:
    tools = make_test_tools()
    await (await tools.stores()).channels.set_setting(_PLACE, "language", "es", person="U9")
    reply = await answer(_request("check"), tools)
    assert "falta" in reply.card.summary


_TERMINAL = Place(platform="terminal", workspace="local", channel="terminal", private=True)


@pytest.mark.parametrize(
    ("text", "lean", "spanish"),
    [
        pytest.param("check", False, True, id="a conversation in the terminal keeps what was set in it"),
        pytest.param("watch show", True, True, id="so does a command that stores"),
        pytest.param("check", True, False, id="a command that does not starts without the database"),
    ],
)
async def test_the_terminal_is_a_channel_too(text: str, lean: bool, spanish: bool) -> None:
    tools = make_test_tools()
    await (await tools.stores()).channels.set_setting(_TERMINAL, "language", "es", person="local")
    request = replace(_request(text, admin=True, place=_TERMINAL), lean=lean)
    assert ("falta" in (await answer(request, tools)).card.summary) is spanish


async def test_changing_takes_a_right() -> None:
    reply = await answer(_request("settings language es"), make_test_tools())
    assert reply.card.private
    assert "admin" in reply.card.summary


async def test_a_direct_message_is_ones_own() -> None:
    place = replace(_PLACE, private=True)
    reply = await answer(_request("why watch add", place=place), make_test_tools())
    assert "refused to you" in render_plain(reply.card)


async def test_the_rate_is_kept_per_person() -> None:
    limiter = Limiter(per_person=2, per_channel=100, per_workspace=100)
    tools = make_test_tools()
    replies = [await answer(_request("help check"), tools, limiter=limiter) for _ in range(3)]
    assert [reply.card.private for reply in replies] == [False, False, True]
    assert "2 messages" in replies[2].card.summary


async def test_a_bug_shows_its_id_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(_: object) -> NoReturn:
        raise ZeroDivisionError("inner secret")

    monkeypatch.setattr(help_module, "help_", broken)
    reply = await answer(_request("help"), make_test_tools())
    assert "r1" in reply.card.summary
    assert "secret" not in render_plain(reply.card)


async def test_without_a_database_questions_are_still_answered() -> None:
    async def broken() -> NoReturn:
        raise Unavailable("database-unavailable", why="disk full")

    tools: Tools = replace(make_test_tools(), stores=broken)
    assert (await answer(_request("help check"), tools)).status == 0


def test_the_window_slides() -> None:
    limiter = Limiter(per_person=1, per_channel=9, per_workspace=9)
    request = _request("x")
    limiter.count(request, 0.0)
    limiter.count(request, 60.0)


def test_defaults() -> None:
    assert Settings().language == "en"
    assert FixedClock().now().tzinfo is not None
