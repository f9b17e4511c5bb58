"""A chat adapter that answers from a script, and what all tests of such an adapter need."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, Protocol

import pytest

from adapters.conversation import pause
from bot.cards.model import Card, Paragraph, Pending, Reply, plain
from bot.commands.rate import Limiter
from bot.model.request import Request
from bot.model.value import replace
from bot.ports import Progress, Tools
from bot.settings import Settings
from tests.support.core import make_test_tools

Script = Callable[[Request, Progress], Awaitable[Reply]]


class RunningClock:
    """The machine's time."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()


class Scripted:
    """Stands before an adapter among the bases: answers from a script instead of the core, when there is one."""

    script: Script | None = None

    async def answer(self, request: Request, progress: Progress) -> Any:
        if self.script is None:
            return await super().answer(request, progress)  # type: ignore[misc]  # the adapter's
        return await self.script(request, progress)


class _Scriptable(Protocol):
    script: Script | None


class Answering:
    """Gives a bench's adapter its script, and notes what the script was asked."""

    adapter: _Scriptable
    asked: list[Request]

    def answers(self, script: Script) -> None:
        async def noting(request: Request, progress: Progress) -> Reply:
            self.asked.append(request)
            return await script(request, progress)

        self.adapter.script = noting

    def answers_with(self, card: Card) -> None:
        async def script(_request: Request, _progress: Progress) -> Reply:
            return Reply(card=card)

        self.answers(script)


async def drawn(_: object) -> bytes:
    """A picture, as far as a stand-in looks at it."""
    return b"\x89PNG stand-in"


def tools_and_limiter(settings: Settings) -> tuple[Tools, Limiter]:
    """Tools whose clock runs, and limits that no test meets."""
    tools = replace(make_test_tools(settings), clock=RunningClock())
    return tools, Limiter(per_person=1000, per_channel=5000, per_workspace=9000)


def said(text: str, **more: Any) -> Card:
    """A card that says no more than this."""
    return Card(title="", blocks=(Paragraph(plain(text)),), summary=text, **more)


def slow(card: Card, seconds: float = 1.6) -> Script:
    """Shows progress, and takes its time."""

    async def script(_: Request, progress: Progress) -> Reply:
        await progress(Pending(plain("Probing 3 endpoints"), 1, 3))
        await asyncio.sleep(seconds)
        return Reply(card=card)

    return script


def shorten_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """A lost link comes back at once."""
    monkeypatch.setattr(pause, "FIRST_S", 0.05)
    monkeypatch.setattr(pause, "LONGEST_S", 0.2)
