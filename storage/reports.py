"""Scheduled reports."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, func, insert, select, update

from bot.model.request import Place
from bot.watches.message import Message
from bot.watches.report import Report, ReportDraft
from storage.audit import next_number, write_audit
from storage.database import Database
from storage.encoding import decode_moments, dump, encode_moments
from storage.outbox import put_messages
from storage.tables import REPORT


class SqlReports:
    """`ReportStore` in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, place: Place, draft: ReportDraft, *, person: str, now: datetime) -> Report:
        """See `ReportStore.add`."""
        async with self._database.write() as connection:
            number = await next_number(self._database, connection, place.workspace)
            row = {
                "workspace": place.workspace,
                "number": number,
                "channel": place.channel,
                "cron": draft.cron,
                "timezone": draft.timezone,
                "targets": dump(draft.targets),
                "grace_s": draft.grace_s,
                "next_at": draft.next_at,
                "missed": "[]",
                "created_at": now,
                "created_by": person,
            }
            added = (await connection.execute(insert(REPORT).values(**row).returning(REPORT))).one()
            await write_audit(
                connection,
                at=now,
                workspace=place.workspace,
                channel=place.channel,
                person=person,
                action="report add",
                subject=f"#{number} {draft.cron} {draft.timezone}",
            )
        return _report(added)

    async def of_channel(self, workspace: str, channel: str) -> tuple[Report, ...]:
        """See `ReportStore.of_channel`."""
        statement = (
            select(REPORT)
            .where(REPORT.c.workspace == workspace, REPORT.c.channel == channel)
            .order_by(REPORT.c.number)
        )
        async with self._database.read() as connection:
            rows = (await connection.execute(statement)).all()
        return tuple(_report(row) for row in rows)

    async def by_id(self, report_id: int) -> Report | None:
        """See `ReportStore.by_id`."""
        async with self._database.read() as connection:
            row = (await connection.execute(select(REPORT).where(REPORT.c.id == report_id))).one_or_none()
        return None if row is None else _report(row)

    async def change(self, report: Report, *, person: str, action: str, now: datetime) -> bool:
        """See `ReportStore.change`."""
        async with self._database.write() as connection:
            done = await connection.execute(
                update(REPORT)
                .where(REPORT.c.id == report.id, REPORT.c.workspace == report.workspace)
                .values(
                    cron=report.cron,
                    timezone=report.timezone,
                    targets=dump(report.targets),
                    next_at=report.next_at,
                    grace_s=report.grace_s,
                )
            )
            if done.rowcount:
                await _audit(connection, report, person, action, now)
        return bool(done.rowcount)

    async def remove(self, report: Report, *, person: str, now: datetime) -> bool:
        """See `ReportStore.remove`."""
        async with self._database.write() as connection:
            done = await connection.execute(
                delete(REPORT).where(REPORT.c.id == report.id, REPORT.c.workspace == report.workspace)
            )
            if done.rowcount:
                await _audit(connection, report, person, "report remove", now)
        return bool(done.rowcount)

    async def due(self, now: datetime, *, limit: int = 500) -> tuple[Report, ...]:
        """See `ReportStore.due`."""
        statement = select(REPORT).where(REPORT.c.next_at <= now).order_by(REPORT.c.next_at, REPORT.c.id)
        async with self._database.read() as connection:
            rows = (await connection.execute(statement.limit(limit))).all()
        return tuple(_report(row) for row in rows)

    async def next_due_at(self) -> datetime | None:
        """See `ReportStore.next_due_at`."""
        async with self._database.read() as connection:
            found: datetime | None = (
                await connection.execute(select(func.min(REPORT.c.next_at)))
            ).scalar_one_or_none()
        return found

    async def advance(self, before: Report, after: Report, message: Message | None, now: datetime) -> bool:
        """See `ReportStore.advance`."""
        async with self._database.write() as connection:
            done = await connection.execute(
                update(REPORT)
                .where(REPORT.c.id == before.id, REPORT.c.next_at == before.next_at)
                .values(next_at=after.next_at, last_at=after.last_at, missed=encode_moments(after.missed))
            )
            if done.rowcount and message is not None:
                await put_messages(self._database, connection, [message], now)
        return bool(done.rowcount)


async def _audit(connection: Any, report: Report, person: str, action: str, now: datetime) -> None:
    await write_audit(
        connection,
        at=now,
        workspace=report.workspace,
        channel=report.channel,
        person=person,
        action=action,
        subject=f"#{report.number} {report.cron} {report.timezone}",
    )


def _report(row: Row[Any]) -> Report:
    return Report(
        id=row.id,
        number=row.number,
        workspace=row.workspace,
        channel=row.channel,
        cron=row.cron,
        timezone=row.timezone,
        targets=tuple(json.loads(row.targets)),
        grace_s=row.grace_s,
        created_at=row.created_at,
        created_by=row.created_by,
        next_at=row.next_at,
        last_at=row.last_at,
        missed=decode_moments(row.missed),
    )
