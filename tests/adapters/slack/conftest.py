"""The adapter against the stand-in, with the real core or with replies from a script."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from adapters.slack.adapter import SlackAdapter
from bot.cards.model import Card, Paragraph, Reply, plain
from bot.commands.rate import Limiter
from bot.model.request import Request
from bot.model.value import replace
from bot.ports import Progress
from bot.settings import Settings
from tests.support.core import make_test_tools
from tests.support.slack_standin import APP_TOKEN, BOT_TOKEN, SlackStandIn, until

Script = Callable[[Request, Progress], Awaitable[Reply]]


class RunningClock:
    """The machine's time."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()


async def drawn(_: object) -> bytes:
    """A picture, as far as Slack looks at it."""
    return b"\x89PNG stand-in"


class ScriptedAdapter(SlackAdapter):
    """Answers from a script instead of the core, when there is one."""

    script: Script | None = None
    taking: int = 0

    async def _envelope(self, envelope: dict[str, Any]) -> dict[str, Any] | None:
        self.taking += 1
        try:
            return await super()._envelope(envelope)
        finally:
            self.taking -= 1

    async def answer(self, request: Request, progress: Progress) -> Any:
        if self.script is None:
            return await super().answer(request, progress)
        return await self.script(request, progress)


@dataclass
class Bench:
    """A stand-in and an adapter that is connected to it."""

    slack: SlackStandIn
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

    async def command(self, text: str, **more: Any) -> dict[str, Any]:
        payload = self.slack.command(text, **more)
        await self.slack.acked(await self.slack.deliver("slash_commands", payload))
        return payload

    async def event(self, event: dict[str, Any]) -> dict[str, Any]:
        payload = self.slack.event(event)
        await self.slack.acked(await self.slack.deliver("events_api", payload))
        return payload

    async def press(self, message: dict[str, Any], number: int = 0, **more: Any) -> dict[str, Any]:
        payload = self.slack.pressed(message, number, **more)
        await self.slack.acked(await self.slack.deliver("interactive", payload))
        return payload

    async def submit(self, view: dict[str, Any], values: dict[str, str], **more: Any) -> str:
        payload = self.slack.submitted(view, values, **more)
        envelope = await self.slack.deliver("interactive", payload)
        await self.slack.acked(envelope)
        return envelope

    async def settled(self) -> None:
        """Until nothing is under way."""
        await until(lambda: not self.adapter._tasks and not self.adapter.taking)


def settings_for(slack: SlackStandIn, **more: Any) -> Settings:
    settings = Settings(
        slack_bot_token=BOT_TOKEN,
        slack_app_token=APP_TOKEN,
        slack_api_url=slack.api_url,
        sources={},
    )
    return replace(settings, **more)


def make_adapter(settings: Settings) -> ScriptedAdapter:
    tools = replace(make_test_tools(settings), clock=RunningClock())
    limiter = Limiter(per_person=1000, per_channel=5000, per_workspace=9000)
    return ScriptedAdapter(tools, limiter, drawn)


def said(text: str, **more: Any) -> Card:
    return Card(title="", blocks=(Paragraph(plain(text)),), summary=text, **more)


@pytest.fixture
async def slack() -> AsyncIterator[SlackStandIn]:
    standin = SlackStandIn()
    await standin.start()
    yield standin
    await standin.stop()


@pytest.fixture
async def bench(slack: SlackStandIn) -> AsyncIterator[Bench]:
    adapter = make_adapter(settings_for(slack))
    await adapter.start()
    await until(lambda: adapter.status() == "ok")
    yield Bench(slack, adapter)
    await adapter.stop(2.0)
    await asyncio.sleep(0)
