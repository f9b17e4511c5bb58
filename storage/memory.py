"""The same stores in memory: for trying out, and as the simple model that the databases are tested against.

Nothing here waits, so every call is one transaction by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.model.request import Place
from bot.model.value import replace
from bot.watches.alert import AlertState
from bot.watches.history import AuditEntry, Worker
from bot.watches.message import Backlog, Delivery, Message
from bot.watches.report import Report, ReportDraft
from bot.watches.stores import Claimed, Recorded, Stores
from bot.watches.watch import Draft, Watch, first_due, shard_of
from storage.memory_history import MemoryHistory


@dataclass(slots=True)
class _State:
    next_due: datetime | None
    revision: int = 0
    state: AlertState = field(default_factory=AlertState)
    digest: Mapping[str, Any] | None = None


@dataclass(slots=True)
class _Sent:
    number: int
    message: Message
    created_at: datetime
    next_try_at: datetime
    tries: int = 0
    done_at: datetime | None = None
    message_id: str | None = None
    gave_up: bool = False


def memory_stores(now: Callable[[], datetime] | None = None) -> Stores:
    """Fresh, empty stores."""
    clock = now or (lambda: datetime.now(UTC))
    audit = MemoryAudit()
    numbers = _Numbers()
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


class _Numbers:
    def __init__(self) -> None:
        self._last: dict[str, int] = {}
        self._id = 0

    def next(self, workspace: str) -> int:
        self._last[workspace] = self._last.get(workspace, 0) + 1
        return self._last[workspace]

    def next_id(self) -> int:
        self._id += 1
        return self._id


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


class MemoryChannels:
    """`ChannelStore` in memory."""

    def __init__(self, audit: MemoryAudit, now: Callable[[], datetime]) -> None:
        self._settings: dict[tuple[str, str], dict[str, str]] = {}
        self._audit = audit
        self._now = now

    async def settings_of(self, place: Place) -> Mapping[str, str]:
        """See `ChannelStore.settings_of`."""
        return await self.settings_by_id(place.workspace, place.channel)

    async def settings_by_id(self, workspace: str, channel: str) -> Mapping[str, str]:
        """See `ChannelStore.settings_by_id`."""
        return dict(self._settings.get((workspace, channel), {}))

    async def set_setting(self, place: Place, name: str, value: str, *, person: str) -> None:
        """See `ChannelStore.set_setting`."""
        self._settings.setdefault((place.workspace, place.channel), {})[name] = value
        entry = AuditEntry(
            at=self._now(),
            workspace=place.workspace,
            channel=place.channel,
            person=person,
            action=f"settings {name}",
            subject=value,
        )
        await self._audit.add(entry)

    def alerts_on(self, watch: Watch) -> bool:
        """Whether the channel of a watch wants alerts."""
        return self._settings.get((watch.workspace, watch.channel), {}).get("alerts") != "off"

    def forget(self, workspace: str) -> None:
        """Drop everything of a workspace."""
        self._settings = {key: value for key, value in self._settings.items() if key[0] != workspace}


class MemoryWatches:
    """`WatchStore` in memory."""

    def __init__(
        self,
        audit: MemoryAudit,
        numbers: _Numbers,
        channels: MemoryChannels,
        outbox: MemoryOutbox,
        history: MemoryHistory,
    ) -> None:
        self._audit, self._numbers, self._channels = audit, numbers, channels
        self._outbox, self._history = outbox, history
        self._watches: dict[int, Watch] = {}
        self._states: dict[int, _State] = {}

    def workspace_of(self, watch_id: int) -> str | None:
        """The workspace of a watch, None if there is no such watch."""
        return self._watches[watch_id].workspace if watch_id in self._watches else None

    def drop(self, watch_id: int) -> None:
        """Remove a watch and all that hangs on it."""
        del self._watches[watch_id], self._states[watch_id]
        self._history.drop(watch_id)

    async def add(
        self, place: Place, drafts: Sequence[Draft], *, person: str, now: datetime
    ) -> tuple[Watch, ...]:
        """See `WatchStore.add`."""
        added: list[Watch] = []
        for draft in drafts:
            own = await self.of_channel(place.workspace, place.channel)
            if (draft.target, draft.vantage) in {(watch.target, watch.vantage) for watch in own}:
                continue
            number = self._numbers.next(place.workspace)
            watch = Watch(
                id=self._numbers.next_id(),
                number=number,
                workspace=place.workspace,
                channel=place.channel,
                target=draft.target,
                kind=draft.kind,
                interval_s=draft.interval_s,
                vantage=draft.vantage,
                failures=draft.failures,
                recoveries=draft.recoveries,
                reminder_s=draft.reminder_s,
                certificate_days=draft.certificate_days,
                ignored=draft.ignored,
                created_at=now,
                created_by=person,
                next_due=first_due(f"{place.workspace}/{number}", draft.interval_s, now),
            )
            self._watches[watch.id] = watch
            self._states[watch.id] = _State(watch.next_due)
            self._audit.write(watch, person, "watch add", now)
            added.append(watch)
        return tuple(added)

    async def of_channel(self, workspace: str, channel: str) -> tuple[Watch, ...]:
        """See `WatchStore.of_channel`."""
        return tuple(watch for watch in await self.of_workspace(workspace) if watch.channel == channel)

    async def of_workspace(self, workspace: str) -> tuple[Watch, ...]:
        """See `WatchStore.of_workspace`."""
        own = [self._with_due(watch) for watch in self._watches.values() if watch.workspace == workspace]
        return tuple(sorted(own, key=lambda watch: watch.number))

    def _with_due(self, watch: Watch) -> Watch:
        return replace(watch, next_due=self._states[watch.id].next_due)

    async def change(self, watch: Watch, *, person: str, action: str, now: datetime) -> bool:
        """See `WatchStore.change`."""
        if self.workspace_of(watch.id) != watch.workspace:
            return False
        before, state = self._watches[watch.id], self._states[watch.id]
        self._watches[watch.id] = watch
        if watch.next_due is None:
            state.next_due = None
        elif state.next_due is None or (
            watch.interval_s < before.interval_s and state.next_due > watch.next_due
        ):
            state.next_due = watch.next_due
        self._audit.write(watch, person, action, now)
        return True

    async def remove(self, watch: Watch, *, person: str, now: datetime) -> bool:
        """See `WatchStore.remove`."""
        if self.workspace_of(watch.id) != watch.workspace:
            return False
        self.drop(watch.id)
        self._audit.write(watch, person, "watch remove", now)
        return True

    async def states(self, workspace: str, watch_ids: Sequence[int]) -> Mapping[int, AlertState]:
        """See `WatchStore.states`."""
        return {one: self._states[one].state for one in watch_ids if self.workspace_of(one) == workspace}

    async def digests(self, workspace: str, watch_ids: Sequence[int]) -> Mapping[int, Mapping[str, Any]]:
        """See `WatchStore.digests`."""
        own = [one for one in watch_ids if self.workspace_of(one) == workspace]
        return {one: digest for one in own if (digest := self._states[one].digest) is not None}

    def _due(self, now: datetime) -> list[Watch]:
        due = [
            (state.next_due, watch_id)
            for watch_id, state in self._states.items()
            if state.next_due is not None and state.next_due <= now
        ]
        return [self._watches[watch_id] for _, watch_id in sorted(due)]

    async def due_shards(self, now: datetime) -> tuple[tuple[str, int, int], ...]:
        """See `WatchStore.due_shards`."""
        counts: dict[tuple[str, int], int] = {}
        for watch in self._due(now):
            key = (watch.vantage, shard_of(watch.target))
            counts[key] = counts.get(key, 0) + 1
        return tuple((*key, count) for key, count in sorted(counts.items()))

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
        due = [
            watch
            for watch in self._due(now)
            if watch.vantage == vantage and (shards is None or shard_of(watch.target) in shards)
        ]
        claimed: list[Claimed] = []
        for watch in sorted(due[:limit], key=lambda watch: watch.id):
            state = self._states[watch.id]
            state.next_due, state.revision = now + timedelta(seconds=lease_s), state.revision + 1
            claimed.append(
                Claimed(
                    watch=self._with_due(watch),
                    state=state.state,
                    revision=state.revision,
                    alerts=self._channels.alerts_on(watch),
                )
            )
        return tuple(claimed)

    async def keep(self, watch_ids: Sequence[int], lease: datetime, until: datetime) -> None:
        """See `WatchStore.keep`."""
        for state in self._of(watch_ids):
            if state.next_due == lease:
                state.next_due = until

    async def hurry(self, watch_ids: Sequence[int], now: datetime) -> None:
        """See `WatchStore.hurry`."""
        for state in self._of(watch_ids):
            if state.next_due is not None and state.next_due > now:
                state.next_due = now

    def _of(self, watch_ids: Sequence[int]) -> list[_State]:
        return [self._states[one] for one in watch_ids if one in self._states]

    async def record(
        self,
        recorded: Sequence[Recorded],
        messages: Sequence[Message],
        now: datetime,
        *,
        whole: bool = False,
    ) -> int:
        """See `WatchStore.record`."""
        current = [
            one
            for one in recorded
            if one.watch_id in self._states and self._states[one.watch_id].revision == one.revision
        ]
        if whole and len(current) < len(recorded):
            return 0
        for one in current:
            state = self._states[one.watch_id]
            state.state, state.revision = one.state, state.revision + 1
            state.next_due = None if state.next_due is None else one.next_due
            state.digest = one.digest if one.digest is not None else state.digest
            self._history.write(one)
        if current or not recorded:
            await self._outbox.put(messages, now)
        return len(current)

    async def next_due_at(self, vantage: str) -> datetime | None:
        """See `WatchStore.next_due_at`."""
        times = [
            state.next_due
            for watch_id, state in self._states.items()
            if state.next_due is not None and self._watches[watch_id].vantage == vantage
        ]
        return min(times, default=None)

    async def vantages(self) -> Mapping[str, int]:
        """See `WatchStore.vantages`."""
        counts: dict[str, int] = {}
        for watch in self._watches.values():
            counts[watch.vantage] = counts.get(watch.vantage, 0) + 1
        return counts

    async def of_vantage(self, vantage: str) -> tuple[Watch, ...]:
        """See `WatchStore.of_vantage`."""
        own = [self._with_due(watch) for watch in self._watches.values() if watch.vantage == vantage]
        return tuple(watch for watch in own if not watch.paused)

    async def mend_times(self, now: datetime) -> int:
        """See `WatchStore.mend_times`."""
        ahead = [
            state
            for watch_id, state in self._states.items()
            if state.next_due is not None
            and state.next_due > now + timedelta(seconds=60 + 2 * self._watches[watch_id].interval_s)
        ]
        for state in ahead:
            state.next_due = now
        return len(ahead)


class MemoryReports:
    """`ReportStore` in memory."""

    def __init__(self, audit: MemoryAudit, numbers: _Numbers, outbox: MemoryOutbox) -> None:
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


class MemoryOutbox:
    """`OutboxStore` in memory."""

    def __init__(self) -> None:
        self._sent: dict[str, _Sent] = {}
        self._count = 0

    async def put(self, messages: Sequence[Message], now: datetime) -> int:
        """See `OutboxStore.put`."""
        new = 0
        for message in messages:
            if message.key not in self._sent:
                self._count += 1
                self._sent[message.key] = _Sent(self._count, message, now, now)
                new += 1
        return new

    def _waiting(self) -> list[_Sent]:
        return [one for one in self._sent.values() if one.done_at is None]

    async def claim(
        self,
        now: datetime,
        *,
        limit: int = 100,
        lease_s: float = 60,
        platforms: Sequence[str] = (),
        one_each: bool = False,
    ) -> tuple[Delivery, ...]:
        """See `OutboxStore.claim`."""
        held_up: set[tuple[str, str]] = set()
        chosen: list[_Sent] = []
        for one in self._waiting():
            channel = (one.message.workspace, one.message.channel)
            if one.next_try_at > now:
                held_up.add(channel)
            elif channel not in held_up and (not platforms or channel[0].split(":")[0] in platforms):
                chosen.append(one)
            if one_each:
                held_up.add(channel)
        for one in chosen[:limit]:
            one.next_try_at, one.tries = now + timedelta(seconds=lease_s), one.tries + 1
        return tuple(self._delivery(one) for one in chosen[:limit])

    def _delivery(self, sent: _Sent) -> Delivery:
        return Delivery(
            message=sent.message,
            tries=sent.tries,
            created_at=sent.created_at,
            reply_to=self._id_of(sent.message.thread_of),
            edit=self._id_of(sent.message.edits),
        )

    def _id_of(self, key: str | None) -> str | None:
        return self._sent[key].message_id if key in self._sent else None

    async def done(self, key: str, message_id: str, now: datetime) -> None:
        """See `OutboxStore.done`."""
        one = self._sent.get(key)
        if one is not None and one.done_at is None:
            one.done_at, one.message_id = now, message_id

    async def retry(self, keys: Sequence[str], at: datetime, why: str, *, tried: bool = True) -> None:
        """See `OutboxStore.retry`."""
        for one in self._held(keys):
            one.next_try_at, one.tries = at, one.tries if tried else one.tries - 1

    def _held(self, keys: Sequence[str]) -> list[_Sent]:
        return [self._sent[key] for key in keys if key in self._sent and self._sent[key].done_at is None]

    async def keep(self, keys: Sequence[str], lease: datetime, until: datetime) -> int:
        """See `OutboxStore.keep`."""
        held = [one for one in self._held(keys) if one.next_try_at == lease]
        for one in held:
            one.next_try_at = until
        return len(held)

    async def give_back(self, keys: Sequence[str], now: datetime) -> None:
        """See `OutboxStore.give_back`."""
        for one in self._held(keys):
            one.next_try_at, one.tries = now, one.tries - 1

    async def mend_times(self, now: datetime) -> int:
        """See `OutboxStore.mend_times`."""
        ahead = [one for one in self._waiting() if one.next_try_at > now + timedelta(hours=1)]
        for one in ahead:
            one.next_try_at = now
        return len(ahead)

    async def give_up(self, key: str, why: str, now: datetime) -> None:
        """See `OutboxStore.give_up`."""
        one = self._sent.get(key)
        if one is not None and one.done_at is None:
            one.done_at, one.gave_up = now, True

    async def expire(self, before: datetime, now: datetime) -> int:
        """See `OutboxStore.expire`."""
        old = [one for one in self._waiting() if one.created_at < before]
        for one in old:
            one.done_at, one.gave_up = now, True
        return len(old)

    async def message_id(self, key: str) -> str | None:
        """See `OutboxStore.message_id`."""
        return self._id_of(key)

    async def backlog(self, now: datetime) -> Backlog:
        """See `OutboxStore.backlog`."""
        waiting = self._waiting()
        oldest = min((one.created_at for one in waiting), default=now)
        lost = sum(one.gave_up for one in self._sent.values())
        return Backlog(len(waiting), max(0.0, (now - oldest).total_seconds()), lost)

    async def next_try_at(self) -> datetime | None:
        """See `OutboxStore.next_try_at`."""
        heads: dict[tuple[str, str], datetime] = {}
        for one in self._waiting():
            heads.setdefault((one.message.workspace, one.message.channel), one.next_try_at)
        return min(heads.values(), default=None)

    async def forget(self, before: datetime) -> int:
        """See `OutboxStore.forget`."""
        old = [key for key, one in self._sent.items() if one.done_at is not None and one.done_at < before]
        for key in old:
            del self._sent[key]
        return len(old)

    def forget_workspace(self, workspace: str) -> None:
        """Drop everything of a workspace."""
        self._sent = {key: one for key, one in self._sent.items() if one.message.workspace != workspace}


class MemoryMemos:
    """`MemoStore` in memory."""

    def __init__(self) -> None:
        self._memos: dict[str, tuple[str, datetime]] = {}

    async def first(self, key: str, lifetime_s: float, now: datetime) -> bool:
        """See `MemoStore.first`."""
        if await self.get(key, now) is not None:
            return False
        await self.put(key, "", lifetime_s, now)
        return True

    async def put(self, key: str, value: str, lifetime_s: float, now: datetime) -> None:
        """See `MemoStore.put`."""
        self._memos[key] = (value, now + timedelta(seconds=lifetime_s))

    async def get(self, key: str, now: datetime) -> str | None:
        """See `MemoStore.get`."""
        value, ends_at = self._memos.get(key, ("", now))
        return value if ends_at > now else None


class MemoryWorkers:
    """`WorkerStore` in memory."""

    def __init__(self) -> None:
        self._workers: dict[str, Worker] = {}
        self._leases: dict[str, tuple[str, datetime]] = {}

    async def beat(self, worker: Worker) -> None:
        """See `WorkerStore.beat`."""
        self._workers[worker.name] = worker

    async def alive(self, since: datetime) -> tuple[Worker, ...]:
        """See `WorkerStore.alive`."""
        alive = [worker for worker in self._workers.values() if worker.beat_at >= since]
        return tuple(sorted(alive, key=lambda worker: worker.name))

    async def leave(self, name: str) -> None:
        """See `WorkerStore.leave`."""
        self._workers.pop(name, None)

    async def hold(self, lease: str, owner: str, now: datetime, *, lease_s: float = 30) -> bool:
        """See `WorkerStore.hold`."""
        holder, until = self._leases.get(lease, (owner, now))
        if holder != owner and until > now:
            return False
        self._leases[lease] = (owner, now + timedelta(seconds=lease_s))
        return True

    async def release(self, lease: str, owner: str) -> None:
        """See `WorkerStore.release`."""
        if self._leases.get(lease, ("", None))[0] == owner:
            del self._leases[lease]
