"""What Tab offers, word by word."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document

from adapters.terminal.complete import CommandCompleter
from bot.commands.catalog import COMMANDS


async def _targets() -> Sequence[str]:
    return ("mail.example.org", "mx.example.com", "mx.example.com:465")


async def offered(text: str, language: str = "en") -> list[str]:
    completer = CommandCompleter(language, _targets)
    found = completer.get_completions_async(Document(text), CompleteEvent(completion_requested=True))
    return [one.text async for one in found]


@pytest.mark.parametrize(
    ("typed", "offers"),
    [
        pytest.param("expl", ["explain"], id="a command"),
        pytest.param("EXPL", ["explain"], id="in capitals"),
        pytest.param("watch p", ["pause"], id="a second word"),
        pytest.param("watch show mx", ["mx.example.com", "mx.example.com:465"], id="a watched target"),
        pytest.param("check mail", ["mail.example.org"], id="a target that was named"),
        pytest.param("check mx.example.com --d", ["--details"], id="an option"),
        pytest.param("check mx.example.com --details --d", [], id="an option only once"),
        pytest.param("check mx.example.com as ", ["domain", "host"], id="the values of an option"),
        pytest.param("watch add mx.example.com ev", ["every"], id="a word that introduces an option"),
        pytest.param("settings language ", ["en", "es"], id="languages"),
        pytest.param("settings alerts ", ["on", "off"], id="choices"),
        pytest.param("help stat", ["status"], id="a command to be explained, far down the table"),
        pytest.param("which port should I us", [], id="nothing in a question"),
        pytest.param("ex", ["explain", "exit"], id="the way out too"),
    ],
)
async def test_what_is_offered(typed: str, offers: list[str]) -> None:
    assert await offered(typed) == offers


async def test_every_command_is_offered_from_nothing() -> None:
    assert {one.path[0] for one in COMMANDS if one.chat} <= set(await offered(""))


async def test_what_is_offered_is_explained_in_the_language() -> None:
    completer = CommandCompleter("es", _targets)
    found = completer.get_completions_async(Document("expl"), CompleteEvent())
    assert [one.display_meta_text async for one in found] == [
        "Explica un error, una línea de registro o un rebote pegado"
    ]
