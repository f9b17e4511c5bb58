"""All stores in memory, put together."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from bot.watches.stores import Stores
from storage.memory.audit import MemoryAudit
from storage.memory.channels import MemoryChannels
from storage.memory.history import MemoryHistory
from storage.memory.memos import MemoryMemos
from storage.memory.numbers import Numbers
from storage.memory.outbox import MemoryOutbox
from storage.memory.reports import MemoryReports
from storage.memory.watches import MemoryWatches
from storage.memory.workers import MemoryWorkers


def memory_stores(now: Callable[[], datetime] | None = None) -> Stores:
    """Fresh, empty stores."""
    clock = now or (lambda: datetime.now(UTC))
    audit = MemoryAudit()
    numbers = Numbers()
    channels = MemoryChannels(audit, clock)
    outbox = MemoryOutbox()
    history = MemoryHistory()
    watches = MemoryWatches(audit, numbers, channels, outbox, history)
    history.workspace_of = watches.workspace_of
    reports = MemoryReports(audit, numbers, outbox)

    async def nothing() -> None:
        return None

    async def forget_workspace(workspace: str) -> None:
        for watch in await watches.of_workspace(workspace):
            watches.drop(watch.id)
        reports.forget(workspace)
        outbox.forget_workspace(workspace)
        channels.forget(workspace)
        audit.forget(workspace)

    return Stores(
        channels=channels,
        watches=watches,
        reports=reports,
        history=history,
        outbox=outbox,
        audit=audit,
        memos=MemoryMemos(),
        workers=MemoryWorkers(),
        ping=nothing,
        forget_workspace=forget_workspace,
        close=nothing,
    )
