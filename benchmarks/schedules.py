"""Schedules of five years in six time zones, minute by minute, against an oracle too simple to be wrong."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from benchmarks.measure import row
from bot.watches.schedule import times_after
from tests.bot.watches.test_schedule import CRONS, ZONES, first_instant

START, END = datetime(2025, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC)
# A star for the minute or the hour goes by real time: every real minute whose clock fits.
STEPPED = ("*/15 * * * *", "0 * * * *", "30 */2 * * *")
MINUTE = timedelta(minutes=1)


def _fits(field: str, value: int) -> bool:
    if field.startswith("*/"):
        return value % int(field[2:]) == 0
    return field == "*" or str(value) in field.split(",")


def _clock_fits(cron: str, wall: datetime) -> bool:
    minute, hour, day, _, weekday = cron.split()
    return (
        _fits(minute, wall.minute)
        and _fits(hour, wall.hour)
        and _fits(day, wall.day)
        and _fits(weekday, wall.isoweekday() % 7)
    )


def by_wall_clock(crons: Sequence[str], zone: ZoneInfo) -> dict[str, list[datetime]]:
    """Every minute that a clock on the wall could show; a skipped one happens right after the gap."""
    found: dict[str, set[datetime]] = {cron: set() for cron in crons}
    wall = START.astimezone(zone).replace(tzinfo=None) - timedelta(days=1)
    last = END.astimezone(zone).replace(tzinfo=None) + timedelta(days=1)
    while wall <= last:
        for cron in crons:
            if _clock_fits(cron, wall):
                found[cron].add(first_instant(wall, zone))
        wall += MINUTE
    return {cron: sorted(one for one in times if START < one <= END) for cron, times in found.items()}


def by_real_time(crons: Sequence[str], zone: ZoneInfo) -> dict[str, list[datetime]]:
    """Every minute that really passes."""
    found: dict[str, list[datetime]] = {cron: [] for cron in crons}
    now = START + MINUTE
    while now <= END:
        wall = now.astimezone(zone)
        for cron in crons:
            if _clock_fits(cron, wall):
                found[cron].append(now)
        now += MINUTE
    return found


def _due(cron: str, zone: str) -> Iterator[datetime]:
    for due in times_after(cron, zone, START):
        if due > END:
            return
        yield due


def main() -> None:
    """Compare all of it; ends with an error when one time differs."""
    began, compared = time.perf_counter(), 0
    for name in ZONES:
        zone = ZoneInfo(name)
        for cron, expected in {**by_wall_clock(CRONS, zone), **by_real_time(STEPPED, zone)}.items():
            times = list(_due(cron, name))
            if times != expected:
                wrong = sorted(set(times) ^ set(expected))[:3]
                raise SystemExit(f"{cron} in {name} differs first at {wrong}")
            compared += len(times)
    rules = len(CRONS) + len(STEPPED)
    row(f"{rules} rules, {len(ZONES)} zones, 5 years: times compared", f"{compared:,}", "all equal")
    row("taken", f"{time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
