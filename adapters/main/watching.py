"""Puts the engine into a process: the lock of a SQLite file, the platforms it posts to, `mailport worker`."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from prometheus_client import start_http_server

from adapters.engine.engine import Duties, Engine, process_name
from adapters.engine.leader import Leader
from adapters.engine.steady import Steady
from adapters.main.compose import close_tools, load_for_probes, make_tools
from adapters.main.logs import set_up_logs
from bot.cards.plaintext import render_plain
from bot.commands.posting import card_of
from bot.errors import MailportError, Unavailable
from bot.i18n import say
from bot.model.value import replace
from bot.ports import Messenger, Post, Tools
from bot.probes.run import wait_for_goodbyes
from bot.settings import Settings
from bot.typed import Protocol
from storage.lock import ServerLock
from storage.open import database_url

STOP_S = 8.0
_LOG = logging.getLogger("mailport")


class LocalMessenger:
    """What was asked for in the terminal is told on standard output."""

    async def post(self, post: Post) -> str:
        """See `Messenger.post`."""
        if post.edit is None:
            sys.stdout.write(render_plain(post.card) + "\n")
            sys.stdout.flush()
        return post.key


def take_lock(settings: Settings) -> ServerLock | None:
    """The lock of a SQLite file: one process works on it. None for PostgreSQL, which takes any number.

    Raises:
        Unavailable: `database-in-use`.
    """
    url = database_url(settings.database_url)
    if not url.drivername.startswith("sqlite") or not url.database:
        return None
    path = Path(url.database)
    lock = ServerLock(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock.take()
    except OSError as problem:
        # A folder that cannot be written to: opening the database says so, and the rest goes on.
        _LOG.info("no lock beside %s: %s", path, problem.strerror)
    return lock


class Adapter(Messenger, Protocol):
    """A chat platform as `serve` sees it."""

    async def start(self) -> None:
        """Connect; goes on behind it."""

    async def stop(self, deadline_s: float = ...) -> None:
        """Let go; may be started again."""


@dataclass(frozen=True, slots=True)
class Platform:
    """A chat platform that is on.

    Attributes:
        name: What its workspaces' names begin with.
        exclusive: Whether one process at a time may be connected (Discord's gateway, Slack's socket).
            Slack's HTTP mode is served by all: a balancer in front decides who gets an event.
    """

    name: str
    adapter: Adapter
    exclusive: bool = True


class Watching:
    """The engine of `serve`, and who is connected to the chat platforms.

    With SQLite this is the only process, so it connects at once. With PostgreSQL there may be several:
    each platform is held by one of them, which also posts there, and taken over within seconds.
    """

    def __init__(self, tools: Tools, platforms: Sequence[Platform]) -> None:
        self._platforms = platforms
        self._name = process_name()
        self._engine = Engine(tools, self._name, Duties(platforms=self._held, card_of=card_of))
        alone = database_url(tools.settings.database_url).drivername.startswith("sqlite")
        shared = [one for one in platforms if one.exclusive and not alone]
        self._leaders = {one.name: _leader(tools, one, self._name) for one in shared}
        self._clock = tools.clock
        self._tasks: list[asyncio.Task[None]] = []

    def words(self) -> Mapping[str, str]:
        """For `status` and `/readyz`."""
        words = {"watching": self._engine.status()}
        # What another process holds is nothing that does not work.
        words.update((name, "off") for name, leader in self._leaders.items() if not leader.holding)
        return words

    def _held(self) -> Mapping[str, Messenger]:
        """The platforms that this process posts to now."""
        held = [
            one for one in self._platforms if one.name not in self._leaders or self._leaders[one.name].holding
        ]
        return {"local": LocalMessenger(), **{one.name: one.adapter for one in held}}

    async def start(self) -> None:
        """Begin; returns at once."""
        for one in self._platforms:
            leader = self._leaders.get(one.name)
            if leader is None:
                await one.adapter.start()
            else:
                part = Steady(f"{one.name} lease", leader.step, self._clock.monotonic, stuck_s=60.0)
                self._tasks.append(asyncio.create_task(part.run(), name=part.name))
        self._engine.start()

    async def stop(self, deadline_s: float) -> None:
        """End in order: nothing new, what is under way finishes, leases are given back."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._engine.stop(deadline_s / 2)
        await asyncio.gather(*(one.adapter.stop(deadline_s / 2) for one in self._platforms))
        for leader in self._leaders.values():
            with contextlib.suppress(MailportError, TimeoutError):
                async with asyncio.timeout(1.0):
                    await leader.leave()


def _leader(tools: Tools, platform: Platform, name: str) -> Leader:
    return Leader(tools, platform.name, name, platform.adapter.start, platform.adapter.stop)


def run_worker(settings: Settings, *, vantage: str, as_json: bool, metrics_port: int | None) -> int:
    """Probe for one place until told to stop.

    Args:
        metrics_port: Serves Prometheus' text there, on `Settings.http_host`; None does not.

    Raises:
        BadInput: `setting-bad`: the trust anchors cannot be used.
        Unavailable: `database-in-use`, `web-unavailable`.
    """
    set_up_logs(settings.log_level, as_json=as_json)
    if metrics_port is not None:
        _serve_metrics(settings.http_host, metrics_port)
    lock = take_lock(settings)
    try:
        return asyncio.run(_work(replace(settings, vantage=vantage)))
    finally:
        if lock is not None:
            lock.release()


def _serve_metrics(host: str, port: int) -> None:
    try:
        start_http_server(port, host)
    except OSError as problem:
        why = problem.strerror or str(problem)
        raise Unavailable("web-unavailable", address=f"{host}:{port}", why=why) from None


async def _work(settings: Settings) -> int:
    tools = make_tools(settings)
    load_for_probes(tools)  # anchors that cannot be used are told now, and not by every check
    engine = Engine(tools, process_name(), Duties())
    stop = stop_on_signals()
    engine.start()
    print(say(settings.language, "serve.worker", vantage=settings.vantage), flush=True)
    try:
        await stop.wait()
    finally:
        await engine.stop(STOP_S)
        await wait_for_goodbyes()
        await close_tools(tools)
    return 0


def stop_on_signals() -> asyncio.Event:
    """Set when this process is told to stop."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return stop
