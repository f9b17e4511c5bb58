"""`ask`: the card, its buttons and the document."""

from __future__ import annotations

import pytest

from bot.cards.model import Note, Reply
from bot.cards.plaintext import render_plain
from bot.dispatch import answer
from bot.model.request import Language, Person, Place, Request
from tests.support.core import make_test_tools


async def asked(text: str, language: Language | None = None) -> Reply:
    place = Place(platform="terminal", workspace="terminal", channel="terminal", private=True)
    request = Request(id="t", place=place, person=Person(id="p"), text=f"ask {text}", language=language)
    return await answer(request, make_test_tools())


async def test_an_answer_shows_text_sources_and_what_to_ask_next() -> None:
    reply = await asked("which port should I use")
    assert any(isinstance(block, Note) for block in reply.card.blocks)
    assert [button.command.split()[0] for button in reply.card.buttons] == ["ask"] * len(reply.card.buttons)
    assert reply.card.summary.startswith("Use 465")
    assert "RFC 8314" in render_plain(reply.card)


async def test_a_live_request_is_offered_as_a_button() -> None:
    reply = await asked("is port 25 open on mx.example.com?")
    assert reply.card.buttons[0].command == "check mx.example.com:25"
    assert reply.card.buttons[0].style == "primary"


async def test_every_offered_command_can_be_parsed() -> None:
    from bot.commands.parse import find_command

    for question, path in (
        ("check ports 25 and 587 on mail.example.com", ("check",)),
        ("watch example.com every 15 minutes", ("watch", "add")),
        ("report on example.com every monday at 9", ("report", "add")),
        ("settings for user@example.com", ("port",)),
    ):
        command = (await asked(question)).card.buttons[0].command
        assert find_command(command)[0].path == path


@pytest.mark.parametrize(("language", "word"), [("en", "Sources:"), ("es", "Fuentes:")])
async def test_the_wished_language_is_used_for_everything(language: Language, word: str) -> None:
    assert word in render_plain((await asked("465", language)).card)


async def test_markup_in_a_question_stays_text() -> None:
    reply = await asked("settings for **x**.example.com `y` [z](https://example.org)")
    assert all(span.url is None for block in reply.card.blocks for span in getattr(block, "text", ()))


async def test_the_document_is_the_published_shape() -> None:
    reply = await asked("check example.com now please", "en")
    assert reply.document is not None
    assert set(reply.document) >= {
        "schema",
        "question",
        "lang",
        "topic",
        "confidence",
        "text",
        "sources",
        "follow_ups",
        "action",
    }
