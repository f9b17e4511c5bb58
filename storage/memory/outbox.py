"""Messages on their way, in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.watches.message import Backlog, Delivery, Message


@dataclass(slots=True)
class _Sent:
    number: int
    message: Message
    created_at: datetime
    next_try_at: datetime
    tries: int = 0
    done_at: datetime | None = None
    message_id: str | None = None
    gave_up: bool = False


class MemoryOutbox:
    """`OutboxStore` in memory."""

    def __init__(self) -> None:
        self._sent: dict[str, _Sent] = {}
        self._count = 0

    async def put(self, messages: Sequence[Message], now: datetime) -> int:
        """See `OutboxStore.put`."""
        new = 0
        for message in messages:
            if message.key not in self._sent:
                self._count += 1
                self._sent[message.key] = _Sent(self._count, message, now, now)
                new += 1
        return new

    def _waiting(self) -> list[_Sent]:
        return [one for one in self._sent.values() if one.done_at is None]

    async def claim(
        self,
        now: datetime,
        *,
        limit: int = 100,
        lease_s: float = 60,
        platforms: Sequence[str] = (),
        one_each: bool = False,
    ) -> tuple[Delivery, ...]:
        """See `OutboxStore.claim`."""
        held_up: set[tuple[str, str]] = set()
        chosen: list[_Sent] = []
        for one in self._waiting():
            channel = (one.message.workspace, one.message.channel)
            if one.next_try_at > now:
                held_up.add(channel)
            elif channel not in held_up and (not platforms or channel[0].split(":")[0] in platforms):
                chosen.append(one)
            if one_each:
                held_up.add(channel)
        for one in chosen[:limit]:
            one.next_try_at, one.tries = now + timedelta(seconds=lease_s), one.tries + 1
        return tuple(self._delivery(one) for one in chosen[:limit])

    def _delivery(self, sent: _Sent) -> Delivery:
        return Delivery(
            message=sent.message,
            tries=sent.tries,
            created_at=sent.created_at,
            reply_to=self._id_of(sent.message.thread_of),
            edit=self._id_of(sent.message.edits),
        )

    def _id_of(self, key: str | None) -> str | None:
        return self._sent[key].message_id if key in self._sent else None

    async def done(self, key: str, message_id: str, now: datetime) -> None:
        """See `OutboxStore.done`."""
        one = self._sent.get(key)
        if one is not None and one.done_at is None:
            one.done_at, one.message_id = now, message_id

    async def retry(self, keys: Sequence[str], at: datetime, why: str, *, tried: bool = True) -> None:
        """See `OutboxStore.retry`."""
        for one in self._held(keys):
            one.next_try_at, one.tries = at, one.tries if tried else one.tries - 1

    def _held(self, keys: Sequence[str]) -> list[_Sent]:
        return [self._sent[key] for key in keys if key in self._sent and self._sent[key].done_at is None]

    async def keep(self, keys: Sequence[str], lease: datetime, until: datetime) -> int:
        """See `OutboxStore.keep`."""
        held = [one for one in self._held(keys) if one.next_try_at == lease]
        for one in held:
            one.next_try_at = until
        return len(held)

    async def give_back(self, keys: Sequence[str], now: datetime) -> None:
        """See `OutboxStore.give_back`."""
        for one in self._held(keys):
            one.next_try_at, one.tries = now, one.tries - 1

    async def mend_times(self, now: datetime) -> int:
        """See `OutboxStore.mend_times`."""
        ahead = [one for one in self._waiting() if one.next_try_at > now + timedelta(hours=1)]
        for one in ahead:
            one.next_try_at = now
        return len(ahead)

    async def give_up(self, key: str, why: str, now: datetime) -> None:
        """See `OutboxStore.give_up`."""
        one = self._sent.get(key)
        if one is not None and one.done_at is None:
            one.done_at, one.gave_up = now, True

    async def expire(self, before: datetime, now: datetime) -> int:
        """See `OutboxStore.expire`."""
        old = [one for one in self._waiting() if one.created_at < before]
        for one in old:
            one.done_at, one.gave_up = now, True
        return len(old)

    async def message_id(self, key: str) -> str | None:
        """See `OutboxStore.message_id`."""
        return self._id_of(key)

    async def backlog(self, now: datetime) -> Backlog:
        """See `OutboxStore.backlog`."""
        waiting = self._waiting()
        oldest = min((one.created_at for one in waiting), default=now)
        lost = sum(one.gave_up for one in self._sent.values())
        return Backlog(len(waiting), max(0.0, (now - oldest).total_seconds()), lost)

    async def next_try_at(self) -> datetime | None:
        """See `OutboxStore.next_try_at`."""
        heads: dict[tuple[str, str], datetime] = {}
        for one in self._waiting():
            heads.setdefault((one.message.workspace, one.message.channel), one.next_try_at)
        return min(heads.values(), default=None)

    async def forget(self, before: datetime) -> int:
        """See `OutboxStore.forget`."""
        old = [key for key, one in self._sent.items() if one.done_at is not None and one.done_at < before]
        for key in old:
            del self._sent[key]
        return len(old)

    def forget_workspace(self, workspace: str) -> None:
        """Drop everything of a workspace."""
        self._sent = {key: one for key, one in self._sent.items() if one.message.workspace != workspace}
