"""Small things with a lifetime, in memory."""

from __future__ import annotations

from datetime import datetime, timedelta


class MemoryMemos:
    """`MemoStore` in memory."""

    def __init__(self) -> None:
        self._memos: dict[str, tuple[str, datetime]] = {}

    async def first(self, key: str, lifetime_s: float, now: datetime) -> bool:
        """See `MemoStore.first`."""
        if await self.get(key, now) is not None:
            return False
        await self.put(key, "", lifetime_s, now)
        return True

    async def put(self, key: str, value: str, lifetime_s: float, now: datetime) -> None:
        """See `MemoStore.put`."""
        self._memos[key] = (value, now + timedelta(seconds=lifetime_s))

    async def get(self, key: str, now: datetime) -> str | None:
        """See `MemoStore.get`."""
        value, ends_at = self._memos.get(key, ("", now))
        return value if ends_at > now else None
