"""Messages on their way: unique keys, claims by compare-and-set, order kept within a channel."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, and_, delete, exists, func, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.watches.message import Backlog, Delivery, Message
from storage.database import Database
from storage.encoding import dump
from storage.tables import OUTBOX

# Two senders that claim at once would share a channel's messages and send them out of order.
_CLAIM_LOCK = 0x4D50_4F42
# No pause between two tries is longer.
FURTHEST = timedelta(hours=1)


async def put_messages(
    database: Database, connection: AsyncConnection, messages: Sequence[Message], now: datetime
) -> int:
    """Put messages into the outbox within a transaction; those whose key exists are left out."""
    new = 0
    for message in messages:
        statement = database.insert(OUTBOX).values(
            key=message.key,
            workspace=message.workspace,
            channel=message.channel,
            type=message.type,
            payload=dump(message.payload),
            thread_of=message.thread_of,
            edits=message.edits,
            created_at=now,
            next_try_at=now,
            tries=0,
            gave_up=False,
        )
        statement = statement.on_conflict_do_nothing(index_elements=["key"]).returning(OUTBOX.c.id)
        new += (await connection.execute(statement)).first() is not None
    return new


class SqlOutbox:
    """`OutboxStore` in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, messages: Sequence[Message], now: datetime) -> int:
        """See `OutboxStore.put`."""
        async with self._database.write() as connection:
            return await put_messages(self._database, connection, messages, now)

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
        if not await self._anything(now):
            return ()
        async with self._database.write() as connection:
            if self._database.kind == "postgresql":
                await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _CLAIM_LOCK})
            ids = (await connection.execute(_sendable(now, limit, platforms, one_each))).scalars().all()
            if not ids:
                return ()
            lease = now + timedelta(seconds=lease_s)
            await connection.execute(
                update(OUTBOX).where(OUTBOX.c.id.in_(ids)).values(next_try_at=lease, tries=OUTBOX.c.tries + 1)
            )
            rows = (await connection.execute(_with_answered(ids))).all()
        return tuple(_delivery(row) for row in rows)

    async def _anything(self, now: datetime) -> bool:
        statement = select(OUTBOX.c.id).where(OUTBOX.c.done_at.is_(None), OUTBOX.c.next_try_at <= now)
        async with self._database.read() as connection:
            return (await connection.execute(statement.limit(1))).first() is not None

    async def done(self, key: str, message_id: str, now: datetime) -> None:
        """See `OutboxStore.done`."""
        async with self._database.write() as connection:
            await connection.execute(
                update(OUTBOX)
                .where(OUTBOX.c.key == key, OUTBOX.c.done_at.is_(None))
                .values(done_at=now, message_id=message_id[:200], problem=None)
            )

    async def retry(self, keys: Sequence[str], at: datetime, why: str, *, tried: bool = True) -> None:
        """See `OutboxStore.retry`."""
        tries = OUTBOX.c.tries if tried else OUTBOX.c.tries - 1
        async with self._database.write() as connection:
            await connection.execute(
                update(OUTBOX)
                .where(OUTBOX.c.key.in_(keys), OUTBOX.c.done_at.is_(None))
                .values(next_try_at=at, problem=why[:300], tries=tries)
            )

    async def keep(self, keys: Sequence[str], lease: datetime, until: datetime) -> int:
        """See `OutboxStore.keep`."""
        held = and_(OUTBOX.c.key.in_(keys), OUTBOX.c.done_at.is_(None), OUTBOX.c.next_try_at == lease)
        async with self._database.write() as connection:
            return (await connection.execute(update(OUTBOX).where(held).values(next_try_at=until))).rowcount

    async def give_back(self, keys: Sequence[str], now: datetime) -> None:
        """See `OutboxStore.give_back`."""
        waiting = and_(OUTBOX.c.key.in_(keys), OUTBOX.c.done_at.is_(None))
        values = {"next_try_at": now, "tries": OUTBOX.c.tries - 1}
        async with self._database.write() as connection:
            await connection.execute(update(OUTBOX).where(waiting).values(values))

    async def mend_times(self, now: datetime) -> int:
        """See `OutboxStore.mend_times`."""
        ahead = and_(OUTBOX.c.done_at.is_(None), OUTBOX.c.next_try_at > now + FURTHEST)
        async with self._database.write() as connection:
            return (await connection.execute(update(OUTBOX).where(ahead).values(next_try_at=now))).rowcount

    async def give_up(self, key: str, why: str, now: datetime) -> None:
        """See `OutboxStore.give_up`."""
        async with self._database.write() as connection:
            await connection.execute(
                update(OUTBOX)
                .where(OUTBOX.c.key == key, OUTBOX.c.done_at.is_(None))
                .values(done_at=now, gave_up=True, problem=why[:300])
            )

    async def expire(self, before: datetime, now: datetime) -> int:
        """See `OutboxStore.expire`."""
        old = and_(OUTBOX.c.done_at.is_(None), OUTBOX.c.created_at < before)
        values = {"done_at": now, "gave_up": True, "problem": "nobody took it in time"}
        async with self._database.write() as connection:
            return (await connection.execute(update(OUTBOX).where(old).values(values))).rowcount

    async def message_id(self, key: str) -> str | None:
        """See `OutboxStore.message_id`."""
        statement = select(OUTBOX.c.message_id).where(OUTBOX.c.key == key)
        async with self._database.read() as connection:
            found: str | None = (await connection.execute(statement)).scalar_one_or_none()
        return found

    async def backlog(self, now: datetime) -> Backlog:
        """See `OutboxStore.backlog`."""
        waiting = select(func.count(), func.min(OUTBOX.c.created_at)).where(OUTBOX.c.done_at.is_(None))
        given_up = select(func.count()).where(OUTBOX.c.gave_up)
        async with self._database.read() as connection:
            count, oldest = (await connection.execute(waiting)).one()
            lost = (await connection.execute(given_up)).scalar_one()
        age = max(0.0, (now - oldest).total_seconds()) if oldest else 0.0
        return Backlog(int(count), age, int(lost))

    async def next_try_at(self) -> datetime | None:
        """See `OutboxStore.next_try_at`."""
        # The oldest message of a channel decides: those behind it wait for it.
        statement = select(func.min(OUTBOX.c.next_try_at)).where(OUTBOX.c.done_at.is_(None), ~_earlier())
        async with self._database.read() as connection:
            found: datetime | None = (await connection.execute(statement)).scalar_one_or_none()
        return found

    async def forget(self, before: datetime) -> int:
        """See `OutboxStore.forget`."""
        async with self._database.write() as connection:
            return (await connection.execute(delete(OUTBOX).where(OUTBOX.c.done_at < before))).rowcount


def _earlier(waiting_at: datetime | None = None) -> Any:
    """Whether the channel has an older message that is not done (and may not be sent at that time)."""
    earlier = OUTBOX.alias("earlier")
    found = exists().where(
        earlier.c.workspace == OUTBOX.c.workspace,
        earlier.c.channel == OUTBOX.c.channel,
        earlier.c.done_at.is_(None),
        earlier.c.id < OUTBOX.c.id,
    )
    return found if waiting_at is None else found.where(earlier.c.next_try_at > waiting_at)


def _sendable(now: datetime, limit: int, platforms: Sequence[str], one_each: bool) -> Any:  # noqa: FBT001
    held_up = _earlier() if one_each else _earlier(waiting_at=now)
    statement = select(OUTBOX.c.id).where(OUTBOX.c.done_at.is_(None), OUTBOX.c.next_try_at <= now, ~held_up)
    if platforms:
        own = (
            or_(OUTBOX.c.workspace == name, OUTBOX.c.workspace.startswith(f"{name}:")) for name in platforms
        )
        statement = statement.where(or_(*own))
    return statement.order_by(OUTBOX.c.id).limit(limit)


def _with_answered(ids: Sequence[int]) -> Any:
    first, changed = OUTBOX.alias("first"), OUTBOX.alias("changed")
    return (
        select(OUTBOX, first.c.message_id.label("reply_to"), changed.c.message_id.label("edit"))
        .outerjoin(first, and_(first.c.key == OUTBOX.c.thread_of, first.c.workspace == OUTBOX.c.workspace))
        .outerjoin(changed, and_(changed.c.key == OUTBOX.c.edits, changed.c.workspace == OUTBOX.c.workspace))
        .where(OUTBOX.c.id.in_(ids))
        .order_by(OUTBOX.c.id)
    )


def _delivery(row: Row[Any]) -> Delivery:
    message = Message(
        key=row.key,
        workspace=row.workspace,
        channel=row.channel,
        type=row.type,
        payload=json.loads(row.payload),
        thread_of=row.thread_of,
        edits=row.edits,
    )
    return Delivery(
        message=message, tries=row.tries, created_at=row.created_at, reply_to=row.reply_to, edit=row.edit
    )
