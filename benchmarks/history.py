"""History: 30 days of one watch out of a million rows, bytes a row, and 90 simulated days of growth.

python -m benchmarks.history [--rows 1000000]
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from datetime import UTC, datetime, timedelta

from sqlalchemy import insert, text
from sqlalchemy.engine import Engine as SqlEngine

from benchmarks.measure import row
from benchmarks.sweep import fill, fresh, plain_engine
from bot.watches.stores import Stores
from storage.open import open_stores
from storage.tables import PROBE

START = datetime(2026, 8, 1, tzinfo=UTC)
INTERVAL_S = 900
CHUNK = 50_000


def points_of(watch: int, first: int, count: int, every_s: int) -> list[dict[str, int | None]]:
    """Runs; one in fifty fails."""
    return [
        {
            "watch_id": watch,
            "at": first + number * every_s,
            "word": 2 if (number + watch) % 50 == 0 else 0,
            "ms10": None if (number + watch) % 50 == 0 else 80 + (number * 7919 + watch) % 400,
        }
        for number in range(count)
    ]


def insert_points(
    engine: SqlEngine, watches: int, first: int, per_watch: int, every_s: int = INTERVAL_S
) -> float:
    """Write them; returns rows a second."""
    rows: list[dict[str, int | None]] = []
    written, began = 0, time.perf_counter()
    for watch in range(1, watches + 1):
        rows += points_of(watch, first, per_watch, every_s)
        if len(rows) >= CHUNK or watch == watches:
            with engine.begin() as connection:
                connection.execute(insert(PROBE), rows)
            written += len(rows)
            rows = []
    return written / (time.perf_counter() - began)


def size(engine: SqlEngine, url: str, table: str = "probe") -> int:
    """Bytes of a table with its indexes (PostgreSQL) or of the whole file (SQLite)."""
    with engine.connect() as connection:
        if url.startswith("postgresql"):
            return int(connection.execute(text(f"SELECT pg_total_relation_size('{table}')")).scalar_one())
        connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)")).fetchall()
        pages = connection.execute(text("PRAGMA page_count")).scalar_one()
        return int(pages * connection.execute(text("PRAGMA page_size")).scalar_one())


async def reading(stores: Stores, url: str, now: datetime) -> None:
    """Time the questions that people ask."""
    since = now - timedelta(days=30)
    kind = url.split(":")[0]
    for name, ask in (
        ("30 days of one watch, every run", lambda one: stores.history.points(_space(one), one, since, now)),
        (
            "30 days of one watch, by hour",
            lambda one: stores.history.buckets(_space(one), one, "hour", since, now),
        ),
    ):
        times, found = [], 0
        for watch in range(3, 43):
            began = time.perf_counter()
            found = len(await ask(watch))
            times.append((time.perf_counter() - began) * 1000)
        row(f"{kind}: {name}", f"{sorted(times)[20]:.1f} ms", f"{found} values, slowest {max(times):.1f} ms")


def _space(watch: int) -> str:
    return f"slack:T{watch % 50}"


async def million(url: str, rows: int) -> None:
    per_watch = 35 * 86400 // INTERVAL_S
    watches = rows // per_watch + 1
    await asyncio.to_thread(fill, url, watches)
    engine = plain_engine(url)
    before = size(engine, url)
    rate = insert_points(engine, watches, int(START.timestamp()), per_watch)
    grown = size(engine, url) - before
    count = watches * per_watch
    kind = url.split(":")[0]
    row(f"{kind}: bytes a run", f"{grown / count:.1f}", f"{count:,} runs, {rate:,.0f} rows/s in bulk")
    stores = await open_stores(url)
    now = START + timedelta(days=35)
    await reading(stores, url, now)
    began = time.perf_counter()
    await stores.history.roll_up(now)
    row(
        f"{kind}: rolling all of it up",
        f"{time.perf_counter() - began:.1f} s",
        "once; then only the new hours",
    )
    await reading(stores, url, now)
    await stores.close()
    engine.dispose()


async def growth(url: str, watches: int, days: int) -> None:
    """Day by day: runs of a day, then housekeeping as it goes on in a server."""
    await asyncio.to_thread(fill, url, watches)
    engine = plain_engine(url)
    stores = await open_stores(url)
    sizes: list[float] = []
    for day in range(days):
        first = START + timedelta(days=day)
        insert_points(engine, watches, int(first.timestamp()), 24, 3600)
        for _ in range(20):
            if not await stores.history.roll_up(first + timedelta(days=1, minutes=20)):
                break
        sizes.append(size(engine, url) / 1e6)
    shown = ", ".join(f"day {day}: {sizes[day - 1]:.0f}" for day in (1, 3, 10, 30, 60, days))
    row(
        f"{url.split(':')[0]}: {watches} watches for {days} days",
        f"{sizes[-1]:.0f} MB",
        f"{shown} MB; {watches * 24 * days:,} runs were written, one an hour",
    )
    await stores.close()
    engine.dispose()


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("kinds", nargs="*", default=["sqlite", "postgresql"])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--days", type=int, default=90)
    given = parser.parse_args([] if arguments is None else arguments)
    for kind in given.kinds:
        with fresh(kind) as url:
            asyncio.run(million(url, given.rows))
        with fresh(kind) as url:
            asyncio.run(growth(url, 1001, given.days))


if __name__ == "__main__":
    main(sys.argv[1:])
