"""The same 25 requests in Slack, on Discord, in the browser and in the terminal: the same facts in each.

One set of tools for all four: a real dialer to a small server on loopback, a DNS of our own. The facts are
the words of the core's card (titles, sentences, table cells, button labels); each has to be in what people
read on each platform. Times differ from run to run and are left out.
"""

from __future__ import annotations

import html
import io
import os
import re
import sys
import unicodedata
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import assert_never

import aiohttp
import pytest

from adapters.discord.adapter import DiscordAdapter
from adapters.main.compose import make_tools
from adapters.slack.adapter import SlackAdapter
from adapters.terminal.chat import chat
from adapters.web.server import WebParts, WebServer
from bot.cards.model import (
    Attachment,
    Block,
    Bullets,
    Card,
    Chart,
    Code,
    Facts,
    Heading,
    Note,
    Paragraph,
    Table,
    Text,
)
from bot.commands.rate import Limiter
from bot.dispatch import answer
from bot.model.request import Person, Place, Request
from bot.model.value import replace
from bot.model.verdict import CheckResult
from bot.ports import Tools
from bot.settings import read_settings
from storage.memory.open import memory_stores
from tests.support.discord_standin import TOKEN, DiscordStandIn
from tests.support.discord_standin import words_of as discord_words
from tests.support.loopback import free_port
from tests.support.misbehaving import Peer, Server
from tests.support.scripted_dns import ScriptedDns, says
from tests.support.slack_blocks import words_of as slack_words
from tests.support.slack_standin import APP_TOKEN, BOT_TOKEN, SlackStandIn
from tests.support.waiting import until

HEADERS = (
    "trace Received: from mx.example.org by mx.example.com with ESMTPS id 1; Tue, 24 Nov 2026 12:00:05 +0000"
)
REQUESTS = (
    pytest.param("which port should I use to send mail?", id="a question"),
    pytest.param("465 or 587?", id="a short question"),
    pytest.param("¿qué puerto uso para enviar correo?", id="a question in Spanish"),
    pytest.param("what is STARTTLS?", id="a notion"),
    pytest.param("why is port 25 blocked at my provider?", id="a reason"),
    pytest.param("¿qué es DANE?", id="a notion in Spanish"),
    pytest.param("ask which port is IMAP over TLS?", id="ask by its name"),
    pytest.param("what are the settings of Gmail?", id="a provider"),
    pytest.param("what is the best pizza in Rome?", id="off topic"),
    pytest.param("hello", id="a greeting"),
    pytest.param("explain 535 5.7.8 authentication failed", id="an error"),
    pytest.param("explain SSL routines:ssl3_get_record:wrong version number", id="an error of OpenSSL"),
    pytest.param("explain 550 5.7.1 relaying denied <!channel> @everyone", id="an error that calls everyone"),
    pytest.param(HEADERS, id="headers"),
    pytest.param("help check", id="help"),
    pytest.param("help report add", id="help for two words"),
    pytest.param("hlep", id="a slip of the fingers"),
    pytest.param("check", id="an option is missing"),
    pytest.param("check 10.0.0.1", id="a private address"),
    pytest.param("check mx.example.com 22", id="no mail port"),
    pytest.param("check not..a..host", id="no host"),
    pytest.param("keys nobody", id="no address"),
    pytest.param("check 127.0.0.1:{good}", id="a live server"),
    pytest.param("check 127.0.0.1:{hostile}", id="a hostile server"),
    pytest.param("check 127.0.0.1:{closed}", id="a closed port"),
)
Say = Callable[[str], Awaitable[str]]


async def good(peer: Peer) -> None:
    await _talk(peer, b"220 mx.example.test ESMTP\r\n")


async def hostile(peer: Peer) -> None:
    await _talk(
        peer, b"220 <!channel> @everyone **bold** `code` [x](https://evil.example) \x1b[31m ESMTP\r\n"
    )


async def _talk(peer: Peer, greeting: bytes) -> None:
    await peer.send(greeting)
    while line := await peer.line():
        if line.upper().startswith(b"QUIT"):
            await peer.send(b"221 bye\r\n")
            return
        await peer.send(
            b"250-mx.example.test\r\n250 SIZE 1000\r\n" if line.startswith(b"EHLO") else b"502 no\r\n"
        )


@dataclass
class World:
    """One core and four ways to it."""

    tools: Tools
    ports: dict[str, int]
    ways: dict[str, Say]


@pytest.fixture
async def world(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    slack, discord = SlackStandIn(), DiscordStandIn()
    await slack.start()
    await discord.start()
    async with Server(good) as fine, Server(hostile) as foul:
        ports = {"good": fine.port, "hostile": foul.port, "closed": free_port()}
        async with ScriptedDns(says(rcode="NXDOMAIN")) as dns:
            tools = _tools(slack, discord, ports, dns.address[1])
            limiter = Limiter(per_person=1000, per_channel=1000, per_workspace=1000)
            to_slack, to_discord = SlackAdapter(tools, limiter), DiscordAdapter(tools, limiter)
            web = WebServer(tools, limiter, WebParts(ready=_ready, metrics=bytes, check=_no_check))
            await to_slack.start()
            await to_discord.start()
            base = await web.start()
            await until(lambda: (to_slack.status(), to_discord.status()) == ("ok", "ok"), 15.0)
            yield World(
                tools,
                ports,
                {
                    "slack": _by_slack(slack, to_slack),
                    "discord": _by_discord(discord, to_discord),
                    "browser": _by_browser(base),
                    "terminal": _by_terminal(tools, monkeypatch),
                },
            )
            await web.stop()
            await to_discord.stop(1.0)
            await to_slack.stop(1.0)
    await discord.stop()
    await slack.stop()


def _tools(slack: SlackStandIn, discord: DiscordStandIn, ports: dict[str, int], dns_port: int) -> Tools:
    values = {
        "SLACK_BOT_TOKEN": BOT_TOKEN,
        "SLACK_APP_TOKEN": APP_TOKEN,
        "MAILPORT_SLACK_API_URL": slack.api_url,
        "DISCORD_TOKEN": TOKEN,
        "MAILPORT_DISCORD_API_URL": discord.api_url,
        "MAILPORT_DISCORD_GATEWAY_URL": discord.gateway_url,
        "MAILPORT_HTTP_PORT": "0",
        "MAILPORT_DNS_SERVERS": f"127.0.0.1:{dns_port}",
        "MAILPORT_ALLOWED_NETWORKS": "127.0.0.0/8",
        "MAILPORT_EXTRA_PORTS": ",".join(map(str, ports.values())),
        "MAILPORT_EHLO_NAME": "probe.example.org",
    }
    stores = memory_stores()

    async def opened() -> object:
        return stores

    made = make_tools(read_settings({name: (text, "test") for name, text in values.items()}))
    return replace(made, stores=opened)  # type: ignore[arg-type]


async def _ready() -> dict[str, str]:
    return {}


async def _no_check(_: str) -> CheckResult:
    raise AssertionError("not asked for here")


# ---- the four ways


def _by_slack(slack: SlackStandIn, adapter: SlackAdapter) -> Say:
    async def say(text: str) -> str:
        slack.messages.clear()
        slack.ephemerals.clear()
        await slack.acked(await slack.deliver("slash_commands", slack.command(text)))
        await until(lambda: (slack.messages or slack.ephemerals) and not adapter._tasks, 30.0)
        return "\n".join(slack_words(message) for message in slack.messages + slack.ephemerals)

    return say


def _by_discord(discord: DiscordStandIn, adapter: DiscordAdapter) -> Say:
    async def say(text: str) -> str:
        before = len(discord.messages)
        await discord.direct(text)
        await until(lambda: len(discord.messages) > before and not adapter._tasks, 30.0)
        assert discord.faults == []
        assert discord.pinged == []
        return "\n".join(map(discord_words, list(discord.messages)[before:]))

    return say


def _by_browser(base: str) -> Say:
    async def say(text: str) -> str:
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{base}/try", data={"text": text}, headers={"Accept-Language": "en"}) as page,
        ):
            assert page.status == 200
            shown = (await page.text()).partition('role="log"')[2].partition("</main>")[0]
        return html.unescape(re.sub(r"<[^>]*>", " ", shown))

    return say


def _by_terminal(tools: Tools, monkeypatch: pytest.MonkeyPatch) -> Say:
    async def say(text: str) -> str:
        shown = io.StringIO()
        reading, writing = os.pipe()
        with os.fdopen(writing, "wb") as typed:
            typed.write(f"{text}\n".encode())
        with os.fdopen(reading, "r", encoding="utf-8") as lines, monkeypatch.context() as patched:
            patched.setattr(sys, "stdin", lines)
            patched.setattr(sys, "stdout", shown)
            await chat(tools, None)
        return shown.getvalue()

    return say


# ---- facts


def facts_of(card: Card) -> Iterator[str]:
    """All that a card says, piece by piece."""
    yield card.title
    for block in card.blocks:
        yield from _said(block)
    for button in card.buttons:
        yield button.label


def _said(block: Block) -> Iterator[str]:
    match block:
        case Paragraph(text) | Note(text):
            yield from _spans(text)
        case Heading(title):
            yield title
        case Bullets(items):
            for item in items:
                yield from _spans(item)
        case Facts(rows):
            for label, value in rows:
                yield label
                yield from _spans(value)
        case Table(columns, table_rows):
            yield from columns
            for row in table_rows:
                yield from row
        case Code(text):
            yield from text.splitlines()
        case Chart():
            yield block.alt
        case Attachment():
            return
        case _:
            assert_never(block)


def _spans(text: Text) -> Iterator[str]:
    for span in text:
        yield from span.text.splitlines()


def bare(text: str) -> str:
    """Letters and digits alone, without what differs from run to run."""
    text = "".join(sign for sign in unicodedata.normalize("NFKC", text) if unicodedata.category(sign) != "Cf")
    text = re.sub(r"\d+(?:[.,]\d+)? ?(?:ms|s)\b|\d\d:\d\d(?::\d\d)?", " ", text)
    return re.sub(r"[^\w]+|_", "", text).casefold()


@pytest.mark.parametrize("words", REQUESTS)
async def test_the_same_facts_everywhere(world: World, words: str) -> None:
    text = words.format(**world.ports)
    place = Place(platform="web", workspace="reference", channel="reference", private=True)
    reply = await answer(Request(id="r", place=place, person=Person(id="p"), text=text), world.tools)
    wanted = [fact for fact in map(bare, facts_of(reply.card)) if fact]
    assert wanted
    for name, say in world.ways.items():
        shown = bare(await say(text))
        missing = [fact for fact in wanted if fact not in shown]
        assert not missing, f"{name} does not say {missing}: {shown}"
