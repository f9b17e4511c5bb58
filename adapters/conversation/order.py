"""Answers in the order of the questions, per channel, without one slow check holding up the rest.

Each request takes a slot when it arrives. A slot is given up by the first message of its answer (the
progress message holds the place of a slow one), or by itself when nothing came for a while.
"""

from __future__ import annotations

import asyncio
from types import TracebackType

PATIENCE_S = 5.0


class Slot:
    """A place in a channel's order."""

    __slots__ = ("_before", "_free", "_timer")

    def __init__(self, before: asyncio.Event | None) -> None:
        self._before = before
        self._free = asyncio.Event()
        self._timer = asyncio.get_running_loop().call_later(PATIENCE_S, self._free.set)

    @property
    def freed(self) -> asyncio.Event:
        """Set when the next one may speak."""
        return self._free

    @property
    def at_turn(self) -> bool:
        """Whether all those before have spoken."""
        return self._before is None or self._before.is_set()

    async def turn(self) -> None:
        """Wait until those before have spoken; from here on the others wait for us."""
        self._timer.cancel()
        if self._before is not None:
            await self._before.wait()
            self._before = None

    def release(self) -> None:
        """Let the next one speak."""
        self._timer.cancel()
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
        slot = Slot(before.freed if before is not None and not before.freed.is_set() else None)
        self._last[key] = slot
        return slot

    def done(self, team: str, channel: str, slot: Slot) -> None:
        """Forget a channel whose last slot this was."""
        if self._last.get((team, channel)) is slot:
            del self._last[team, channel]
