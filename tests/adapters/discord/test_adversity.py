"""What people and servers really do: hostile inputs everywhere, and a session written down as text."""

from __future__ import annotations

import logging
import re

import pytest

from bot.errors import MailportError
from bot.model.target import parse_target
from tests.adapters.discord.conftest import Bench
from tests.adapters.discord.test_render import DISCORDS, alive
from tests.support.cards import HOSTILE_TEXTS
from tests.support.discord_standin import words_of
from tests.support.discord_transcript import PATH, transcript
from tests.support.waiting import until

INPUTS = (*HOSTILE_TEXTS, *DISCORDS)


def is_target(text: str) -> bool:
    """Whether it could be looked up after all; no test here reaches a network."""
    try:
        parse_target(text)
    except MailportError:
        return False
    return True


@pytest.mark.parametrize("number", range(len(INPUTS)))
async def test_hostile_inputs_call_nobody_break_nothing_and_are_answered(
    bench: Bench, number: int, caplog: pytest.LogCaptureFixture
) -> None:
    text = INPUTS[number].encode("utf-8", "replace").decode()
    made = [
        await bench.discord.command("ask", options={"question": text[:6000]}),
        await bench.discord.command("explain", options={"text": text[:6000]}),
        await bench.discord.command("help", options={"command": text[:6000]}),
    ]
    if not is_target(text.strip()):
        made.append(await bench.discord.command("check", options={"target": text[:6000]}))
    await bench.discord.mention(text[:4000])
    await bench.discord.direct(text[:4000])
    await bench.settled()
    shown = [one.shown for one in made if one.first is not None and one.first["type"] != 9]
    assert all(one.first is not None for one in made)
    assert len(bench.discord.messages) >= 2
    for body in (*shown, *bench.discord.messages):
        assert alive({"content": "", "embeds": [], **body}) == []
        assert "Something of ours broke" not in words_of(body)
    assert [one for one in caplog.records if one.levelno >= logging.WARNING] == []


def test_there_are_a_hundred_of_them() -> None:
    assert 5 * len(INPUTS) >= 100


async def test_the_session_on_the_page_is_the_session_of_the_program() -> None:
    kept = re.compile(
        r"^(\*\*.*|> Mailport is thinking.*|> … the same message.*|> \((?:only|in|a ).*?\))", re.MULTILINE
    )
    assert kept.findall(await transcript()) == kept.findall(PATH.read_text("utf-8"))


async def test_a_discord_without_some_endpoints_is_enough(bench: Bench) -> None:
    bench.discord.refuse["POST /users/@me/channels"] = []
    bench.discord.closed_directs.add("400")
    await bench.discord.mention("check 10.0.0.1")
    await until(lambda: bench.discord.messages)
    assert "not a public address" in words_of(bench.discord.messages[0])
