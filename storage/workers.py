"""Heartbeats, and leases on what only one process may hold."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select

from bot.watches.history import Worker
from storage.database import Database
from storage.tables import LEASE, WORKER


class SqlWorkers:
    """`WorkerStore` in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def beat(self, worker: Worker) -> None:
        """See `WorkerStore.beat`."""
        row = {
            "vantage": worker.vantage,
            "beat_at": worker.beat_at,
            "started_at": worker.started_at,
            "uplink_lost_since": worker.uplink_lost_since,
        }
        statement = self._database.insert(WORKER).values(name=worker.name, **row)
        async with self._database.write() as connection:
            await connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_=row))

    async def alive(self, since: datetime) -> tuple[Worker, ...]:
        """See `WorkerStore.alive`."""
        statement = select(WORKER).where(WORKER.c.beat_at >= since).order_by(WORKER.c.name)
        async with self._database.read() as connection:
            rows = (await connection.execute(statement)).all()
        return tuple(
            Worker(
                name=row.name,
                vantage=row.vantage,
                beat_at=row.beat_at,
                started_at=row.started_at,
                uplink_lost_since=row.uplink_lost_since,
            )
            for row in rows
        )

    async def leave(self, name: str) -> None:
        """See `WorkerStore.leave`."""
        async with self._database.write() as connection:
            await connection.execute(delete(WORKER).where(WORKER.c.name == name))

    async def hold(self, lease: str, owner: str, now: datetime, *, lease_s: float = 30) -> bool:
        """See `WorkerStore.hold`."""
        row = {"owner": owner, "until": now + timedelta(seconds=lease_s)}
        statement = self._database.insert(LEASE).values(name=lease, **row)
        statement = statement.on_conflict_do_update(
            index_elements=["name"], set_=row, where=or_(LEASE.c.owner == owner, LEASE.c.until <= now)
        ).returning(LEASE.c.name)
        async with self._database.write() as connection:
            return (await connection.execute(statement)).first() is not None

    async def release(self, lease: str, owner: str) -> None:
        """See `WorkerStore.release`."""
        async with self._database.write() as connection:
            await connection.execute(delete(LEASE).where(LEASE.c.name == lease, LEASE.c.owner == owner))
