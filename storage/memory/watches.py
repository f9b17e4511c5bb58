"""Watches, their states, and which are due, in memory."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bot.model.request import Place
from bot.model.value import replace
from bot.watches.alert import AlertState
from bot.watches.message import Message
from bot.watches.watch import Draft, Watch, first_due, shard_of
from bot.watches.watch_store import Claimed, Recorded
from storage.memory.audit import MemoryAudit
from storage.memory.channels import MemoryChannels
from storage.memory.history import MemoryHistory
from storage.memory.numbers import Numbers
from storage.memory.outbox import MemoryOutbox


@dataclass(slots=True)
class _State:
    next_due: datetime | None
    revision: int = 0
    state: AlertState = field(default_factory=AlertState)
    digest: Mapping[str, Any] | None = None


class MemoryWatches:
    """`WatchStore` in memory."""

    def __init__(
        self,
        audit: MemoryAudit,
        numbers: Numbers,
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
