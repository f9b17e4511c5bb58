"""Rates per person, channel and workspace: a sliding minute, kept in memory of the process."""

from __future__ import annotations

from collections import deque

from bot.errors import SlowDown
from bot.model.request import Request
from bot.model.value import field, mutable

WINDOW_S = 60.0
MAX_KEYS = 100_000


@mutable
class Limiter:
    """Counts requests; one per process.

    Attributes:
        per_person: Requests per minute, likewise the others.
    """

    per_person: int
    per_channel: int
    per_workspace: int
    _seen: dict[tuple[str, ...], deque[float]] = field(default_factory=dict)

    def count(self, request: Request, now: float) -> None:
        """Count one request.

        Raises:
            SlowDown: `slow-down-person`, `-channel` or `-workspace`, with the seconds to wait.
        """
        place = request.place
        scopes = (
            ("person", self.per_person, (place.workspace, request.person.id)),
            ("channel", self.per_channel, (place.workspace, "", place.channel)),
            ("workspace", self.per_workspace, (place.workspace,)),
        )
        for scope, limit, key in scopes:
            wait = self._wait(key, limit, now)
            if wait > 0:
                raise SlowDown(f"slow-down-{scope}", seconds=int(wait) + 1, limit=limit)
        for _, _, key in scopes:
            self._seen.setdefault(key, deque()).append(now)
        if len(self._seen) > MAX_KEYS:
            self._forget(now)

    def _wait(self, key: tuple[str, ...], limit: int, now: float) -> float:
        times = self._seen.get(key)
        if times is None:
            return 0.0
        while times and times[0] <= now - WINDOW_S:
            times.popleft()
        return times[0] + WINDOW_S - now if len(times) >= limit else 0.0

    def _forget(self, now: float) -> None:
        self._seen = {key: times for key, times in self._seen.items() if times and times[-1] > now - WINDOW_S}
