"""The adapter against the stand-in, with the real core or with replies from a script."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from adapters.slack.adapter import SlackAdapter
from bot.model.request import Request
from bot.model.value import replace
from bot.settings import Settings
from tests.support.scripted import Answering, Scripted, drawn, shorten_pauses, tools_and_limiter
from tests.support.slack_standin import APP_TOKEN, BOT_TOKEN, SlackStandIn
from tests.support.started import session, slack
from tests.support.waiting import until

__all__ = ["session", "slack"]


class ScriptedAdapter(Scripted, SlackAdapter):
    """Answers from a script instead of the core, when there is one."""

    taking: int = 0

    async def _envelope(self, envelope: dict[str, Any]) -> dict[str, Any] | None:
        self.taking += 1
        try:
            return await super()._envelope(envelope)
        finally:
            self.taking -= 1


@dataclass
class Bench(Answering):
    """A stand-in and an adapter that is connected to it."""

    slack: SlackStandIn
    adapter: ScriptedAdapter
    asked: list[Request] = field(default_factory=list)

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
    return ScriptedAdapter(*tools_and_limiter(settings), drawn)


@pytest.fixture
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    shorten_pauses(monkeypatch)


@pytest.fixture
async def bench(slack: SlackStandIn) -> AsyncIterator[Bench]:
    adapter = make_adapter(settings_for(slack))
    await adapter.start()
    await until(lambda: adapter.status() == "ok")
    yield Bench(slack, adapter)
    await adapter.stop(2.0)
    await asyncio.sleep(0)
