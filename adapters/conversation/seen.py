"""Platforms deliver again (after a slow answer, a dropped link, a restart): each thing is answered once."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from bot.errors import MailportError
from bot.ports import Clock
from bot.watches.stores import Stores

# Slack redelivers at once, after one and after five minutes; an hour covers a restart in between.
LIFETIME_S = 3600.0
MAX_REMEMBERED = 20_000
_LOG = logging.getLogger(__name__)


class Seen:
    """Remembers names in memory, and in storage for other processes and later ones.

    Args:
        platform: "slack" or "discord"; names of one say nothing about the other.
    """

    def __init__(self, platform: str, stores: Callable[[], Awaitable[Stores]], clock: Clock) -> None:
        self._platform = platform
        self._stores = stores
        self._clock = clock
        self._names: dict[str, float] = {}

    def first_here(self, name: str) -> bool:
        """Whether this process sees the name for the first time; decides at once, without waiting."""
        now = self._clock.monotonic()
        if not name:
            return True
        if self._names.get(name, float("-inf")) > now - LIFETIME_S:
            return False
        self._names.pop(name, None)
        self._names[name] = now  # at the end: the oldest name stands first
        if len(self._names) > MAX_REMEMBERED:
            del self._names[next(iter(self._names))]
        return True

    async def first_anywhere(self, name: str) -> bool:
        """Whether no process has seen it; a database that does not work counts as none."""
        if not name:
            return True
        try:
            memos = (await self._stores()).memos
            return await memos.first(f"{self._platform}:{name}", LIFETIME_S, self._clock.now())
        except MailportError as problem:
            _LOG.warning(
                "cannot remember what was asked in %s, so a repetition may be answered: %s",
                self._platform,
                problem,
            )
            return True
