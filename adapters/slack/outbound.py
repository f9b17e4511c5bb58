"""One queue per channel for `chat.postMessage`: order kept, bursts bounded, 429 honoured.

Slack lets about one message a second into a channel, and bursts beyond that until it says 429. So a burst
goes out at once; once Slack has asked to slow down, it is one a second everywhere for a while. Waiting for
a 429 happens inside the call, with the queue standing still behind it: nothing overtakes, nothing is lost.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar

BURST = 100
PER_SECOND = 5.0
SLOW_PER_SECOND = 1.0
SLOW_S = 60.0
MAX_CHANNELS = 5000

T = TypeVar("T")
_LOG = logging.getLogger(__name__)


@dataclass(slots=True)
class _Channel:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    tokens: float = BURST
    filled_at: float = 0.0
    waiting: int = 0


class Outbound:
    """Queues of all channels.

    Args:
        clock: Seconds that only go forward.
        sleep: Waits; tests give their own.
    """

    def __init__(
        self, clock: Callable[[], float], sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._channels: dict[tuple[str, str], _Channel] = {}
        self._slow_until = float("-inf")

    def slow_down(self) -> None:
        """Slack asked for it."""
        if self._clock() >= self._slow_until:
            _LOG.warning("Slack asks to slow down: one message a second for %d s", SLOW_S)
        self._slow_until = self._clock() + SLOW_S
        for queue in self._channels.values():
            queue.tokens = min(queue.tokens, 1.0)

    async def send(self, team: str, channel: str, act: Callable[[], Awaitable[T]]) -> T:
        """Run `act` when it is this channel's turn; its exceptions are the caller's."""
        queue = self._queue(team, channel)
        queue.waiting += 1
        try:
            async with queue.lock:  # asyncio locks serve first come, first served
                await self._take_turn(queue)
                return await act()
        finally:
            queue.waiting -= 1

    def backlog(self, team: str, channel: str) -> int:
        """How many messages wait for this channel."""
        queue = self._channels.get((team, channel))
        return queue.waiting if queue is not None else 0

    def _queue(self, team: str, channel: str) -> _Channel:
        queue = self._channels.get((team, channel))
        if queue is None:
            if len(self._channels) >= MAX_CHANNELS:
                self._forget()
            queue = self._channels[team, channel] = _Channel(filled_at=self._clock())
        return queue

    def _forget(self) -> None:
        old = self._clock() - BURST / PER_SECOND
        self._channels = {
            key: queue for key, queue in self._channels.items() if queue.waiting or queue.filled_at > old
        }

    async def _take_turn(self, queue: _Channel) -> None:
        now = self._clock()
        slow = now < self._slow_until
        rate, burst = (SLOW_PER_SECOND, 1.0) if slow else (PER_SECOND, BURST)
        queue.tokens = min(burst, queue.tokens + (now - queue.filled_at) * rate)
        queue.filled_at = now
        if queue.tokens < 1.0:
            await self._sleep((1.0 - queue.tokens) / rate)
            queue.tokens, queue.filled_at = 1.0, self._clock()
        queue.tokens -= 1.0
