"""How watches and their states are remembered; the rules of `bot.watches.stores` hold."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from bot.model.request import Place
from bot.model.value import frozen
from bot.watches.alert import AlertState, Turn
from bot.watches.message import Message
from bot.watches.observation import Point
from bot.watches.watch import Draft, Watch


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
