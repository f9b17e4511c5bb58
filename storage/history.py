"""Runs, hours, days and incidents.

A run takes about 16 bytes: the table has no rowid in SQLite and is ordered by watch and time, so that
a month of one watch lies together. Hours and days are made of runs by the database itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Row, Table, delete, func, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.verdict import Word
from bot.watches.alert import Turn
from bot.watches.history import Bucket, Grain, Incident
from bot.watches.observation import Point
from storage.database import Database
from storage.tables import INCIDENT, PROBE, PROBE_DAY, PROBE_HOUR, PROGRESS, WATCH

WORDS: tuple[Word, ...] = ("pass", "warn", "fail", "unknown")
KEEP_RUNS = timedelta(days=90)
KEEP_RUNS_OF_MANY = timedelta(hours=48)
MANY_WATCHES = 1000
KEEP_HOURS = timedelta(days=90)
# Runs are stored at their end under the time of their start.
LATENESS = timedelta(minutes=10)
_CHUNK = 1000
_SECONDS: dict[Grain, int] = {"hour": 3600, "day": 86400}
_TABLES: dict[Grain, Table] = {"hour": PROBE_HOUR, "day": PROBE_DAY}

# Percentiles by nearest rank, so that a median is a time that was measured. Runs without a time sort last.
_AGGREGATE = """
WITH ranked AS (
  SELECT probe.watch_id, probe.at / {grain} * {grain} AS start, probe.word, probe.ms10,
    row_number() OVER (PARTITION BY probe.watch_id, probe.at / {grain}
                       ORDER BY CASE WHEN probe.ms10 IS NULL THEN 1 ELSE 0 END, probe.ms10) AS place,
    count(probe.ms10) OVER (PARTITION BY probe.watch_id, probe.at / {grain}) AS timed
  FROM watch JOIN probe ON probe.watch_id = watch.id AND probe.at >= :since AND probe.at < :until
  WHERE watch.id >= :low AND watch.id <= :high
)
SELECT watch_id, start,
  sum(CASE WHEN word = 0 THEN 1 ELSE 0 END) AS up, sum(CASE WHEN word = 1 THEN 1 ELSE 0 END) AS warn,
  sum(CASE WHEN word = 2 THEN 1 ELSE 0 END) AS down, sum(CASE WHEN word = 3 THEN 1 ELSE 0 END) AS unknown,
  max(CASE WHEN place = (timed + 1) / 2 THEN ms10 END) AS median10,
  max(CASE WHEN place = (timed * 95 + 99) / 100 THEN ms10 END) AS p9510
FROM ranked GROUP BY watch_id, start
"""


async def write_turn(database: Database, connection: AsyncConnection, watch_id: int, turn: Turn) -> None:
    """Open or end an incident within a transaction."""
    if turn.to == "down":
        statement = database.insert(INCIDENT).values(
            watch_id=watch_id, began_at=turn.at, reason=turn.reason[:120]
        )
        await connection.execute(statement.on_conflict_do_nothing())
        return
    await connection.execute(
        update(INCIDENT)
        .where(INCIDENT.c.watch_id == watch_id, INCIDENT.c.ended_at.is_(None))
        .values(ended_at=turn.at)
    )


class SqlHistory:
    """`HistoryStore` in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def points(
        self, workspace: str, watch_id: int, since: datetime, until: datetime
    ) -> tuple[Point, ...]:
        """See `HistoryStore.points`."""
        statement = (
            select(PROBE.c.at, PROBE.c.word, PROBE.c.ms10)
            .join(WATCH, WATCH.c.id == PROBE.c.watch_id)
            .where(
                WATCH.c.workspace == workspace,
                PROBE.c.watch_id == watch_id,
                PROBE.c.at >= since.timestamp(),
                PROBE.c.at < until.timestamp(),
            )
            .order_by(PROBE.c.at)
        )
        async with self._database.read() as connection:
            rows = (await connection.execute(statement)).all()
        return tuple(Point(_moment(row.at), WORDS[row.word], _ms(row.ms10)) for row in rows)

    async def buckets(
        self, workspace: str, watch_id: int, grain: Grain, since: datetime, until: datetime
    ) -> tuple[Bucket, ...]:
        """See `HistoryStore.buckets`."""
        async with self._database.read() as connection:
            if not await _belongs(connection, workspace, watch_id):
                return ()
            rolled = await _progress(connection, grain)
            table = _TABLES[grain]
            statement = (
                select(table)
                .where(
                    table.c.watch_id == watch_id,
                    table.c.at >= since.timestamp(),
                    table.c.at < min(until.timestamp(), rolled),
                )
                .order_by(table.c.at)
            )
            rows = list((await connection.execute(statement)).all())
            fresh = await _aggregate(
                connection,
                grain,
                max(int(since.timestamp()), rolled),
                int(until.timestamp()),
                watch_id,
                watch_id,
            )
        done = [_bucket(row, row.at) for row in rows]
        return (*done, *(_bucket(row, row.start) for row in sorted(fresh, key=lambda row: row.start)))

    async def incidents(
        self, workspace: str, watch_ids: Sequence[int], since: datetime, until: datetime
    ) -> tuple[Incident, ...]:
        """See `HistoryStore.incidents`."""
        table = INCIDENT.c
        statement = (
            select(INCIDENT)
            .join(WATCH, WATCH.c.id == table.watch_id)
            .where(
                WATCH.c.workspace == workspace,
                table.watch_id.in_(watch_ids),
                table.began_at < until,
                or_(table.ended_at.is_(None), table.ended_at > since),
            )
            .order_by(table.began_at, table.watch_id)
        )
        async with self._database.read() as connection:
            rows = (await connection.execute(statement)).all()
        return tuple(
            Incident(watch_id=row.watch_id, began_at=row.began_at, ended_at=row.ended_at, reason=row.reason)
            for row in rows
        )

    async def roll_up(self, now: datetime) -> int:
        """See `HistoryStore.roll_up`."""
        async with self._database.read() as connection:
            ids = list((await connection.execute(select(WATCH.c.id).order_by(WATCH.c.id))).scalars())
        for grain in ("hour", "day"):
            await self._roll_up_grain(grain, now, ids)
        keep = KEEP_RUNS if len(ids) <= MANY_WATCHES else KEEP_RUNS_OF_MANY
        dropped = await self._drop(PROBE, int((now - keep).timestamp()), ids)
        dropped += await self._drop(PROBE_HOUR, int((now - KEEP_HOURS).timestamp()), ids)
        if dropped and self._database.kind == "sqlite":
            async with self._database.write() as connection:
                await connection.exec_driver_sql("PRAGMA incremental_vacuum(2000)")
        return dropped

    async def _roll_up_grain(self, grain: Grain, now: datetime, ids: Sequence[int]) -> None:
        seconds = _SECONDS[grain]
        until = int((now - LATENESS).timestamp()) // seconds * seconds
        async with self._database.read() as connection:
            since = await _progress(connection, grain)
        if until <= since:
            return
        for chunk in _chunks(ids):
            async with self._database.write() as connection:
                made = await _aggregate(connection, grain, since, until, chunk[0], chunk[-1])
                await self._store(connection, _TABLES[grain], made)
        progress = {"value": until}
        statement = self._database.insert(PROGRESS).values(name=grain, **progress)
        async with self._database.write() as connection:
            await connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_=progress))

    async def _store(self, connection: AsyncConnection, table: Table, made: Sequence[Row[Any]]) -> None:
        if not made:
            return
        names = ("watch_id", "up", "warn", "down", "unknown", "median10", "p9510")
        rows = [
            {"at": int(row.start), **{name: _whole(getattr(row, name)) for name in names}} for row in made
        ]
        # Rolled up twice by two processes: the same runs give the same row.
        await connection.execute(self._database.insert(table).on_conflict_do_nothing(), rows)

    async def _drop(self, table: Table, before: int, ids: Sequence[int]) -> int:
        dropped = 0
        for chunk in _chunks(ids):
            async with self._database.write() as connection:
                done = await connection.execute(
                    delete(table).where(table.c.watch_id.in_(chunk), table.c.at < before)
                )
                dropped += done.rowcount
        return dropped


def _chunks(ids: Sequence[int]) -> list[Sequence[int]]:
    return [ids[start : start + _CHUNK] for start in range(0, len(ids), _CHUNK)]


async def _belongs(connection: AsyncConnection, workspace: str, watch_id: int) -> bool:
    statement = select(func.count()).where(WATCH.c.id == watch_id, WATCH.c.workspace == workspace)
    return bool((await connection.execute(statement)).scalar_one())


async def _progress(connection: AsyncConnection, grain: Grain) -> int:
    statement = select(PROGRESS.c.value).where(PROGRESS.c.name == grain)
    return int((await connection.execute(statement)).scalar_one_or_none() or 0)


async def _aggregate(
    connection: AsyncConnection, grain: Grain, since: int, until: int, low: int, high: int
) -> Sequence[Row[Any]]:
    statement = text(_AGGREGATE.format(grain=_SECONDS[grain]))
    values = {"since": since, "until": until, "low": low, "high": high}
    return (await connection.execute(statement, values)).all()


def _whole(value: Any) -> int | None:
    return None if value is None else int(value)


def _ms(value: int | None) -> float | None:
    return None if value is None else value / 10


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(int(seconds), UTC)


def _bucket(row: Row[Any], start: int) -> Bucket:
    return Bucket(
        at=_moment(start),
        up=int(row.up),
        warn=int(row.warn),
        down=int(row.down),
        unknown=int(row.unknown),
        median_ms=_ms(row.median10),
        p95_ms=_ms(row.p9510),
    )
