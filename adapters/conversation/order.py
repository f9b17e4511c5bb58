"""Answers in the order of the questions, per channel, without one slow check holding up the rest.

Each request takes a slot when it arrives. A slot is given up by the first message of its answer (the
progress message holds the place of a slow one), or by itself when nothing came for a while.
"""

from __future__ import annotations

import asyncio
import contextlib
from types import TracebackType

PATIENCE_S = 5.0


class Slot:
    """A place in a channel's order."""

    __slots__ = ("_before", "_free", "_loop", "_until", "_wanted")

    def __init__(self, before: Slot | None) -> None:
        self._before = before
        self._free = asyncio.Event()
        self._wanted = False
        self._loop = asyncio.get_running_loop()
        self._until = self._loop.time() + PATIENCE_S

    @property
    def spoken(self) -> bool:
        """Whether the next one may speak already."""
        return self._free.is_set()

    @property
    def at_turn(self) -> bool:
        """Whether all those before have spoken."""
        return self._before is None or self._before.spoken

    async def turn(self) -> None:
        """Wait until those before have spoken; from here on the others wait for us."""
        self._wanted = self._wanted or self._loop.time() < self._until
        if self._before is not None:
            await self._before.passed()
            self._before = None

    async def passed(self) -> None:
        """Wait until this one has spoken; one that does not come to it is waited for only so long."""
        if not self._wanted:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(self._until):
                    await self._free.wait()
        if self._wanted:
            await self._free.wait()
        self._free.set()

    def release(self) -> None:
        """Let the next one speak."""
        self._before = None
        self._free.set()

    def __enter__(self) -> Slot:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


class Order:
    """The last slot of each channel."""

    def __init__(self) -> None:
        self._last: dict[tuple[str, str], Slot] = {}

    def take(self, team: str, channel: str) -> Slot:
        """A place behind all that came before in this channel."""
        key = (team, channel)
        before = self._last.get(key)
        slot = Slot(before if before is not None and not before.spoken else None)
        self._last[key] = slot
        return slot

    def done(self, team: str, channel: str, slot: Slot) -> None:
        """Forget a channel whose last slot this was."""
        if self._last.get((team, channel)) is slot:
            del self._last[team, channel]
