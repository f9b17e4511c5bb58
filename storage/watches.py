"""Watches, their states, and which are due."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Row,
    and_,
    delete,
    func,
    insert,
    or_,
    select,
    type_coerce,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.request import Place
from bot.watches.alert import AlertState
from bot.watches.message import Message
from bot.watches.watch import Draft, Watch, first_due, shard_of
from bot.watches.watch_store import Claimed, Recorded
from storage.audit import next_number, write_audit
from storage.database import Database
from storage.encoding import decode_state, dump, encode_state, to_millis
from storage.outbox import put_messages
from storage.tables import WATCH, WATCH_STATE
from storage.watch_rows import WATCH_WITH_DUE, changeable, claimed_rows, read_claimed, read_watch
from storage.watch_runs import still_current, write_runs


class SqlWatches:
    """`WatchStore` in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(
        self, place: Place, drafts: Sequence[Draft], *, person: str, now: datetime
    ) -> tuple[Watch, ...]:
        """See `WatchStore.add`."""
        added: list[Watch] = []
        async with self._database.write() as connection:
            known = await _watched(connection, place)
            for draft in drafts:
                if (draft.target, draft.vantage) in known:
                    continue
                known.add((draft.target, draft.vantage))
                added.append(await self._add_one(connection, place, draft, person, now))
        return tuple(added)

    async def _add_one(
        self, connection: AsyncConnection, place: Place, draft: Draft, person: str, now: datetime
    ) -> Watch:
        number = await next_number(self._database, connection, place.workspace)
        row = {
            "workspace": place.workspace,
            "number": number,
            "channel": place.channel,
            "target": draft.target,
            "kind": draft.kind,
            "vantage": draft.vantage,
            "interval_s": draft.interval_s,
            "failures": draft.failures,
            "recoveries": draft.recoveries,
            "reminder_s": draft.reminder_s,
            "certificate_days": dump(draft.certificate_days),
            "ignored": dump(draft.ignored),
            "windows": "[]",
            "created_at": now,
            "created_by": person,
        }
        added = (await connection.execute(insert(WATCH).values(**row).returning(WATCH))).one()
        due = first_due(f"{place.workspace}/{number}", draft.interval_s, now)
        await connection.execute(
            insert(WATCH_STATE).values(
                watch_id=added.id,
                vantage=draft.vantage,
                shard=shard_of(draft.target),
                next_due=due,
                revision=0,
                state=encode_state(AlertState()),
            )
        )
        watch = read_watch(added, due)
        await _audit(connection, watch, person, "watch add", now)
        return watch

    async def of_channel(self, workspace: str, channel: str) -> tuple[Watch, ...]:
        """See `WatchStore.of_channel`."""
        return await self._select(WATCH.c.workspace == workspace, WATCH.c.channel == channel)

    async def of_workspace(self, workspace: str) -> tuple[Watch, ...]:
        """See `WatchStore.of_workspace`."""
        return await self._select(WATCH.c.workspace == workspace)

    async def _select(self, *conditions: Any) -> tuple[Watch, ...]:
        statement = WATCH_WITH_DUE.where(*conditions).order_by(WATCH.c.number)
        async with self._database.read() as connection:
            rows = (await connection.execute(statement)).all()
        return tuple(read_watch(row, row.next_due) for row in rows)

    async def change(self, watch: Watch, *, person: str, action: str, now: datetime) -> bool:
        """See `WatchStore.change`."""
        own = and_(WATCH.c.id == watch.id, WATCH.c.workspace == watch.workspace)
        async with self._database.write() as connection:
            before = (
                await connection.execute(select(WATCH.c.interval_s).where(own).with_for_update())
            ).first()
            if before is None:
                return False
            await connection.execute(update(WATCH).where(own).values(**changeable(watch)))
            await _reschedule(connection, watch, sooner=watch.interval_s < before.interval_s)
            await _audit(connection, watch, person, action, now)
        return True

    async def remove(self, watch: Watch, *, person: str, now: datetime) -> bool:
        """See `WatchStore.remove`."""
        async with self._database.write() as connection:
            done = await connection.execute(
                delete(WATCH).where(WATCH.c.id == watch.id, WATCH.c.workspace == watch.workspace)
            )
            if done.rowcount:
                await _audit(connection, watch, person, "watch remove", now)
        return bool(done.rowcount)

    async def states(self, workspace: str, watch_ids: Sequence[int]) -> Mapping[int, AlertState]:
        """See `WatchStore.states`."""
        rows = await self._of_states(workspace, watch_ids, WATCH_STATE.c.state)
        return {row.id: decode_state(row.state) for row in rows}

    async def digests(self, workspace: str, watch_ids: Sequence[int]) -> Mapping[int, Mapping[str, Any]]:
        """See `WatchStore.digests`."""
        rows = await self._of_states(workspace, watch_ids, WATCH_STATE.c.digest)
        return {row.id: json.loads(row.digest) for row in rows if row.digest is not None}

    async def _of_states(self, workspace: str, ids: Sequence[int], column: Any) -> Sequence[Row[Any]]:
        statement = (
            select(WATCH.c.id, column)
            .join(WATCH_STATE, WATCH_STATE.c.watch_id == WATCH.c.id)
            .where(WATCH.c.workspace == workspace, WATCH.c.id.in_(ids))
        )
        async with self._database.read() as connection:
            return (await connection.execute(statement)).all()

    async def due_shards(self, now: datetime) -> tuple[tuple[str, int, int], ...]:
        """See `WatchStore.due_shards`."""
        table = WATCH_STATE.c
        statement = (
            select(table.vantage, table.shard, func.count().label("due"))
            .where(table.next_due <= now)
            .group_by(table.vantage, table.shard)
            .order_by(table.vantage, table.shard)
        )
        async with self._database.read() as connection:
            rows = (await connection.execute(statement)).all()
        return tuple((row.vantage, int(row.shard), int(row.due)) for row in rows)

    async def claim_due(
        self,
        vantage: str,
        now: datetime,
        *,
        shards: Collection[int] | None = None,
        limit: int = 200,
        lease_s: float = 300,
    ) -> tuple[Claimed, ...]:
        """See `WatchStore.claim_due`."""
        table = WATCH_STATE.c
        due = select(table.watch_id).where(table.vantage == vantage, table.next_due <= now)
        if shards is not None:
            due = due.where(table.shard.in_(shards))
        due = due.order_by(table.next_due).limit(limit).with_for_update(skip_locked=True)
        async with self._database.write() as connection:
            ids = (await connection.execute(due)).scalars().all()
            if not ids:
                return ()
            await connection.execute(
                update(WATCH_STATE)
                .where(table.watch_id.in_(ids))
                .values(next_due=now + timedelta(seconds=lease_s), revision=table.revision + 1)
            )
            rows = (await connection.execute(claimed_rows(ids))).all()
        return tuple(read_claimed(row) for row in rows)

    async def keep(self, watch_ids: Sequence[int], lease: datetime, until: datetime) -> None:
        """See `WatchStore.keep`."""
        table = WATCH_STATE.c
        held = and_(table.watch_id.in_(watch_ids), table.next_due == lease)
        async with self._database.write() as connection:
            await connection.execute(update(WATCH_STATE).where(held).values(next_due=until))

    async def hurry(self, watch_ids: Sequence[int], now: datetime) -> None:
        """See `WatchStore.hurry`."""
        table = WATCH_STATE.c
        later = and_(table.watch_id.in_(watch_ids), table.next_due > now)
        async with self._database.write() as connection:
            await connection.execute(update(WATCH_STATE).where(later).values(next_due=now))

    async def record(
        self,
        recorded: Sequence[Recorded],
        messages: Sequence[Message],
        now: datetime,
        *,
        whole: bool = False,
    ) -> int:
        """See `WatchStore.record`."""
        async with self._database.write() as connection:
            current = await still_current(connection, recorded)
            if whole and len(current) < len(recorded):
                return 0
            if current:
                await write_runs(self._database, connection, current)
            if current or not recorded:
                await put_messages(self._database, connection, messages, now)
        return len(current)

    async def next_due_at(self, vantage: str) -> datetime | None:
        """See `WatchStore.next_due_at`."""
        statement = select(func.min(WATCH_STATE.c.next_due)).where(WATCH_STATE.c.vantage == vantage)
        async with self._database.read() as connection:
            found: datetime | None = (await connection.execute(statement)).scalar_one_or_none()
        return found

    async def vantages(self) -> Mapping[str, int]:
        """See `WatchStore.vantages`."""
        statement = select(WATCH.c.vantage, func.count().label("watches")).group_by(WATCH.c.vantage)
        async with self._database.read() as connection:
            rows = (await connection.execute(statement)).all()
        return {row.vantage: int(row.watches) for row in rows}

    async def of_vantage(self, vantage: str) -> tuple[Watch, ...]:
        """See `WatchStore.of_vantage`."""
        return await self._select(WATCH.c.vantage == vantage, WATCH_STATE.c.next_due.is_not(None))

    async def mend_times(self, now: datetime) -> int:
        """See `WatchStore.mend_times`."""
        # The grid puts the next run at most 1.5 intervals ahead (`bot.watches.watch.next_due`).
        furthest = to_millis(now) + 60_000 + 2_000 * WATCH.c.interval_s
        ahead = (
            select(WATCH_STATE.c.watch_id)
            .join(WATCH, WATCH.c.id == WATCH_STATE.c.watch_id)
            .where(type_coerce(WATCH_STATE.c.next_due, BigInteger) > furthest)
        )
        statement = update(WATCH_STATE).where(WATCH_STATE.c.watch_id.in_(ahead)).values(next_due=now)
        async with self._database.write() as connection:
            return (await connection.execute(statement)).rowcount


async def _watched(connection: AsyncConnection, place: Place) -> set[tuple[str, str]]:
    statement = select(WATCH.c.target, WATCH.c.vantage).where(
        WATCH.c.workspace == place.workspace, WATCH.c.channel == place.channel
    )
    return {(row.target, row.vantage) for row in await connection.execute(statement)}


async def _audit(connection: AsyncConnection, watch: Watch, person: str, action: str, now: datetime) -> None:
    await write_audit(
        connection,
        at=now,
        workspace=watch.workspace,
        channel=watch.channel,
        person=person,
        action=action,
        subject=f"#{watch.number} {watch.target}",
    )


async def _reschedule(connection: AsyncConnection, watch: Watch, *, sooner: bool) -> None:
    table = WATCH_STATE
    of_watch = table.c.watch_id == watch.id
    if watch.next_due is None:
        await connection.execute(update(table).where(of_watch).values(next_due=None))
        return
    # A time that stands is left alone: it may be the lease of a check that is running.
    free: ColumnElement[bool] = table.c.next_due.is_(None)
    if sooner:
        free = or_(free, table.c.next_due > watch.next_due)
    await connection.execute(update(table).where(of_watch, free).values(next_due=watch.next_due))
