"""What Discord, its files and our database do when they do not work, call by call."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import discord as library
import pytest
from aiohttp import web

from adapters.discord import api as api_module
from adapters.discord.api import DiscordApi, DiscordFailed, failure_of, object_of
from adapters.discord.asked import Asked, Attached
from adapters.discord.attachments import Attachments
from adapters.discord.sync import sync_commands
from bot.errors import MailportError, Unavailable
from bot.model.value import replace
from bot.watches.stores import Stores
from tests.adapters.discord.conftest import Bench
from tests.support.core import make_test_tools
from tests.support.discord_standin import ADMIN, error, words_of
from tests.support.scripted import said, slow
from tests.support.waiting import until

POST = "POST /channels/-/messages"


def problem(status: int, said: Any) -> library.HTTPException:
    response: Any = SimpleNamespace(status=status, reason="x", headers={})
    return library.HTTPException(response, said)


@pytest.mark.parametrize(
    ("caught", "kind"),
    [
        pytest.param(problem(404, {"code": 10062, "message": "Unknown interaction"}), "expired", id="10062"),
        pytest.param(problem(404, '{"code": 10062, "message": "x"}'), "expired", id="10062 as text"),
        pytest.param(problem(400, {"code": 40060, "message": "x"}), "taken", id="40060"),
        pytest.param(problem(401, "401: Unauthorized"), "token", id="401"),
        pytest.param(problem(404, "<html>not here</html>"), "missing", id="a page of a proxy"),
        pytest.param(problem(502, "bad gateway"), "unreachable", id="502"),
        pytest.param(problem(418, {"code": 0, "message": "teapot"}), "other", id="anything else"),
        pytest.param(library.RateLimited(90.0), "rate", id="discord.py does not want to wait"),
        pytest.param(library.LoginFailure("x"), "token", id="sign-in refused"),
        pytest.param(TimeoutError(), "unreachable", id="no answer in time"),
        pytest.param(OSError(111, "refused"), "unreachable", id="no connection"),
        pytest.param(DiscordFailed("gone", "x"), "gone", id="known already"),
    ],
)
def test_failures_are_of_few_kinds(caught: Exception, kind: str) -> None:
    assert failure_of(caught).kind == kind
    assert "\n" not in failure_of(caught).error


@pytest.mark.parametrize("said", ["no json", "[1]", None, 7])
def test_what_is_no_object_is_an_empty_one(said: object) -> None:
    assert object_of(said) == {}


def busy(headers: dict[str, str], body: str) -> Callable[[], web.Response]:
    return lambda: web.Response(status=429, text=body, headers=headers, content_type="application/json")


@pytest.mark.parametrize(
    "refusal",
    [
        pytest.param(busy({"Retry-After": "0.01"}, "slow down"), id="only a header"),
        pytest.param(busy({}, '{"retry_after": 0.01}'), id="only a body"),
        pytest.param(
            busy({"Via": "1.1 google"}, '{"retry_after": 0.01, "message": "x"}'), id="from Discord's proxy"
        ),
    ],
)
async def test_429_in_every_form_is_waited_for(bench: Bench, refusal: Callable[[], web.Response]) -> None:
    bench.answers_with(said("yes"))
    bench.discord.refuse[POST] = [refusal]
    await bench.discord.mention("hello")
    await bench.settled()
    assert words_of(bench.discord.messages[0]) == "yes"


async def test_a_429_that_says_nothing_is_a_second() -> None:
    assert await api_module._wait_of(problem(429, "")) == 1.0


async def test_a_server_that_does_not_say_its_roles_trusts_nobody(bench: Bench) -> None:
    bench.answers_with(said("done"))
    bench.discord.refuse["GET /guilds/-"] = [lambda: error(403, 50001, "Missing Access")]
    await bench.discord.mention("settings language es", person=ADMIN, roles=["500"])
    await bench.settled()
    assert bench.asked[0].person.admin is False
    await bench.discord.mention("settings language es", person=ADMIN, roles=["500"])
    await bench.settled()
    assert bench.asked[1].person.admin is True


def with_file(url: str, size: int = 10) -> Asked:
    file = Attached(url, "log.txt", size)
    return Asked(kind="command", id="1", channel="3", person="4", command=("trace",), files=(file,))


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/x",
        "http://cdn.discordapp.com/x",
        "file:///etc/passwd",
        "https://cdn.discordapp.com.evil.example/x",
    ],
)
async def test_files_are_fetched_from_discord_only(url: str) -> None:
    with pytest.raises(Unavailable) as caught:
        await Attachments(anywhere=False).read(with_file(url))
    assert caught.value.key == "discord-file-unavailable"


@pytest.mark.parametrize(
    ("text", "key"),
    [
        pytest.param("a\0b", "discord-file-binary", id="no text"),
        pytest.param("x" * 300_000, "discord-file-large", id="larger than it said"),
    ],
)
async def test_files_that_are_no_short_text(bench: Bench, text: str, key: str) -> None:
    url = bench.discord.file_url(text)
    with pytest.raises(MailportError) as caught:
        await Attachments(anywhere=True).read(with_file(url))
    assert caught.value.key == key


async def test_a_picture_beside_a_question_is_left_alone(bench: Bench) -> None:
    bench.answers_with(said("yes"))
    picture = [{"id": "1", "filename": "a.png", "size": 9, "url": "http://127.0.0.1:9/a.png"}]
    await bench.discord.mention("which port for imap?", attachments=picture)
    await bench.settled()
    assert bench.asked[0].text == "which port for imap?"


async def test_commands_are_registered_without_a_database(bench: Bench) -> None:
    async def broken() -> Stores:
        raise Unavailable("database-unavailable", why="gone")

    parts = bench.adapter._parts
    assert parts is not None
    tools = replace(make_test_tools(bench.adapter._tools.settings), stores=broken)
    assert await sync_commands(parts.api, tools) is True
    assert bench.discord.puts == 2


async def test_no_session_starts_left_is_said(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    async def exhausted(_: object) -> dict[str, Any]:
        return {"url": "ws://x", "shards": 1, "session_start_limit": {"remaining": 0, "reset_after": 90_000}}

    keeper = bench.adapter._keeper
    parts = bench.adapter._parts
    assert parts is not None
    monkeypatch.setattr(DiscordApi, "gateway", exhausted)
    with pytest.raises(DiscordFailed) as caught:
        await keeper._find_gateway(parts.api)
    assert caught.value.retry_after_s == 90.0


async def test_progress_that_cannot_be_shown_does_not_cost_the_verdict(bench: Bench) -> None:
    bench.answers(slow(said("all right"), 1.3))
    bench.discord.refuse["PATCH /webhooks/-/-/messages/@original"] = [lambda: error(418, 0, "teapot")]
    made = await bench.discord.command("check", options={"target": "example.com"})
    await until(lambda: made.first)
    await bench.settled()
    assert words_of(made.shown) == "all right"
