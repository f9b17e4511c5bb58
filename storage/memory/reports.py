"""Scheduled reports, in memory."""

from __future__ import annotations

from datetime import datetime

from bot.model.request import Place
from bot.model.value import replace
from bot.watches.message import Message
from bot.watches.report import Report, ReportDraft
from storage.memory.audit import MemoryAudit
from storage.memory.numbers import Numbers
from storage.memory.outbox import MemoryOutbox


class MemoryReports:
    """`ReportStore` in memory."""

    def __init__(self, audit: MemoryAudit, numbers: Numbers, outbox: MemoryOutbox) -> None:
        self._audit, self._numbers, self._outbox = audit, numbers, outbox
        self._reports: dict[int, Report] = {}

    async def add(self, place: Place, draft: ReportDraft, *, person: str, now: datetime) -> Report:
        """See `ReportStore.add`."""
        report = Report(
            id=self._numbers.next_id(),
            number=self._numbers.next(place.workspace),
            workspace=place.workspace,
            channel=place.channel,
            cron=draft.cron,
            timezone=draft.timezone,
            targets=draft.targets,
            grace_s=draft.grace_s,
            created_at=now,
            created_by=person,
            next_at=draft.next_at,
        )
        self._reports[report.id] = report
        self._audit.write(report, person, "report add", now)
        return report

    async def of_channel(self, workspace: str, channel: str) -> tuple[Report, ...]:
        """See `ReportStore.of_channel`."""
        own = [one for one in self._reports.values() if (one.workspace, one.channel) == (workspace, channel)]
        return tuple(sorted(own, key=lambda report: report.number))

    async def by_id(self, report_id: int) -> Report | None:
        """See `ReportStore.by_id`."""
        return self._reports.get(report_id)

    def _own(self, report: Report) -> bool:
        return report.id in self._reports and self._reports[report.id].workspace == report.workspace

    async def change(self, report: Report, *, person: str, action: str, now: datetime) -> bool:
        """See `ReportStore.change`."""
        if not self._own(report):
            return False
        before = self._reports[report.id]
        self._reports[report.id] = replace(report, last_at=before.last_at, missed=before.missed)
        self._audit.write(report, person, action, now)
        return True

    async def remove(self, report: Report, *, person: str, now: datetime) -> bool:
        """See `ReportStore.remove`."""
        if not self._own(report):
            return False
        del self._reports[report.id]
        self._audit.write(report, person, "report remove", now)
        return True

    async def due(self, now: datetime, *, limit: int = 500) -> tuple[Report, ...]:
        """See `ReportStore.due`."""
        due = [
            (one.next_at, one.id)
            for one in self._reports.values()
            if one.next_at is not None and one.next_at <= now
        ]
        return tuple(self._reports[report_id] for _, report_id in sorted(due)[:limit])

    async def next_due_at(self) -> datetime | None:
        """See `ReportStore.next_due_at`."""
        times = [one.next_at for one in self._reports.values() if one.next_at is not None]
        return min(times, default=None)

    async def advance(self, before: Report, after: Report, message: Message | None, now: datetime) -> bool:
        """See `ReportStore.advance`."""
        stored = self._reports.get(before.id)
        if stored is None or stored.next_at is None or stored.next_at != before.next_at:
            return False
        self._reports[before.id] = replace(
            stored, next_at=after.next_at, last_at=after.last_at, missed=after.missed
        )
        if message is not None:
            await self._outbox.put([message], now)
        return True

    def forget(self, workspace: str) -> None:
        """Drop everything of a workspace."""
        self._reports = {key: one for key, one in self._reports.items() if one.workspace != workspace}
