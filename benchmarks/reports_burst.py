"""500 every-minute reports, two schedulers on one PostgreSQL, one killed with -9 in the middle of a burst.

    python -m benchmarks.reports_burst [--minutes 3] [--reports 500]

Posts go to a counting server, which, like Slack, can be asked whether a key arrived before a retry.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import aiohttp
from aiohttp import web
from sqlalchemy import func, select

from adapters.engine.engine import Duties, Engine, process_name
from adapters.main.compose import close_tools, make_tools
from benchmarks.measure import row
from benchmarks.sweep import plain_engine
from bot.cards.model import Card
from bot.errors import Unavailable
from bot.model.request import Place
from bot.ports import Post, Tools
from bot.settings import Settings
from bot.watches.message import Message
from bot.watches.report import ReportDraft
from bot.watches.schedule import next_time
from storage.open import open_stores
from storage.tables import OUTBOX
from tests.support.postgres import running_postgres

PLACES = 100
CRON = "* * * * *"


@dataclass
class Counting:
    """Counts posts by key."""

    posts: Counter[str] = field(default_factory=Counter)
    late: list[float] = field(default_factory=list)
    lookups: int = 0
    port: int = 0

    async def start(self) -> web.AppRunner:
        app = web.Application()
        app.router.add_post("/post/{key}", self._post)
        app.router.add_get("/post/{key}", self._asked)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.port = runner.addresses[0][1]
        return runner

    async def _post(self, request: web.Request) -> web.Response:
        key = request.match_info["key"]
        due = datetime.fromtimestamp(int(key.rsplit("-", 1)[1]), UTC)
        self.late.append((datetime.now(UTC) - due).total_seconds())
        self.posts[key] += 1
        return web.Response(text="ok")

    async def _asked(self, request: web.Request) -> web.Response:
        self.lookups += 1
        return web.Response(status=200 if self.posts[request.match_info["key"]] else 404)


@dataclass
class CountingMessenger:
    """Posts to the counting server."""

    port: int
    session: aiohttp.ClientSession

    async def post(self, post: Post) -> str:
        url = f"http://127.0.0.1:{self.port}/post/{post.key}"
        try:
            if post.retry:
                async with self.session.get(url) as answer:
                    if answer.status == 200:
                        return post.key
            async with self.session.post(url) as answer:
                answer.raise_for_status()
        except aiohttp.ClientError as problem:
            raise Unavailable("slack-unavailable", why=str(problem)) from problem
        return post.key


async def card_of(message: Message, _: Tools) -> Card | None:
    return Card(title="Report", tone="plain", blocks=(), summary=message.key, language="en")


async def work(url: str, port: int) -> None:
    """One scheduler and sender, until it is told to stop."""
    tools = make_tools(Settings(database_url=url))
    async with aiohttp.ClientSession() as session:
        messenger = CountingMessenger(port, session)
        platforms = {"slack": messenger}
        engine = Engine(tools, process_name(), Duties(platforms=lambda: platforms, card_of=card_of))
        stop = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
        engine.start()
        await stop.wait()
        await engine.stop()
    await close_tools(tools)


async def burst(url: str, count: int, minutes: int) -> None:
    stores = await open_stores(url)
    now = datetime.now(UTC)
    first = next_time(CRON, "UTC", now)
    if (first - now).total_seconds() < 15:  # too little time to start everything
        await asyncio.sleep((first - now).total_seconds() + 0.1)
        now, first = first, next_time(CRON, "UTC", first)
    for number in range(count):
        place = Place(platform="slack", workspace="slack:T1", channel=f"C{number % PLACES}")
        draft = ReportDraft(cron=CRON, timezone="UTC", targets=(), next_at=first)
        await stores.reports.add(place, draft, person="U1", now=now)
    counting = Counting()
    runner = await counting.start()
    command = [sys.executable, "-m", "benchmarks.reports_burst", "--work", url, str(counting.port)]
    processes = [await asyncio.create_subprocess_exec(*command) for _ in range(2)]
    expected = count * minutes
    killed_at = count + count // 3
    async with asyncio.timeout(60 * (minutes + 2)):
        while sum(counting.posts.values()) < killed_at:  # noqa: ASYNC110
            await asyncio.sleep(0.005)
        os.kill(processes[0].pid, signal.SIGKILL)
        at_kill = sum(counting.posts.values())
        last = first + timedelta(minutes=minutes - 1)
        while datetime.now(UTC) < last + timedelta(seconds=50):  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    processes[1].terminate()
    for process in processes:
        await process.wait()
    engine = plain_engine(url)
    with engine.connect() as connection:
        due = connection.execute(select(func.count()).select_from(OUTBOX)).scalar_one()
    engine.dispose()
    await stores.close()
    await runner.cleanup()
    posted = sum(counting.posts.values())
    row(
        f"{count} every-minute reports, {minutes} minutes, one of two killed",
        f"{posted} posts",
        f"due {expected} (in the outbox {due}), unique {len(counting.posts)}, "
        f"lost {expected - len(counting.posts)}, doubled {posted - len(counting.posts)}, "
        f"killed after {at_kill} posts, look-ups {counting.lookups}, "
        f"worst lateness {max(counting.late):.1f} s, median {sorted(counting.late)[posted // 2]:.2f} s",
    )


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--reports", type=int, default=500)
    parser.add_argument("--minutes", type=int, default=3)
    parser.add_argument("--work", nargs=2)
    given = parser.parse_args([] if arguments is None else arguments)
    if given.work:
        asyncio.run(work(given.work[0], int(given.work[1])))
        return
    with running_postgres() as url:
        asyncio.run(burst(url, given.reports, given.minutes))


if __name__ == "__main__":
    main(sys.argv[1:])
