"""Who changed what, and the short numbers: what every changing store writes along."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.watches.history import AuditEntry
from storage.database import Database
from storage.tables import AUDIT, COUNTER


async def write_audit(
    connection: AsyncConnection,
    *,
    at: datetime,
    workspace: str,
    channel: str,
    person: str,
    action: str,
    subject: str,
) -> None:
    """Add an entry within a transaction."""
    row = {"at": at, "workspace": workspace, "channel": channel, "person": person}
    await connection.execute(insert(AUDIT).values(**row, action=action, subject=subject[:400]))


async def next_number(database: Database, connection: AsyncConnection, workspace: str) -> int:
    """The next short number of the workspace; never given twice, even after a removal."""
    statement = database.insert(COUNTER).values(workspace=workspace, last=1)
    statement = statement.on_conflict_do_update(
        index_elements=[COUNTER.c.workspace], set_={"last": COUNTER.c.last + 1}
    ).returning(COUNTER.c.last)
    return int((await connection.execute(statement)).scalar_one())


class SqlAudit:
    """`AuditStore` in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, entry: AuditEntry) -> None:
        """See `AuditStore.add`."""
        async with self._database.write() as connection:
            await write_audit(
                connection,
                at=entry.at,
                workspace=entry.workspace,
                channel=entry.channel,
                person=entry.person,
                action=entry.action,
                subject=entry.subject,
            )

    async def latest(self, workspace: str, *, limit: int = 20) -> tuple[AuditEntry, ...]:
        """See `AuditStore.latest`."""
        statement = (
            select(AUDIT).where(AUDIT.c.workspace == workspace).order_by(AUDIT.c.id.desc()).limit(limit)
        )
        async with self._database.read() as connection:
            rows = (await connection.execute(statement)).all()
        return tuple(
            AuditEntry(
                at=row.at,
                workspace=row.workspace,
                channel=row.channel,
                person=row.person,
                action=row.action,
                subject=row.subject,
            )
            for row in rows
        )
