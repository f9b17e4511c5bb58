"""The same check asked again: one run for all who ask at once, and its result for a minute after.

Spares other people's servers and answers at once. Each run belongs to those who wait for it: when the
last of them leaves, it is cancelled.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

from bot.model.value import field, frozen, mutable
from bot.ports import Clock
from bot.probes.together import Step, Tell

T = TypeVar("T")

KEEP_S = 60.0
MAX_KEPT = 512


@frozen
class Recalled(Generic[T]):
    """A value and how old it is.

    Attributes:
        age_s: Seconds since it was made; None when it was made for this question.
    """

    value: T
    age_s: float | None


@mutable
class _Run(Generic[T]):
    task: asyncio.Task[T] | None = None
    listeners: list[Tell] = field(default_factory=list)

    async def tell(self, step: Step) -> None:
        for listener in tuple(self.listeners):
            await listener(step)


class Recent(Generic[T]):
    """Runs under way and the results of the last minute, by key."""

    def __init__(self, clock: Clock, keep_s: float = KEEP_S) -> None:
        self._clock = clock
        self._keep_s = keep_s
        self._kept: dict[Hashable, tuple[float, T]] = {}
        self._runs: dict[Hashable, _Run[T]] = {}

    def recall(self, key: Hashable, keep_s: float | None = None) -> Recalled[T] | None:
        """The kept result of a key; None when there is none or it is too old."""
        made, value = self._kept.get(key, (None, None))
        if made is None or value is None:
            return None
        age = self._clock.monotonic() - made
        return Recalled(value, age) if age < (self._keep_s if keep_s is None else keep_s) else None

    async def once(
        self, key: Hashable, make: Callable[[Tell], Awaitable[T]], tell: Tell, *, fresh: bool = False
    ) -> Recalled[T]:
        """The result of a key: kept, joined, or made.

        Args:
            make: Makes it, telling its steps to all who wait.
            fresh: Don't take a kept one. A run under way is joined all the same: it is as fresh.
        """
        if not fresh and (kept := self.recall(key)) is not None:
            return kept
        run = self._runs.get(key)
        if run is None:
            run = self._runs[key] = _Run()
            run.task = asyncio.ensure_future(self._make(key, make, run))
        run.listeners.append(tell)
        try:
            assert run.task is not None
            return Recalled(await asyncio.shield(run.task), None)
        except asyncio.CancelledError:
            if len(run.listeners) == 1:
                await self._abandon(key, run)
            raise
        finally:
            run.listeners.remove(tell)

    async def _abandon(self, key: Hashable, run: _Run[T]) -> None:
        """Nobody waits any more: stop the run, and let no newcomer join it."""
        if self._runs.get(key) is run:
            del self._runs[key]
        if run.task is not None and not run.task.done():
            run.task.cancel()
            await asyncio.wait({run.task})

    async def _make(self, key: Hashable, make: Callable[[Tell], Awaitable[T]], run: _Run[T]) -> T:
        try:
            value = await make(run.tell)
        finally:
            if self._runs.get(key) is run:
                del self._runs[key]
        self._keep(key, value)
        return value

    def _keep(self, key: Hashable, value: T) -> None:
        self._kept.pop(key, None)
        self._kept[key] = (self._clock.monotonic(), value)
        while len(self._kept) > MAX_KEPT:
            self._kept.pop(next(iter(self._kept)))
