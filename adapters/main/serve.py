"""`mailport serve`: everything that is configured, in one process, until SIGTERM or SIGINT.

One part that fails does not stop the others: it is said in one line, shows in `/readyz`, and the
process stays up.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from prometheus_client import REGISTRY, Gauge, generate_latest

from adapters.main.compose import close_tools, load_for_probes, make_tools
from adapters.main.ending import end_within
from adapters.main.logs import set_up_logs
from adapters.main.watching import Platform, Watching, stop_on_signals, take_lock
from adapters.picture import chart_png
from adapters.web.server import WebParts, WebServer, is_open_to_others
from bot.cards.model import Chart
from bot.commands.check import ask_about, run_check
from bot.commands.rate import Limiter
from bot.errors import MailportError
from bot.i18n import say
from bot.model.target import parse_target
from bot.model.value import replace
from bot.model.verdict import CheckResult
from bot.ports import Tools
from bot.probes.run import wait_for_goodbyes
from bot.settings import Settings

if TYPE_CHECKING:
    from adapters.discord.adapter import DiscordAdapter
    from adapters.slack.adapter import SlackAdapter

_LOG = logging.getLogger("mailport")
_READY = Gauge("mailport_part_ready", "1 when a part works, 0 when not", ["part"])
STOP_S = 9.0
# A database that does not answer within this is told as one that does not work.
PULSE_S = 2.0


@dataclass(slots=True)
class Parts:
    """What runs: per part "ok", "off" or what is wrong."""

    words: dict[str, str] = field(default_factory=dict)
    slack: SlackAdapter | None = None
    discord: DiscordAdapter | None = None
    by_socket: bool = True
    watching: Watching | None = None

    def platforms(self) -> tuple[Platform, ...]:
        """The chat platforms that are on; one process at a time is connected to each."""
        on: list[Platform] = []
        if self.slack is not None:
            on.append(Platform("slack", self.slack, exclusive=self.by_socket))
        if self.discord is not None:
            on.append(Platform("discord", self.discord))
        return tuple(on)

    def status(self) -> Mapping[str, str]:
        """For `status` and `/readyz`."""
        words = dict(self.words)
        if self.slack is not None:
            words["slack"] = self.slack.status()
        if self.discord is not None:
            words["discord"] = self.discord.status()
        return {**words, **(self.watching.words() if self.watching is not None else {})}


def run_serve(settings: Settings, *, as_json: bool = False) -> int:
    """Serve until told to stop.

    Raises:
        BadInput: `setting-bad`: the trust anchors cannot be used.
        Unavailable: `database-in-use`, when another process serves from the same SQLite file.
    """
    set_up_logs(settings.log_level, as_json=as_json)
    lock = take_lock(settings)
    try:
        return asyncio.run(_serve(settings))
    finally:
        if lock is not None:
            lock.release()


async def _serve(settings: Settings) -> int:
    parts = Parts()
    tools = replace(make_tools(settings), status=parts.status)
    load_for_probes(tools)  # anchors that cannot be used are told now, and not by every check
    limiter = _limiter(settings)
    if settings.slack_bot_token or (settings.slack_client_id and settings.slack_client_secret):
        parts.slack = _slack(tools, limiter)
        parts.by_socket = settings.slack_app_token is not None
    if settings.discord_token:
        parts.discord = _discord(tools, limiter)
    pulse = Pulse(tools)
    server = WebServer(tools, limiter, _web_parts(tools, parts, pulse))
    parts.watching = Watching(tools, parts.platforms())
    stop = stop_on_signals()
    try:
        address = await server.start()
        parts.words["web"] = "ok"
        _say_what_is_off(settings, parts)
        await parts.watching.start()
        print(say(settings.language, "serve.web", address=address), flush=True)
        if is_open_to_others(settings.http_host):
            print(say(settings.language, f"serve.open-try-{settings.try_page}"), flush=True)
        looking = asyncio.create_task(_say_if_broken(settings, pulse))
        await stop.wait()
        looking.cancel()
    finally:
        end_within(STOP_S + 0.5)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STOP_S):
                # At once: each may need all of the time for answers that are under way.
                await asyncio.gather(parts.watching.stop(STOP_S - 1), server.stop())
                await wait_for_goodbyes()
        await close_tools(tools)
    return 0


async def _say_if_broken(settings: Settings, pulse: Pulse) -> None:
    word = await pulse.word()
    if word != "ok":
        print(say(settings.language, "serve.database", why=word), flush=True)


async def _drawn(chart: Chart) -> bytes:
    """A chart as PNG, drawn beside the loop."""
    return await asyncio.to_thread(chart_png, chart)


def _slack(tools: Tools, limiter: Limiter) -> SlackAdapter:
    """Slack, imported only where it is used: half a second."""
    from adapters.slack.adapter import SlackAdapter

    return SlackAdapter(tools, limiter, _drawn)


def _discord(tools: Tools, limiter: Limiter) -> DiscordAdapter:
    """Discord, imported only where it is used: discord.py costs more than all the rest."""
    from adapters.discord.adapter import DiscordAdapter

    return DiscordAdapter(tools, limiter, _drawn)


def _limiter(settings: Settings) -> Limiter:
    return Limiter(
        per_person=settings.rate_per_person,
        per_channel=settings.rate_per_channel,
        per_workspace=settings.rate_per_workspace,
    )


def _say_what_is_off(settings: Settings, parts: Parts) -> None:
    """Per chat platform whether it is on, and if not how to turn it on."""
    if parts.slack is None:
        parts.words["slack"] = "off"
        print(say(settings.language, "serve.off-slack"), flush=True)
    if parts.discord is None:
        parts.words["discord"] = "off"
        print(say(settings.language, "serve.off-discord"), flush=True)


def _web_parts(tools: Tools, parts: Parts, pulse: Pulse) -> WebParts:
    async def ready() -> Mapping[str, str]:
        words = {**parts.status(), "database": await pulse.word()}
        _count(words)
        return words

    def metrics() -> bytes:
        _count(parts.status())
        return generate_latest(REGISTRY)

    async def check(text: str) -> CheckResult:
        async def nobody(_: object) -> None:
            """Nobody watches the steps."""

        wanted = ask_about(parse_target(text), (), None, tools)
        return await run_check(wanted, tools, nobody, fresh=True)

    routes = parts.slack.routes() if parts.slack is not None else []
    return WebParts(ready=ready, metrics=metrics, check=check, routes=routes)


def _count(words: Mapping[str, str]) -> None:
    for name, word in words.items():
        _READY.labels(name).set(word in ("ok", "off"))


class Pulse:
    """Whether the database works, asked by one question at a time.

    A question to a locked database takes as long as SQLite waits; nobody else waits along.
    """

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._asking: asyncio.Task[str] | None = None

    async def word(self) -> str:
        """The word "ok", or why not; soon."""
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask())
        await asyncio.wait((self._asking,), timeout=PULSE_S)
        return self._asking.result() if self._asking.done() else f"no answer within {PULSE_S:g} s"

    async def _ask(self) -> str:
        try:
            await (await self._tools.stores()).ping()
        except MailportError as problem:
            return str(problem.details.get("why", problem.key))
        return "ok"
