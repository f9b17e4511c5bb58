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

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from bot.model.request import Place
from bot.model.value import frozen
from bot.watches.alert import AlertState, Turn
from bot.watches.history import AuditEntry, Bucket, Grain, Incident, Worker
from bot.watches.message import Backlog, Delivery, Message
from bot.watches.observation import Point
from bot.watches.report import Report, ReportDraft
from bot.watches.watch import Draft, Watch


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


@frozen(kw_only=True)
class Claimed:
    """A watch whose check this process has to do now.

    Attributes:
        revision: Of the state; `record` refuses to write over a newer one.
        alerts: The channel's setting.
    """

    watch: Watch
    state: AlertState
    revision: int
    alerts: bool = True


@frozen(kw_only=True)
class Recorded:
    """What one run of a watch led to.

    Attributes:
        revision: As claimed.
        digest: `observation.digest` of the result; None leaves the one before.
    """

    watch_id: int
    revision: int
    state: AlertState
    next_due: datetime
    point: Point
    turn: Turn | None = None
    digest: Mapping[str, Any] | None = None


class WatchStore(Protocol):
    """Watches, their states, and which are due."""

    async def add(
        self, place: Place, drafts: Sequence[Draft], *, person: str, now: datetime
    ) -> tuple[Watch, ...]:
        """Add watches to the channel, with their numbers and one audit entry each.

        A draft whose target and vantage the channel already watches is left out of the answer.
        """
        ...

    async def of_channel(self, workspace: str, channel: str) -> tuple[Watch, ...]:
        """The channel's watches by number."""
        ...

    async def of_workspace(self, workspace: str) -> tuple[Watch, ...]:
        """All watches of the workspace by number."""
        ...

    async def change(self, watch: Watch, *, person: str, action: str, now: datetime) -> bool:
        """Write what people may change of a watch, with its audit entry; False if it is gone.

        `next_due` is written only when it changes between None (paused) and a time.
        """
        ...

    async def remove(self, watch: Watch, *, person: str, now: datetime) -> bool:
        """Remove a watch with its state and history; False if it is gone."""
        ...

    async def states(self, workspace: str, watch_ids: Sequence[int]) -> Mapping[int, AlertState]:
        """States of those watches of the workspace."""
        ...

    async def digests(self, workspace: str, watch_ids: Sequence[int]) -> Mapping[int, Mapping[str, Any]]:
        """What the last run of each found; watches that never ran are absent."""
        ...

    async def due_shards(self, now: datetime) -> tuple[tuple[str, int, int], ...]:
        """(vantage, shard, count) of all that is due."""
        ...

    async def claim_due(
        self,
        vantage: str,
        now: datetime,
        *,
        shards: Collection[int] | None = None,
        limit: int = 200,
        lease_s: float = 300,
    ) -> tuple[Claimed, ...]:
        """Claim due watches: they are due again only after the lease, or when `record` says.

        Args:
            shards: Only these; None takes any.
        """
        ...

    async def keep(self, watch_ids: Sequence[int], lease: datetime, until: datetime) -> None:
        """Lengthen claims whose lease ends at `lease`; those that were lost or paused stay as they are."""
        ...

    async def hurry(self, watch_ids: Sequence[int], now: datetime) -> None:
        """Make watches due now that are due later; paused ones stay paused."""
        ...

    async def record(
        self,
        recorded: Sequence[Recorded],
        messages: Sequence[Message],
        now: datetime,
        *,
        whole: bool = False,
    ) -> int:
        """Write runs and their messages in one transaction; returns how many runs were written.

        A run whose revision is no longer current is left out. Messages whose key exists are left out.

        Args:
            whole: All of it or nothing: the messages speak of all runs.
        """
        ...

    async def next_due_at(self, vantage: str) -> datetime | None:
        """When the next watch of that vantage is due, for sleeping until then."""
        ...

    async def vantages(self) -> Mapping[str, int]:
        """How many watches each vantage has."""
        ...

    async def of_vantage(self, vantage: str) -> tuple[Watch, ...]:
        """All watches of that vantage that are not paused, of every workspace: for news about the vantage."""
        ...

    async def mend_times(self, now: datetime) -> int:
        """Make due what lies further ahead than its interval allows: the clock was put back."""
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


class OutboxStore(Protocol):
    """Messages on their way. Those of one channel go out in order."""

    async def put(self, messages: Sequence[Message], now: datetime) -> int:
        """Put messages in; those whose key exists are left out. Returns how many were new."""
        ...

    async def claim(
        self,
        now: datetime,
        *,
        limit: int = 100,
        lease_s: float = 60,
        platforms: Sequence[str] = (),
        one_each: bool = False,
    ) -> tuple[Delivery, ...]:
        """Claim messages that may be sent now, oldest first.

        Of a channel whose oldest message waits or is claimed by another, none is given.

        Args:
            platforms: Only workspaces of these ("slack", "discord", "local"); empty takes all.
            one_each: Only the oldest message of each channel: whoever dies then leaves behind no more
                doubtful ones than it was posting.
        """
        ...

    async def done(self, key: str, message_id: str, now: datetime) -> None:
        """The platform accepted it under that id."""
        ...

    async def retry(self, keys: Sequence[str], at: datetime, why: str, *, tried: bool = True) -> None:
        """Not now: free again at that time.

        Args:
            tried: False if it certainly never reached the platform; the try then does not count.
        """
        ...

    async def keep(self, keys: Sequence[str], lease: datetime, until: datetime) -> int:
        """Lengthen claims whose lease ends at `lease`; returns how many are still held."""
        ...

    async def give_back(self, keys: Sequence[str], now: datetime) -> None:
        """Claimed, but not tried: free again, and the try does not count."""
        ...

    async def mend_times(self, now: datetime) -> int:
        """Make due what waits for more than an hour: the clock was put back."""
        ...

    async def give_up(self, key: str, why: str, now: datetime) -> None:
        """It can never be posted (the channel is gone): kept, with the reason, and not tried again."""
        ...

    async def expire(self, before: datetime, now: datetime) -> int:
        """Give up what was put in before that time and still waits: nobody serves its platform any more."""
        ...

    async def message_id(self, key: str) -> str | None:
        """The platform's id of a message that was accepted."""
        ...

    async def backlog(self, now: datetime) -> Backlog:
        """For metrics and `status`."""
        ...

    async def next_try_at(self) -> datetime | None:
        """When the next message may be sent."""
        ...

    async def forget(self, before: datetime) -> int:
        """Drop messages that were done before that time; returns how many."""
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
