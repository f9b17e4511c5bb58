"""Who changed what, in memory."""

from __future__ import annotations

from datetime import datetime

from bot.watches.history import AuditEntry
from bot.watches.report import Report
from bot.watches.watch import Watch


class MemoryAudit:
    """`AuditStore` in memory."""

    def __init__(self) -> None:
        self._entries: list[AuditEntry] = []

    async def add(self, entry: AuditEntry) -> None:
        """See `AuditStore.add`."""
        self._entries.append(entry)

    async def latest(self, workspace: str, *, limit: int = 20) -> tuple[AuditEntry, ...]:
        """See `AuditStore.latest`."""
        return tuple([entry for entry in reversed(self._entries) if entry.workspace == workspace][:limit])

    def write(self, thing: Watch | Report, person: str, action: str, now: datetime) -> None:
        """An entry about a watch or a report."""
        what = thing.target if isinstance(thing, Watch) else f"{thing.cron} {thing.timezone}"
        self._entries.append(
            AuditEntry(
                at=now,
                workspace=thing.workspace,
                channel=thing.channel,
                person=person,
                action=action,
                subject=f"#{thing.number} {what}",
            )
        )

    def forget(self, workspace: str) -> None:
        """Drop everything of a workspace."""
        self._entries = [entry for entry in self._entries if entry.workspace != workspace]
