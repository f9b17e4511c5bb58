"""A third party's view: simcord runs the adapter's own client against its model of Discord."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import discord
import simcord

from adapters.discord.api import DiscordApi
from adapters.discord.client import DiscordClient
from adapters.discord.sync import sync_commands
from bot.cards.model import Button, Card, Paragraph, Pending, Reply, plain
from bot.model.request import Request
from bot.ports import Progress
from bot.settings import Settings
from tests.adapters.discord.conftest import ScriptedAdapter, make_adapter
from tests.support.scripted import said


@dataclass
class Simulated:
    """A server with two people, and our adapter in it."""

    env: Any
    adapter: ScriptedAdapter
    channel: Any
    alice: Any
    admin: Any


@contextlib.asynccontextmanager
async def simulated() -> AsyncIterator[Simulated]:
    settings = Settings(discord_token="x")
    adapter = make_adapter(settings)
    client = DiscordClient(settings, shard_count=1)
    async with simcord.run(client) as env:
        assert client.user is not None
        api = DiscordApi(client.http, str(client.user.id))
        adapter._opened(client, api)
        with env._bot_scope():
            await sync_commands(api, adapter._tools)
        guild = env.create_guild()
        channel = guild.create_text_channel("general")
        role = guild.create_role("admins", permissions=discord.Permissions(manage_guild=True))
        alice = guild.add_member(env.create_user("alice"))
        admin = guild.add_member(env.create_user("boss"), roles=[role])
        yield Simulated(env, adapter, channel, alice, admin)


async def test_a_question_by_command() -> None:
    async with simulated() as here:
        result = await here.alice.slash(here.channel, "mailport ask", question="which port for imap?")
        assert not result.ephemeral
        assert "993" in result.response.embeds[0].description


async def test_a_refusal_is_ephemeral() -> None:
    async with simulated() as here:
        result = await here.alice.slash(here.channel, "mailport check", target="10.0.0.1")
        assert result.ephemeral
        result = await here.alice.slash(here.channel, "mailport settings language", value="es")
        assert result.ephemeral


async def test_who_may_manage_the_server_changes_settings() -> None:
    async with simulated() as here:
        result = await here.admin.slash(here.channel, "mailport settings language", value="es")
        assert not result.ephemeral


async def test_a_check_is_deferred_and_edited() -> None:
    async with simulated() as here:

        async def script(_: Request, progress: Progress) -> Reply:
            await progress(Pending(plain("Probing")))
            return Reply(card=said("all right"))

        here.adapter.script = script
        result = await here.alice.slash(here.channel, "mailport check", target="example.com")
        assert result.response.embeds[0].description == "all right"


async def test_a_mention_is_answered_without_the_message_content_intent() -> None:
    async with simulated() as here:
        own = here.adapter._parts.own_id  # type: ignore[union-attr]
        await here.alice.send(here.channel, f"<@{own}> which port for imap?")
        assert "993" in here.channel.last_message.embeds[0].description
        before = here.channel.last_message.id
        await here.alice.send(here.channel, "which port for imap?")
        assert here.channel.last_message.embeds == []
        assert here.channel.last_message.id != before


async def test_a_direct_message_is_answered() -> None:
    async with simulated() as here:
        await here.alice.send_dm("which port for imap?")
        asked = [one for one in here.env.transcript().splitlines() if "993" in one]
        assert asked


async def test_a_button_is_pressed() -> None:
    async with simulated() as here:
        card = Card(
            title="", blocks=(Paragraph(plain("yes")),), buttons=(Button("Again", "ask x"),), summary="yes"
        )

        async def script(_: Request, __: Progress) -> Reply:
            return Reply(card=card)

        here.adapter.script = script
        result = await here.alice.slash(here.channel, "mailport ask", question="x")
        pressed = await here.alice.click(result.response, label="Again")
        assert pressed.response.content == "-# ask x"


async def test_a_form_is_filled_in() -> None:
    async with simulated() as here:
        shown = await here.alice.slash(here.channel, "mailport trace")
        hop = "Received: from a.example.com by b.example.com; Tue, 24 Nov 2026 10:00:00 +0000"
        sent = await here.alice.submit_modal(shown, {"text.0": hop})
        assert "b.example.com" in str(sent.response.embeds[0].to_dict())


async def test_options_are_completed() -> None:
    async with simulated() as here:
        choices = await here.alice.autocomplete(here.channel, "mailport settings timezone", "value", "madrid")
        assert [one["value"] for one in choices] == ["Europe/Madrid"]


async def test_commands_are_registered_once() -> None:
    async with simulated() as here:
        with here.env._bot_scope():
            parts = here.adapter._parts
            assert parts is not None
            assert await sync_commands(parts.api, here.adapter._tools) is False
