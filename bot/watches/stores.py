"""What is remembered between requests, as protocols; `storage/` implements them twice (SQL and memory).

Rules that hold for every store:

- Every call is one transaction. `Unavailable("database-unavailable", why=...)` when it cannot be done;
  then nothing of it was done.
- Whoever asks for a person names the workspace; what belongs to another workspace does not exist.
- What people change (a watch) and what checks change (its state) are different rows: a check that
  ends while somebody mutes its watch overwrites nothing.
- Claims are made by compare-and-set and end by themselves: a process that dies loses its claims to
  the next one that asks.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from bot.model.request import Place
from bot.model.value import frozen
from bot.watches.history import AuditEntry, Bucket, Grain, Incident, Worker
from bot.watches.message import Message
from bot.watches.observation import Point
from bot.watches.outbox_store import OutboxStore
from bot.watches.report import Report, ReportDraft
from bot.watches.watch_store import WatchStore


class ChannelStore(Protocol):
    """Settings of channels."""

    async def settings_of(self, place: Place) -> Mapping[str, str]:
        """The channel's settings by name ("language", "timezone", "alerts"); empty when none were made."""
        ...

    async def settings_by_id(self, workspace: str, channel: str) -> Mapping[str, str]:
        """The same for a channel that no request came from (alerts, reports)."""
        ...

    async def set_setting(self, place: Place, name: str, value: str, *, person: str) -> None:
        """Store one setting and the audit entry of it, in one transaction."""
        ...


class ReportStore(Protocol):
    """Scheduled reports."""

    async def add(self, place: Place, draft: ReportDraft, *, person: str, now: datetime) -> Report:
        """Add a report to the channel, with its number and an audit entry."""
        ...

    async def of_channel(self, workspace: str, channel: str) -> tuple[Report, ...]:
        """The channel's reports by number."""
        ...

    async def by_id(self, report_id: int) -> Report | None:
        """For the sender of reports, which has only the id in a message's payload."""
        ...

    async def change(self, report: Report, *, person: str, action: str, now: datetime) -> bool:
        """Write what people may change of a report, with its audit entry; False if it is gone."""
        ...

    async def remove(self, report: Report, *, person: str, now: datetime) -> bool:
        """Remove a report; False if it is gone."""
        ...

    async def due(self, now: datetime, *, limit: int = 500) -> tuple[Report, ...]:
        """Reports whose time has come, oldest first."""
        ...

    async def next_due_at(self) -> datetime | None:
        """When the next report is due."""
        ...

    async def advance(self, before: Report, after: Report, message: Message | None, now: datetime) -> bool:
        """Move a report on and put its message into the outbox, in one transaction.

        False, and nothing done, if its `next_at` is no longer that of `before` (another process was first).
        """
        ...


class HistoryStore(Protocol):
    """Runs, hours, days and incidents of watches of a workspace."""

    async def points(
        self, workspace: str, watch_id: int, since: datetime, until: datetime
    ) -> tuple[Point, ...]:
        """Single runs, in order, as far back as they are kept."""
        ...

    async def buckets(
        self, workspace: str, watch_id: int, grain: Grain, since: datetime, until: datetime
    ) -> tuple[Bucket, ...]:
        """Hours or days, in order; those not yet rolled up are computed from the runs."""
        ...

    async def incidents(
        self, workspace: str, watch_ids: Sequence[int], since: datetime, until: datetime
    ) -> tuple[Incident, ...]:
        """Incidents that lasted at any time in between, in order."""
        ...

    async def roll_up(self, now: datetime) -> int:
        """Make hours out of runs and days out of hours, and drop what is past its time.

        Runs are kept 90 days while there are at most 1,000 watches, else 48 hours; hours 90 days;
        days and incidents for ever. Returns how many rows were dropped. Safe to call often.
        """
        ...


class AuditStore(Protocol):
    """Who changed what. Nothing here changes or removes an entry."""

    async def add(self, entry: AuditEntry) -> None:
        """Write an entry."""
        ...

    async def latest(self, workspace: str, *, limit: int = 20) -> tuple[AuditEntry, ...]:
        """The newest entries of the workspace first."""
        ...


class MemoStore(Protocol):
    """Small things with a lifetime: events seen, words behind a button, a hash of what was synced."""

    async def first(self, key: str, lifetime_s: float, now: datetime) -> bool:
        """Whether this key is new within its lifetime; it is not new from now on."""
        ...

    async def put(self, key: str, value: str, lifetime_s: float, now: datetime) -> None:
        """Remember a value, replacing the one before."""
        ...

    async def get(self, key: str, now: datetime) -> str | None:
        """The value, None when there is none or its time is over."""
        ...


class WorkerStore(Protocol):
    """Which processes are alive, and which of them holds what only one may hold."""

    async def beat(self, worker: Worker) -> None:
        """Write a heartbeat."""
        ...

    async def alive(self, since: datetime) -> tuple[Worker, ...]:
        """Workers whose last heartbeat is not older."""
        ...

    async def leave(self, name: str) -> None:
        """A worker ends in order."""
        ...

    async def hold(self, lease: str, owner: str, now: datetime, *, lease_s: float = 30) -> bool:
        """Take or keep a lease ("discord-gateway"); False while another one holds it."""
        ...

    async def release(self, lease: str, owner: str) -> None:
        """Give a lease back."""
        ...


@frozen(kw_only=True)
class Stores:
    """All stores, and the database as a whole.

    Attributes:
        ping: Asks the database something; raises Unavailable when it does not work.
        forget_workspace: Removes everything of a workspace (uninstalled, or on demand).
        close: Closes everything.
        database: "sqlite", "postgresql" or "memory".
        url: SQLAlchemy URL of an async driver; "" for memory. Holds the password: never shown.
    """

    channels: ChannelStore
    watches: WatchStore
    reports: ReportStore
    history: HistoryStore
    outbox: OutboxStore
    audit: AuditStore
    memos: MemoStore
    workers: WorkerStore
    ping: Callable[[], Awaitable[None]]
    forget_workspace: Callable[[str], Awaitable[None]]
    close: Callable[[], Awaitable[None]]
    database: str = "memory"
    url: str = ""
