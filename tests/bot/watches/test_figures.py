"""Figures of a stretch of time against the plainest way to count them."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model.verdict import Word
from bot.watches.figures import MAX_SLOTS, as_bucket, axis, figures_of, percentile, slots_of, state_of
from bot.watches.history import Bucket
from bot.watches.observation import Point

START = datetime(2026, 11, 1, tzinfo=UTC)
_WORDS: st.SearchStrategy[Word] = st.sampled_from(["pass", "warn", "fail", "unknown"])
_RUNS = st.lists(st.tuples(_WORDS, st.floats(min_value=0.1, max_value=9999)), max_size=60)


def buckets_of(runs: list[tuple[Word, float]]) -> list[Bucket]:
    return [
        as_bucket(Point(START + timedelta(minutes=n), word, ms if word in ("pass", "warn") else None))
        for n, (word, ms) in enumerate(runs)
    ]


@given(_RUNS)
def test_uptime_and_times_are_counted(runs: list[tuple[Word, float]]) -> None:
    figures = figures_of(buckets_of(runs))
    known = [word for word, _ in runs if word != "unknown"]
    up = [word for word in known if word != "fail"]
    times = sorted(ms for word, ms in runs if word in ("pass", "warn"))
    assert figures.runs == len(known)
    if known:
        assert figures.uptime is not None
        assert abs(figures.uptime - 100 * len(up) / len(known)) <= 0.001
        assert (figures.uptime == 100) == (len(up) == len(known))
    else:
        assert figures.uptime is None
    assert figures.median_ms == (times[math.ceil(len(times) * 0.5) - 1] if times else None)
    assert figures.p95_ms == (times[math.ceil(len(times) * 0.95) - 1] if times else None)


@given(_RUNS, st.integers(min_value=1, max_value=90))
def test_no_failure_gets_lost_between_slots(runs: list[tuple[Word, float]], minutes: int) -> None:
    buckets, until = buckets_of(runs), START + timedelta(minutes=max(len(runs), 1))
    starts = axis(START, until, minutes * 60.0)
    slots = slots_of(buckets, starts, until)
    assert len(slots) == len(starts) <= MAX_SLOTS
    assert any(slot.state == "d" for slot in slots) == any(word == "fail" for word, _ in runs)
    assert any(slot.ms is not None for slot in slots) == any(word in ("pass", "warn") for word, _ in runs)


def test_a_run_speaks_until_the_next_one_is_due() -> None:
    buckets = [as_bucket(Point(START + timedelta(minutes=m), "pass", 10.0)) for m in (0, 16, 29, 90)]
    until = START + timedelta(minutes=105)
    starts = axis(START, until, 900.0)
    assert "".join(slot.state for slot in slots_of(buckets, starts, until, 900 * 1.6)) == "uuuu..u"
    assert "".join(slot.state for slot in slots_of(buckets, starts, until)) == "uu....u"


@pytest.mark.parametrize(
    ("counts", "state"),
    [((0, 0, 0, 0), "."), ((0, 0, 0, 2), "?"), ((5, 0, 0, 2), "u"), ((5, 1, 0, 2), "w"), ((5, 1, 1, 2), "d")],
)
def test_the_worst_of_an_hour_is_shown(counts: tuple[int, int, int, int], state: str) -> None:
    up, warn, down, unknown = counts
    bucket = Bucket(at=START, up=up, warn=warn, down=down, unknown=unknown, median_ms=None, p95_ms=None)
    assert state_of(bucket) == state


def test_weights_count() -> None:
    assert percentile([(10.0, 9), (1000.0, 1)], 0.5) == 10.0
    assert percentile([(10.0, 1), (1000.0, 9)], 0.5) == 1000.0
    assert percentile([], 0.5) is None
