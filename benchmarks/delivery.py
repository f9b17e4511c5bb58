"""Who delivers the work on PostgreSQL: PgQueuer's jobs, or claims in our own tables (decision 0040).

    python -m benchmarks.delivery [--watches 20000]

The same watches, probe (10 ms) and recording both ways. Then one of two workers is killed with -9: seconds
until all that it had in hand was done by the other.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import resource
import signal
import subprocess
import sys
import time
from datetime import timedelta

import psycopg
from pgqueuer import PgQueuer
from pgqueuer.models import Job
from sqlalchemy import event, func, select
from sqlalchemy.engine import Engine as SqlEngine

from adapters.engine.engine import Duties, Engine, process_name
from adapters.engine.recorder import _recorded
from adapters.engine.run import Ran
from adapters.main.compose import close_tools, make_tools
from benchmarks.measure import row
from benchmarks.sweep import _DIGEST, fill, plain_engine
from bot.settings import Settings
from bot.watches.grouping import judge_batch
from bot.watches.observation import Observation
from bot.watches.watch import Watch
from storage.tables import PROBE, WATCH_STATE
from tests.support.postgres import running_postgres

HEARTBEAT = timedelta(seconds=3)
AT_ONCE = 64


async def claims(url: str, probe_s: float) -> None:
    """A worker of ours."""
    tools = make_tools(Settings(database_url=url))

    async def run(_: Watch) -> Ran:
        await asyncio.sleep(probe_s)
        return Ran(Observation(at=tools.clock.now(), word="pass", ms=12.3), _DIGEST)

    await tools.stores()
    engine = Engine(tools, process_name(), Duties(run=run))
    transactions, before, began = _start()
    engine.start()
    await _until_done(url)
    _say(transactions, before, began)
    await engine.stop()
    await close_tools(tools)


async def jobs(url: str, probe_s: float) -> None:
    """A worker that gets `sweep:local` jobs, one per shard, from PgQueuer."""
    tools = make_tools(Settings(database_url=url))
    stores, places = await tools.stores(), asyncio.Semaphore(AT_ONCE)
    connection = await psycopg.AsyncConnection.connect(url, autocommit=True)
    queue = PgQueuer.from_psycopg_connection(connection)

    async def one() -> Observation:
        async with places:
            await asyncio.sleep(probe_s)
            return Observation(at=tools.clock.now(), word="pass", ms=12.3)

    @queue.entrypoint("sweep:local")
    async def sweep(job: Job) -> None:
        shard = int(job.payload or b"0")
        while True:
            now = tools.clock.now()
            claimed = await stores.watches.claim_due("local", now, shards=[shard], limit=200, lease_s=10)
            if not claimed:
                return
            seen = await asyncio.gather(*(one() for _ in claimed))
            batch = judge_batch(list(zip(claimed, seen, strict=True)))
            recorded = [_recorded(run, Ran(run.seen, _DIGEST), now) for run in batch.judged]
            await stores.watches.record(recorded, batch.messages, tools.clock.now(), whole=True)

    async def tick() -> None:
        while True:
            due = await stores.watches.due_shards(tools.clock.now())
            names = [str(shard) for _, shard, _ in due]
            if names:
                await queue.qm.queries.enqueue(
                    ["sweep:local"] * len(names), [name.encode() for name in names], [0] * len(names),
                    dedupe_key=[f"sweep-{name}" for name in names], on_conflict="skip",
                )  # fmt: skip
            await asyncio.sleep(1)

    transactions, before, began = _start()
    ticking = asyncio.create_task(tick())
    working = asyncio.create_task(
        queue.run(batch_size=4, max_concurrent_tasks=8, heartbeat_timeout=HEARTBEAT,
                  dequeue_timeout=timedelta(seconds=1))
    )  # fmt: skip
    await _until_done(url)
    _say(transactions, before, began)
    ticking.cancel()
    queue.shutdown.set()
    await asyncio.wait([working], timeout=5)
    await close_tools(tools)


def _start() -> tuple[list[int], resource.struct_rusage, float]:
    transactions = [0]
    event.listen(SqlEngine, "commit", lambda _: transactions.__setitem__(0, transactions[0] + 1))
    return transactions, resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()


def _say(transactions: list[int], before: resource.struct_rusage, began: float) -> None:
    after = resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(json.dumps({"seconds": time.perf_counter() - began, "cpu_s": cpu, "commits": transactions[0]}))


async def _until_done(url: str) -> None:
    while await asyncio.to_thread(_left, url):  # noqa: ASYNC110
        await asyncio.sleep(0.1)


def _left(url: str) -> int:
    engine = plain_engine(url)
    with engine.connect() as connection:
        watches = connection.execute(select(func.count()).select_from(WATCH_STATE)).scalar_one()
        done = connection.execute(select(func.count()).select_from(PROBE)).scalar_one()
    engine.dispose()
    return int(watches - done)


def _in_hand(url: str) -> set[int]:
    engine = plain_engine(url)
    with engine.connect() as connection:
        done = select(PROBE.c.watch_id)
        wanted = select(WATCH_STATE.c.watch_id).where(
            WATCH_STATE.c.revision > 0, WATCH_STATE.c.watch_id.not_in(done)
        )
        found = set(connection.execute(wanted).scalars())
    engine.dispose()
    return found


async def _install(url: str) -> None:
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        await PgQueuer.from_psycopg_connection(connection).qm.queries.install()


def _worker(way: str, url: str, probe_s: float) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "benchmarks.delivery", "--work", way, url, str(probe_s)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def measure(way: str, count: int) -> None:
    with running_postgres() as url:
        fill(url, count)
        if way == "jobs":
            asyncio.run(_install(url))
        said = json.loads(_worker(way, url, 0.010).communicate()[0])
    row(
        f"{way}: watches/s",
        f"{count / said['seconds']:,.0f}",
        f"{said['cpu_s'] / count * 1e6:.0f} µs CPU a watch, "
        f"{said['commits'] / said['seconds']:.0f} commits/s of ours",
    )


def kill(way: str, count: int) -> None:
    """Kill one of two until it had something in hand."""
    for _ in range(4):
        seconds, held = _killed(way, count)
        if held:
            break
    row(
        f"{way}: kill -9 of one of two",
        f"{seconds:.1f} s",
        f"until all {held} that it had in hand were recorded",
    )


def _killed(way: str, count: int) -> tuple[float, int]:
    with running_postgres() as url:
        fill(url, count)
        if way == "jobs":
            asyncio.run(_install(url))
        workers = [_worker(way, url, 0.5) for _ in range(2)]
        while _left(url) > count * 0.8:
            time.sleep(0.1)
        os.kill(workers[0].pid, signal.SIGKILL)
        at, hand = time.perf_counter(), _in_hand(url)
        time.sleep(1.0)  # what the other one had in hand is recorded by now
        hand &= _in_hand(url)
        last, held = at, len(hand)
        while hand and time.perf_counter() - at < 60:
            time.sleep(0.1)
            still = hand & _in_hand(url)
            last = time.perf_counter() if len(still) < len(hand) else last
            hand = still
        for one in workers:
            one.kill()
            one.wait()
    return last - at, held


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--watches", type=int, default=20_000)
    parser.add_argument("--work", nargs=3)
    parser.add_argument("--kill", action="store_true", help="only that")
    given = parser.parse_args([] if arguments is None else arguments)
    if given.work:
        way, url, probe_s = given.work
        asyncio.run({"claims": claims, "jobs": jobs}[way](url, float(probe_s)))
        return
    for way in ("jobs", "claims"):
        if not given.kill:
            measure(way, given.watches)
        kill(way, given.watches // 10)


if __name__ == "__main__":
    main(sys.argv[1:])
