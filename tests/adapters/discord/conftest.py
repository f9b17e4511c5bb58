"""The adapter against the stand-in, with the real core or with replies from a script."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from adapters.discord import shard
from adapters.discord.adapter import DiscordAdapter
from bot.model.request import Request
from bot.model.value import replace
from bot.settings import Settings
from tests.support.discord_standin import TOKEN, DiscordStandIn
from tests.support.scripted import Answering, Scripted, drawn, shorten_pauses, tools_and_limiter
from tests.support.started import session
from tests.support.waiting import until

__all__ = ["session"]


class ScriptedAdapter(Scripted, DiscordAdapter):
    """Answers from a script instead of the core, when there is one."""


@dataclass
class Bench(Answering):
    """A stand-in and an adapter that is connected to it."""

    discord: DiscordStandIn
    adapter: ScriptedAdapter
    asked: list[Request] = field(default_factory=list)

    async def settled(self) -> None:
        """Until nothing is under way; then nothing may have been refused, and nobody called."""
        await asyncio.sleep(0.05)
        await until(lambda: not self.adapter._tasks)
        assert self.discord.faults == []
        assert self.discord.pinged == []


def settings_for(discord: DiscordStandIn, **more: Any) -> Settings:
    settings = Settings(
        discord_token=TOKEN,
        discord_api_url=discord.api_url,
        discord_gateway_url=discord.gateway_url,
        sources={},
    )
    return replace(settings, **more)


def make_adapter(settings: Settings) -> ScriptedAdapter:
    return ScriptedAdapter(*tools_and_limiter(settings), drawn)


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    shorten_pauses(monkeypatch)
    monkeypatch.setattr(shard, "IDENTIFY_EVERY_S", 0.05)
    monkeypatch.setattr(shard, "INVALID_S", (0.01, 0.02))


@pytest.fixture
async def discord() -> AsyncIterator[DiscordStandIn]:
    standin = DiscordStandIn()
    await standin.start()
    yield standin
    await standin.stop()


@pytest.fixture
async def bench(discord: DiscordStandIn) -> AsyncIterator[Bench]:
    adapter = make_adapter(settings_for(discord))
    await adapter.start()
    await until(lambda: adapter.status() == "ok")
    yield Bench(discord, adapter)
    await adapter.stop(2.0)
    await asyncio.sleep(0)
