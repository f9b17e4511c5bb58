"""How messages on their way are remembered; the rules of `bot.watches.stores` hold."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from bot.watches.message import Backlog, Delivery, Message


class OutboxStore(Protocol):
    """Messages on their way. Those of one channel go out in order."""

    async def put(self, messages: Sequence[Message], now: datetime) -> int:
        """Put messages in; those whose key exists are left out. Returns how many were new."""
        ...

    async def claim(
        self,
        now: datetime,
        *,
        limit: int = 100,
        lease_s: float = 60,
        platforms: Sequence[str] = (),
        one_each: bool = False,
    ) -> tuple[Delivery, ...]:
        """Claim messages that may be sent now, oldest first.

        Of a channel whose oldest message waits or is claimed by another, none is given.

        Args:
            platforms: Only workspaces of these ("slack", "discord", "local"); empty takes all.
            one_each: Only the oldest message of each channel: whoever dies then leaves behind no more
                doubtful ones than it was posting.
        """
        ...

    async def done(self, key: str, message_id: str, now: datetime) -> None:
        """The platform accepted it under that id."""
        ...

    async def retry(self, keys: Sequence[str], at: datetime, why: str, *, tried: bool = True) -> None:
        """Not now: free again at that time.

        Args:
            tried: False if it certainly never reached the platform; the try then does not count.
        """
        ...

    async def keep(self, keys: Sequence[str], lease: datetime, until: datetime) -> int:
        """Lengthen claims whose lease ends at `lease`; returns how many are still held."""
        ...

    async def give_back(self, keys: Sequence[str], now: datetime) -> None:
        """Claimed, but not tried: free again, and the try does not count."""
        ...

    async def mend_times(self, now: datetime) -> int:
        """Make due what waits for more than an hour: the clock was put back."""
        ...

    async def give_up(self, key: str, why: str, now: datetime) -> None:
        """It can never be posted (the channel is gone): kept, with the reason, and not tried again."""
        ...

    async def expire(self, before: datetime, now: datetime) -> int:
        """Give up what was put in before that time and still waits: nobody serves its platform any more."""
        ...

    async def message_id(self, key: str) -> str | None:
        """The platform's id of a message that was accepted."""
        ...

    async def backlog(self, now: datetime) -> Backlog:
        """For metrics and `status`."""
        ...

    async def next_try_at(self) -> datetime | None:
        """When the next message may be sent."""
        ...

    async def forget(self, before: datetime) -> int:
        """Drop messages that were done before that time; returns how many."""
        ...
