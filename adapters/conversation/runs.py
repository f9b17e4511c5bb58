"""Equal requests in flight share one run of the core: people press Enter twice."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field

from bot.cards.model import Pending, Reply
from bot.ports import Progress


@dataclass(slots=True, eq=False)
class Run:
    """One run of the core and what it last said of itself."""

    task: asyncio.Task[Reply] = field(init=False)
    pending: Pending | None = None
    watchers: int = 0
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    async def tell(self, pending: Pending) -> None:
        """Progress of the core; never waits for the platform."""
        self.pending = pending
        self._news.set()

    async def wait_news(self) -> None:
        """Until there is something new to show."""
        await self._news.wait()
        self._news.clear()


class Runs:
    """Runs by what makes requests equal (place, person, words)."""

    def __init__(self) -> None:
        self._runs: dict[Hashable, Run] = {}

    def join(self, key: Hashable, start: Callable[[Progress], Awaitable[Reply]]) -> Run:
        """The run of that key, started when there is none."""
        run = self._runs.get(key)
        if run is None:
            run = Run()
            run.task = asyncio.create_task(self._finish(key, run, start), name="run")
            self._runs[key] = run
        run.watchers += 1
        return run

    async def leave(self, run: Run) -> None:
        """Stop waiting for a run; nobody waiting ends it."""
        run.watchers -= 1
        if run.watchers == 0 and not run.task.done():
            run.task.cancel()
            await asyncio.gather(run.task, return_exceptions=True)

    async def _finish(self, key: Hashable, run: Run, start: Callable[[Progress], Awaitable[Reply]]) -> Reply:
        try:
            return await start(run.tell)
        finally:
            self._runs.pop(key, None)
