"""The way of one Discord command in this process: payload, core, embeds as JSON; no network."""

from __future__ import annotations

import asyncio
import itertools
import json
import statistics
import time
from collections.abc import Awaitable, Callable
from typing import Any

import adapters.discord  # noqa: F401  # first: keeps discord.py's deprecation warning quiet

# isort: split
import discord
from discord import app_commands
from discord.webhook.async_ import AsyncWebhookAdapter, async_context

from adapters.discord.adapter import DiscordAdapter
from adapters.discord.api import DiscordApi, Files
from adapters.discord.client import DiscordClient, intents
from benchmarks.measure import row
from bot.settings import Settings
from tests.support.core import make_test_tools

WARM, COUNT, ROUNDS = 300, 1500, 7
QUESTIONS = (
    "which port should I use to send mail?", "what is STARTTLS?", "is port 25 blocked?", "465 or 587?",
    "¿qué puerto uso para enviar correo?", "what is DANE?", "which port is IMAP over TLS?", "what is SPF?",
    "how do I test TLS on port 587?", "what does 550 5.7.1 mean?",
)  # fmt: skip
NUMBERS = itertools.count(10_000)  # over all rows: what comes twice is answered once
Json = dict[str, Any]
Handle = Callable[[Json], Awaitable[None]]


def payloads(command: str, option: str, texts: tuple[str, ...]) -> Callable[[], Json]:
    """Slash commands, each with an id of its own, with all fields that Discord sends."""

    def make() -> Json:
        number = next(NUMBERS)
        user = {"id": str(400 + number % 20), "username": "x", "discriminator": "0", "avatar": None}
        given = [{"name": option, "type": 3, "value": texts[number % len(texts)]}]
        data = {"id": "900", "name": "mailport", "type": 1}
        return {
            "id": str(number), "application_id": "100", "type": 2, "token": f"token{number}", "version": 1,
            "guild_id": "200", "channel_id": str(300 + number % 50), "locale": "en-US", "context": 0,
            "channel": {"id": str(300 + number % 50), "type": 0, "name": "x", "position": 0,
                        "permission_overwrites": [], "permissions": "1024"},
            "member": {"user": user, "roles": [], "permissions": "1024", "flags": 0, "deaf": False,
                       "mute": False, "joined_at": "2026-01-01T00:00:00+00:00"},
            "entitlements": [], "attachment_size_limit": 10485760, "app_permissions": "1024",
            "authorizing_integration_owners": {"0": "200"},
            "data": {**data, "options": [{"name": command, "type": 1, "options": given}]},
        }  # fmt: skip

    return make


async def measured(name: str, make: Callable[[], Json], handle: Handle) -> None:
    """One message after the other, the quietest of some rounds; the making of messages is not counted."""
    for _ in range(WARM):
        await handle(make())
    cpu, p50, p99 = min([await _round(make, handle) for _ in range(ROUNDS)])
    row(name, f"{1e6 / cpu:.0f} /s", f"{cpu:.0f} us CPU each, p50 {p50:.0f} us, p99 {p99:.0f} us")


async def _round(make: Callable[[], Json], handle: Handle) -> tuple[float, float, float]:
    taken: list[float] = []
    cpu = 0.0
    for _ in range(COUNT):
        message = make()
        began, used = time.perf_counter(), time.process_time()
        await handle(message)
        cpu += time.process_time() - used
        taken.append((time.perf_counter() - began) * 1e6)
    taken.sort()
    return cpu / COUNT * 1e6, statistics.median(taken), taken[int(len(taken) * 0.99)]


class SilentAdapter(AsyncWebhookAdapter):
    """discord.py's way of responding: makes the JSON and sends nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.sent = asyncio.Event()

    async def request(self, route: Any, session: Any, **arguments: Any) -> Any:
        json.dumps(arguments.get("payload"))
        self.sent.set()


def bare() -> Handle:
    """A discord.py command with one option, which says one line."""
    client = discord.Client(intents=intents(), allowed_mentions=discord.AllowedMentions.none())
    tree = app_commands.CommandTree(client)
    group = app_commands.Group(name="mailport", description="x")

    @group.command(name="ask", description="x")
    async def ask(interaction: discord.Interaction, question: str) -> None:
        await interaction.response.send_message(f"Port 465 ({len(question)})")

    tree.add_command(group)
    silent = SilentAdapter()
    async_context.set(silent)
    client.http._HTTPClient__session = None  # type: ignore[attr-defined]
    client.loop = asyncio.get_running_loop()
    me: Any = {"id": "100", "username": "x", "discriminator": "0", "avatar": None}
    client._connection.user = discord.ClientUser(state=client._connection, data=me)
    parser = client._connection.parsers["INTERACTION_CREATE"]

    async def handle(message: Json) -> None:
        silent.sent.clear()
        parser(message)
        await silent.sent.wait()

    return handle


class SilentApi(DiscordApi):
    """Makes the JSON of every call, as the client would, and sends nothing."""

    sent: asyncio.Event

    async def respond(self, interaction: str, token: str, body: Json, files: Files = ()) -> None:
        json.dumps(body)
        self.sent.set()


def ours() -> tuple[Handle, DiscordAdapter]:
    """The adapter as it runs, with the network cut off behind it."""
    adapter = DiscordAdapter(make_test_tools(Settings(discord_token="x")))
    client = DiscordClient(Settings())
    api = SilentApi(client.http, "100")
    api.sent = asyncio.Event()
    adapter._opened(client, api)
    parser = client._connection.parsers["INTERACTION_CREATE"]

    async def handle(message: Json) -> None:
        api.sent.clear()
        parser(message)
        await api.sent.wait()

    return handle, adapter


def main() -> None:
    """Print the rows."""
    asyncio.run(_main())


async def _main() -> None:
    await measured("discord.py alone, says one line", payloads("ask", "question", ("x",)), bare())
    handle, adapter = ours()
    await measured(
        "Mailport: ask, ten questions again and again", payloads("ask", "question", QUESTIONS), handle
    )
    fresh = tuple(f"{question} ({number})" for number in range(2000) for question in QUESTIONS)
    await measured("Mailport: ask, every question new", payloads("ask", "question", fresh), handle)
    await measured("Mailport: help check", payloads("help", "command", ("check",)), handle)
    await measured("Mailport: a refusal", payloads("check", "target", ("10.0.0.1",)), handle)
    await adapter.stop(1.0)


if __name__ == "__main__":
    main()
