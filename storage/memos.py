"""Small things with a lifetime."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, select

from storage.database import Database
from storage.tables import MEMO


class SqlMemos:
    """`MemoStore` in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def first(self, key: str, lifetime_s: float, now: datetime) -> bool:
        """See `MemoStore.first`."""
        ends_at = now + timedelta(seconds=lifetime_s)
        statement = self._database.insert(MEMO).values(key=key, value="", ends_at=ends_at)
        # Inserted, or taken over from one whose time is past; otherwise no row comes back.
        statement = statement.on_conflict_do_update(
            index_elements=["key"], set_={"value": "", "ends_at": ends_at}, where=MEMO.c.ends_at <= now
        ).returning(MEMO.c.key)
        async with self._database.write() as connection:
            fresh = (await connection.execute(statement)).first() is not None
            await connection.execute(delete(MEMO).where(MEMO.c.ends_at <= now, MEMO.c.key != key))
        return fresh

    async def put(self, key: str, value: str, lifetime_s: float, now: datetime) -> None:
        """See `MemoStore.put`."""
        row = {"value": value, "ends_at": now + timedelta(seconds=lifetime_s)}
        statement = self._database.insert(MEMO).values(key=key, **row)
        async with self._database.write() as connection:
            await connection.execute(statement.on_conflict_do_update(index_elements=["key"], set_=row))

    async def get(self, key: str, now: datetime) -> str | None:
        """See `MemoStore.get`."""
        statement = select(MEMO.c.value).where(MEMO.c.key == key, MEMO.c.ends_at > now)
        async with self._database.read() as connection:
            value: str | None = (await connection.execute(statement)).scalar_one_or_none()
        return value
