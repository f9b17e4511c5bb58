"""Sweeps: 100,000 watches, a 10 ms sleep as probe, on SQLite and on PostgreSQL with one and two workers.

    python -m benchmarks.sweep [--watches 100000] [sqlite|postgresql ...]

Everything but the probe is real: claims, leases, judging, states, history, digests, one process per worker.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import create_engine, event, func, insert, select
from sqlalchemy.engine import Engine as SqlEngine

from adapters.engine.engine import Duties, Engine, process_name
from adapters.engine.run import Ran
from adapters.main.compose import close_tools, make_tools
from benchmarks.measure import row
from bot.model.value import replace
from bot.settings import Settings
from bot.watches.alert import AlertState
from bot.watches.observation import Observation
from bot.watches.stores import Stores
from bot.watches.watch import Watch, shard_of
from storage.encoding import encode_state
from storage.open import open_stores
from storage.tables import OUTBOX, PROBE, WATCH, WATCH_STATE
from tests.support.postgres import running_postgres

PROBE_S = 0.010
CHUNK = 5000
DEADLINE_S = 300.0


@dataclass
class Lag:
    """How late a timer of 5 ms comes."""

    late: list[float] = field(default_factory=list)

    async def run(self) -> None:
        while True:
            due = time.perf_counter() + 0.005
            await asyncio.sleep(0.005)
            self.late.append(time.perf_counter() - due)

    def p99_ms(self) -> float:
        late = sorted(self.late)
        return late[int(len(late) * 0.99)] * 1000 if late else 0.0


def fill(url: str, count: int, *, hosts: int | None = None) -> None:
    """Watches that are all due, each on a host of its own."""
    asyncio.run(_migrate(url))
    engine = plain_engine(url)
    now = datetime.now(UTC)
    for start in range(0, count, CHUNK):
        ids = range(start + 1, min(count, start + CHUNK) + 1)
        with engine.begin() as connection:
            connection.execute(insert(WATCH), [_watch_row(one, now) for one in ids])
            connection.execute(insert(WATCH_STATE), [_state_row(one, now) for one in ids])
    engine.dispose()


async def _migrate(url: str) -> None:
    await (await open_stores(url)).close()


def plain_engine(url: str) -> SqlEngine:
    return create_engine(url.replace("postgresql://", "postgresql+psycopg://"))


def _watch_row(number: int, now: datetime) -> dict[str, object]:
    return {
        "id": number, "workspace": f"slack:T{number % 50}", "number": number, "channel": f"C{number % 500}",
        "target": f"mx{number}.example.test", "kind": "host", "vantage": "local", "interval_s": 604800.0,
        "failures": 2, "recoveries": 2, "reminder_s": 21600.0, "certificate_days": "[21,7,3,1]",
        "ignored": "[]", "windows": "[]", "created_at": now, "created_by": "U1",
    }  # fmt: skip


def _state_row(number: int, now: datetime) -> dict[str, object]:
    return {
        "watch_id": number, "vantage": "local", "shard": shard_of(f"mx{number}.example.test"),
        "next_due": now, "revision": 0,
        "state": encode_state(replace(_STEADY, since=now, good_since=now, last_at=now)),
    }  # fmt: skip


async def work(url: str, count: int) -> None:
    """One worker, until everything is recorded; prints what it took."""
    tools = make_tools(Settings(database_url=url))

    async def run(watch: Watch) -> Ran:
        await asyncio.sleep(PROBE_S)
        return Ran(Observation(at=tools.clock.now(), word="pass", ms=12.3), _DIGEST)

    transactions = [0]
    event.listen(SqlEngine, "commit", lambda _: transactions.__setitem__(0, transactions[0] + 1))
    lag = Lag()
    engine = Engine(tools, process_name(), Duties(run=run))
    stores = await tools.stores()
    before = resource.getrusage(resource.RUSAGE_SELF)
    began = time.perf_counter()
    measuring = asyncio.create_task(lag.run())
    engine.start()
    began_work = False
    async with asyncio.timeout(DEADLINE_S):
        while engine.busy or not began_work or await _is_due(stores, tools.clock.now()):
            began_work = began_work or engine.busy
            await asyncio.sleep(0.1)  # the engine says nothing when it has nothing to do
    seconds = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_SELF)
    measuring.cancel()
    await engine.stop()
    await close_tools(tools)
    print(json.dumps({
        "seconds": seconds,
        "cpu_s": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        "rss_mb": after.ru_maxrss / 1024, "transactions": transactions[0], "lag_p99_ms": lag.p99_ms(),
    }))  # fmt: skip


async def _is_due(stores: Stores, now: datetime) -> bool:
    due = await stores.watches.next_due_at("local")
    return due is not None and due <= now


_STEADY = AlertState(status="up", good=9, findings=frozenset(), last_word="pass", last_ms=12.3)
_DIGEST = {
    "kind": "host", "verdict": "pass", "checked_at": "2026-11-25T12:00:00+00:00", "findings": [],
    "policies": {}, "certificate_ends": "2027-01-25T12:00:00+00:00",
    "endpoints": [["mx.example.test:25", "open", "starttls", 12.3]],
}  # fmt: skip


def measure(url: str, count: int, workers: int) -> None:
    """Run workers as processes of their own and print a line."""
    fill(url, count)
    command = [sys.executable, "-m", "benchmarks.sweep", "--work", url, "--watches", str(count)]
    began = time.perf_counter()
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(workers)]
    said = [json.loads(process.communicate()[0]) for process in processes]
    seconds = max(one["seconds"] for one in said)
    del began
    engine = plain_engine(url)
    with engine.connect() as connection:
        points = connection.execute(select(func.count()).select_from(PROBE)).scalar_one()
        twice = connection.execute(select(func.count()).where(WATCH_STATE.c.revision != 2)).scalar_one()
        messages = connection.execute(select(func.count()).select_from(OUTBOX)).scalar_one()
    engine.dispose()
    name = url.split(":")[0]
    cpu = sum(one["cpu_s"] for one in said)
    row(
        f"{name}, {workers} worker{'s' * (workers > 1)}: watches/s",
        f"{count / seconds:,.0f}",
        f"{cpu / count * 1e6:.0f} µs CPU a watch, {max(one['rss_mb'] for one in said):.0f} MB, "
        f"{sum(one['transactions'] for one in said) / seconds:.0f} transactions/s, "
        f"loop lag p99 {max(one['lag_p99_ms'] for one in said):.0f} ms; "
        f"runs {points}, not exactly once {twice}, messages {messages}",
    )


@contextlib.contextmanager
def fresh(kind: str) -> Iterator[str]:
    """The URL of a database that has nothing in it yet."""
    if kind == "postgresql":
        with running_postgres() as url:
            yield url
        return
    with tempfile.TemporaryDirectory(prefix="mailport-benchmark-") as folder:
        yield f"sqlite:///{Path(folder) / 'm.db'}"


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("kinds", nargs="*", default=["sqlite", "postgresql"])
    parser.add_argument("--watches", type=int, default=100_000)
    parser.add_argument("--work")
    given = parser.parse_args([] if arguments is None else arguments)
    if given.work:
        asyncio.run(work(given.work, given.watches))
        return
    for kind in given.kinds:
        for workers in (1, 2) if kind == "postgresql" else (1,):
            with fresh(kind) as url:
                measure(url, given.watches, workers)


if __name__ == "__main__":
    main(sys.argv[1:])
