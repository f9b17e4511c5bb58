"""What was recorded of a watch, as values."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from bot.model.value import frozen


@frozen(kw_only=True)
class Incident:
    """An outage of one watch.

    Attributes:
        began_at: First failed run.
        ended_at: First good run of the recovery; None while it lasts.
        reason: Finding id or catalogue key of the run that confirmed it.
    """

    watch_id: int
    began_at: datetime
    ended_at: datetime | None
    reason: str


@frozen(kw_only=True)
class Bucket:
    """Runs of one watch in an hour or a day.

    Attributes:
        at: Start of the hour or the UTC day.
        up, warn, down, unknown: Runs by result.
        median_ms, p95_ms: Of the runs that had a time; None if none had.
    """

    at: datetime
    up: int
    warn: int
    down: int
    unknown: int
    median_ms: float | None
    p95_ms: float | None

    @property
    def known(self) -> int:
        """Runs that told up from down."""
        return self.up + self.warn + self.down


@frozen(kw_only=True)
class AuditEntry:
    """Who did what, when.

    Attributes:
        action: The command's name, such as "watch add".
        subject: What it was done to, such as "#3 example.com".
    """

    at: datetime
    workspace: str
    channel: str
    person: str
    action: str
    subject: str


@frozen(kw_only=True)
class Worker:
    """A process that probes, as its last heartbeat described it.

    Attributes:
        uplink_lost_since: Since when its control targets don't answer; None while they do.
    """

    name: str
    vantage: str
    beat_at: datetime
    started_at: datetime
    uplink_lost_since: datetime | None = None


Grain = Literal["hour", "day"]
