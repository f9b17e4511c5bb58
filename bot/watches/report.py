"""A scheduled report: what was asked for, and what is due of it."""

from __future__ import annotations

from datetime import datetime

from bot.model.value import frozen

GRACE_S = 6 * 3600.0


@frozen(kw_only=True)
class ReportDraft:
    """A report as asked for, before it has a number.

    Attributes:
        cron: Five fields, canonical.
        timezone: IANA name that the cron expression is read in.
        targets: As `str(Target)`; empty means all watches of the channel.
        next_at: First time it is due, UTC.
    """

    cron: str
    timezone: str
    targets: tuple[str, ...]
    next_at: datetime
    grace_s: float = GRACE_S


@frozen(kw_only=True)
class Report:
    """A scheduled report.

    Attributes:
        number: The short number, written `#3`, unique in the workspace, shared with watches.
        next_at: When it is due next, UTC; None while it is paused.
        last_at: Due time of the last one that was posted.
        missed: Due times since then that were not posted because they were noticed too late.
        grace_s: How late it may still be posted.
    """

    id: int
    number: int
    workspace: str
    channel: str
    cron: str
    timezone: str
    targets: tuple[str, ...]
    grace_s: float
    created_at: datetime
    created_by: str
    next_at: datetime | None
    last_at: datetime | None = None
    missed: tuple[datetime, ...] = ()

    @property
    def paused(self) -> bool:
        """Whether it is not posted for now."""
        return self.next_at is None
