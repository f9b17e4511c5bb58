"""The adapter against the stand-in, with the real core or with replies from a script."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from adapters.discord import shard
from adapters.discord.adapter import DiscordAdapter
from bot.cards.model import Card, Paragraph, Reply, plain
from bot.commands.rate import Limiter
from bot.model.request import Request
from bot.model.value import replace
from bot.ports import Progress
from bot.settings import Settings
from tests.support.core import make_test_tools
from tests.support.discord_standin import TOKEN, DiscordStandIn, until

Script = Callable[[Request, Progress], Awaitable[Reply]]


class RunningClock:
    """The machine's time."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()


async def drawn(_: object) -> bytes:
    """A picture, as far as Discord looks at it."""
    return b"\x89PNG stand-in"


class ScriptedAdapter(DiscordAdapter):
    """Answers from a script instead of the core, when there is one."""

    script: Script | None = None

    async def answer(self, request: Request, progress: Progress) -> Any:
        if self.script is None:
            return await super().answer(request, progress)
        return await self.script(request, progress)


@dataclass
class Bench:
    """A stand-in and an adapter that is connected to it."""

    discord: DiscordStandIn
    adapter: ScriptedAdapter
    asked: list[Request] = field(default_factory=list)

    def answers(self, script: Script) -> None:
        async def noting(request: Request, progress: Progress) -> Reply:
            self.asked.append(request)
            return await script(request, progress)

        self.adapter.script = noting

    def answers_with(self, card: Card) -> None:
        async def script(_request: Request, _progress: Progress) -> Reply:
            return Reply(card=card)

        self.answers(script)

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
    tools = replace(make_test_tools(settings), clock=RunningClock())
    limiter = Limiter(per_person=1000, per_channel=5000, per_workspace=9000)
    return ScriptedAdapter(tools, limiter, drawn)


def said(text: str, **more: Any) -> Card:
    return Card(title="", blocks=(Paragraph(plain(text)),), summary=text, **more)


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.conversation.pause.FIRST_S", 0.05)
    monkeypatch.setattr("adapters.conversation.pause.LONGEST_S", 0.2)
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
