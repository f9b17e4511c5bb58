"""What is watched, for whom, how often, and when its alerts are held back."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal

from bot.errors import BadInput
from bot.model.duration import show_duration
from bot.model.value import frozen

FAILURES = 2
RECOVERIES = 2
REMINDER_S = 6 * 3600.0
CERTIFICATE_DAYS = (21, 7, 3, 1)
DEFAULT_INTERVAL_S = 900.0
MAX_INTERVAL_S = 7 * 86400.0
# A shard is worked on by one process at a time, and one host lies in one shard: it is never probed
# twice at once. 64 shards of 100,000 watches are batches of 1,600, taken 200 at a time.
SHARDS = 64
# Part of the interval over which watches of the same interval are spread.
JITTER = 0.1
FIRST_SPREAD_S = 20.0


@frozen(kw_only=True)
class Window:
    """A maintenance window: from `start`, inclusive, to `end`, exclusive; both UTC."""

    start: datetime
    end: datetime


@frozen(kw_only=True)
class Acknowledgement:
    """Somebody is on it. Holds for one incident only, so it ends with the recovery by itself.

    Attributes:
        incident: `AlertState.incident` that it is about.
    """

    incident: int
    person: str
    reason: str
    at: datetime


@frozen(kw_only=True)
class Draft:
    """A watch as asked for, before it has a number.

    Attributes:
        target: As `str(Target)`.
        kind: None lets the check decide (a domain if it has MX records).
        interval_s: Seconds between two checks.
        vantage: Name of the place it is probed from.
        failures: Failed runs in a row before an alert.
        recoveries: Good runs in a row before it counts as recovered.
    """

    target: str
    kind: Literal["domain", "host"] | None = None
    interval_s: float = DEFAULT_INTERVAL_S
    vantage: str = "local"
    failures: int = FAILURES
    recoveries: int = RECOVERIES
    reminder_s: float = REMINDER_S
    certificate_days: tuple[int, ...] = CERTIFICATE_DAYS
    ignored: tuple[str, ...] = ()


@frozen(kw_only=True)
class Watch:
    """A watch. Only people change it; what the checks found is its `AlertState`.

    Attributes:
        id: Of the row, for keys.
        number: The short number that people write as `#3`, unique in the workspace.
        reminder_s: Seconds between reminders while it stays broken.
        certificate_days: Days left at which the certificate is told about, scaled to its lifetime.
        ignored: Finding ids that are never told as a change.
        next_due: None while it is paused.
    """

    id: int
    number: int
    workspace: str
    channel: str
    target: str
    kind: Literal["domain", "host"] | None
    interval_s: float
    vantage: str
    failures: int
    recoveries: int
    reminder_s: float
    certificate_days: tuple[int, ...]
    ignored: tuple[str, ...]
    created_at: datetime
    created_by: str
    next_due: datetime | None
    muted_until: datetime | None = None
    windows: tuple[Window, ...] = ()
    acknowledged: Acknowledgement | None = None

    @property
    def paused(self) -> bool:
        """Whether it is not checked for now."""
        return self.next_due is None

    def held_back(self, at: datetime) -> Literal["muted", "maintenance"] | None:
        """Why nothing is told at that time, None if alerts go out."""
        if self.muted_until is not None and at < self.muted_until:
            return "muted"
        if any(window.start <= at < window.end for window in self.windows):
            return "maintenance"
        return None


def refuse_bad_interval(seconds: float, shortest_s: float) -> None:
    """Let a sensible interval through.

    Raises:
        BadInput: `interval-too-short`, `interval-too-long`.
    """
    if seconds < shortest_s:
        raise BadInput("interval-too-short", given=show_duration(seconds), shortest=show_duration(shortest_s))
    if seconds > MAX_INTERVAL_S:
        raise BadInput("interval-too-long", given=show_duration(seconds))


def host_of(target: str) -> str:
    """The target without its port."""
    if target.startswith("["):
        return target.partition("]")[0] + "]"
    return target.rsplit(":", 1)[0] if target.count(":") == 1 else target


def shard_of(target: str) -> int:
    """The shard of a target's host; the same for all ports of a host."""
    return _hash(host_of(target)) % SHARDS


def first_due(key: str, interval_s: float, now: datetime) -> datetime:
    """When a new watch is checked first: soon, because somebody waits for it; bulk additions are spread."""
    spread = min(interval_s * JITTER, FIRST_SPREAD_S)
    return now + timedelta(milliseconds=int(_fraction(key) * spread * 1000))


def next_due(key: str, interval_s: float, now: datetime) -> datetime:
    """When it is checked next: on a grid of its own, so that a late run does not shift later ones.

    The grid of a watch is the interval, moved by a fraction that follows from its key: watches that
    were added together or share an interval don't all run in the same second.

    Args:
        key: Names the watch; the same key always has the same grid.
        now: The end of the run before.
    """
    offset = _fraction(key) * interval_s
    since = now.timestamp() - offset
    slot = int(since // interval_s) + 1
    due = slot * interval_s + offset
    # Right after the grid point the next one is a full interval away; just before it, skip one.
    if due - now.timestamp() < interval_s * (1 - JITTER) / 2:
        due += interval_s
    return datetime.fromtimestamp(int(due * 1000) / 1000, UTC)


def find_watches(watches: Sequence[Watch], text: str) -> tuple[Watch, ...]:
    """Those that `#3`, `3` or a target names."""
    digits = text.strip().removeprefix("#")
    if digits.isascii() and digits.isdigit():
        return tuple(watch for watch in watches if str(watch.number) == digits.lstrip("0"))
    return tuple(watch for watch in watches if watch.target == text)


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")


def _fraction(key: str) -> float:
    return _hash(key) / 2**64
