"""The watches that this process has claimed and not yet recorded, with their leases."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.ports import Clock
from bot.watches.watch_store import Claimed, WatchStore

# Of a process that dies, others take over what it had in hand after at most this long.
LEASE_S = 6.0
RENEW_S = 2.0


@dataclass(slots=True, eq=False)
class _Lease:
    until: datetime
    renewed_at: float
    watch_ids: tuple[int, ...]


class Hand:
    """Claims in hand.

    Attributes:
        freed: Called when something was recorded, so that there is room for more.
    """

    def __init__(self, watches: WatchStore, clock: Clock) -> None:
        self._watches = watches
        self._clock = clock
        self._claims: dict[int, Claimed] = {}
        self._leases: list[_Lease] = []
        self.freed: Callable[[], None] = _nobody

    def __len__(self) -> int:
        return len(self._claims)

    def __contains__(self, watch_id: object) -> bool:
        return watch_id in self._claims

    def __getitem__(self, watch_id: int) -> Claimed:
        return self._claims[watch_id]

    def take(self, claimed: Sequence[Claimed], claimed_at: datetime) -> tuple[Claimed, ...]:
        """Take claims made at that time with `LEASE_S`; gives those that were not in hand yet.

        A watch that is in hand already was claimed a second time because the clock jumped over its
        lease: its run goes on, and is recorded under the newer claim.
        """
        until = claimed_at + timedelta(seconds=LEASE_S)
        ids = tuple(one.watch.id for one in claimed)
        self._leases.append(_Lease(until, self._clock.monotonic(), ids))
        new = tuple(one for one in claimed if one.watch.id not in self._claims)
        self._claims.update((one.watch.id, one) for one in claimed)
        return new

    def release(self, watch_ids: Sequence[int]) -> None:
        """They are recorded."""
        for watch_id in watch_ids:
            self._claims.pop(watch_id, None)
        self.freed()

    async def renew(self) -> None:
        """Lengthen leases that are some seconds old.

        Raises:
            Unavailable: The database does not work. Claims that are lost meanwhile do no harm: what
                was done under them is not recorded.
        """
        for lease in tuple(self._leases):
            held = tuple(one for one in lease.watch_ids if one in self._claims)
            if not held:
                self._leases.remove(lease)
            elif self._clock.monotonic() - lease.renewed_at >= RENEW_S:
                until = self._clock.now() + timedelta(seconds=LEASE_S)
                await self._watches.keep(held, lease.until, until)
                lease.until, lease.renewed_at, lease.watch_ids = until, self._clock.monotonic(), held


def _nobody() -> None:
    """Nobody waits for room."""
