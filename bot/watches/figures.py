"""Figures of a stretch of time: uptime, times to answer, and slots of equal length for a chart.

Everything is counted in buckets: a single run is a bucket of one. Percentiles are by nearest rank; over
buckets of many runs they are weighted ones of the buckets' own, which is near enough for a report.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Literal

from bot.model.value import frozen
from bot.watches.history import Bucket
from bot.watches.observation import Point

State = Literal["u", "w", "d", "?", "."]
# A run speaks for the time until the next one is due, and a little longer.
HOLDS = 1.6
# So many slots a chart has at most; more would be thinner than a pixel or two.
MAX_SLOTS = 120
_FIELDS = {"pass": "up", "warn": "warn", "fail": "down", "unknown": "unknown"}


@frozen
class Slot:
    """A part of the time axis.

    Attributes:
        state: The worst that was seen in it; "." when nothing was.
        ms: Median time to the answer; None when there was none.
    """

    at: datetime
    state: State
    ms: float | None


@frozen(kw_only=True)
class Figures:
    """What a stretch of time came to.

    Attributes:
        runs: That told up from down.
        uptime: Percent of them that were up; None without any.
    """

    runs: int
    uptime: float | None
    median_ms: float | None
    p95_ms: float | None


def as_bucket(point: Point) -> Bucket:
    """A single run as a bucket."""
    counts = {"up": 0, "warn": 0, "down": 0, "unknown": 0, _FIELDS[point.word]: 1}
    return Bucket(at=point.at, **counts, median_ms=point.ms, p95_ms=point.ms)


def figures_of(buckets: Sequence[Bucket]) -> Figures:
    """The figures of some runs."""
    runs = sum(bucket.known for bucket in buckets)
    down = sum(bucket.down for bucket in buckets)
    timed = [bucket for bucket in buckets if bucket.median_ms is not None]
    return Figures(
        runs=runs,
        uptime=_percent(runs - down, runs),
        median_ms=percentile([(bucket.median_ms or 0.0, _weight(bucket)) for bucket in timed], 0.5),
        p95_ms=percentile([(bucket.p95_ms or 0.0, _weight(bucket)) for bucket in timed], 0.95),
    )


def _percent(part: int, whole: int) -> float | None:
    """Never rounded up to 100 while something failed."""
    return math.floor(part / whole * 100_000) / 1000 if whole else None


def _weight(bucket: Bucket) -> int:
    return max(1, bucket.up + bucket.warn)


def percentile(values: Sequence[tuple[float, int]], share: float) -> float | None:
    """The value at that share of all, by nearest rank; each value counts as often as its weight says."""
    if not values:
        return None
    wanted = math.ceil(sum(weight for _, weight in values) * share)
    passed = 0
    for value, weight in sorted(values):
        passed += weight
        if passed >= wanted:
            return value
    return max(value for value, _ in values)  # pragma: no cover  # share is at most 1


def worst(states: Iterable[State]) -> State:
    """The worst of some states: what failed shows even in the smallest picture."""
    order: Sequence[State] = ("d", "w", "?", "u", ".")
    found = set(states)
    return next((state for state in order if state in found), ".")


def state_of(bucket: Bucket) -> State:
    """The worst that a bucket holds; could-not-tell counts only when nothing else was seen."""
    if bucket.down:
        return "d"
    if bucket.warn:
        return "w"
    if bucket.up:
        return "u"
    return "?" if bucket.unknown else "."


def axis(since: datetime, until: datetime, shortest_s: float) -> tuple[datetime, ...]:
    """Starts of slots of equal length from `since` to `until`; at least one."""
    span = max((until - since).total_seconds(), 1.0)
    step = max(shortest_s, span / MAX_SLOTS, 1.0)
    count = max(1, math.ceil(span / step - 1e-9))
    return tuple(since + timedelta(seconds=step * number) for number in range(count))


def slots_of(
    buckets: Sequence[Bucket], starts: Sequence[datetime], until: datetime, holds_s: float = 0.0
) -> tuple[Slot, ...]:
    """The buckets sorted into the slots that begin at `starts`.

    Args:
        holds_s: How long a run speaks for the time after it: slots of about one interval would else show
            gaps where the runs of a watch drift a little.
    """
    held: list[list[Bucket]] = [[] for _ in starts]
    first = starts[0]
    step = ((until - first) / len(starts)).total_seconds() or 1.0
    for bucket in buckets:
        place = int((bucket.at - first).total_seconds() / step)
        if place >= 0:  # what came before the axis is not shown
            held[min(place, len(starts) - 1)].append(bucket)
    slots: list[Slot] = []
    last: Bucket | None = None
    for at, inside in zip(starts, held, strict=True):
        slot = _slot(at, inside)
        if not inside and last is not None and (at - last.at).total_seconds() < holds_s:
            slot = _slot(at, [last])
        slots.append(slot)
        last = inside[-1] if inside else last
    return tuple(slots)


def _slot(at: datetime, inside: Sequence[Bucket]) -> Slot:
    timed = [(bucket.median_ms, _weight(bucket)) for bucket in inside if bucket.median_ms is not None]
    return Slot(at, worst(state_of(bucket) for bucket in inside), percentile(timed, 0.5))
