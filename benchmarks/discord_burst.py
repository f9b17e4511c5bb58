"""200 Discord commands within two seconds, over HTTP and WebSocket on loopback, with SQLite behind them."""

from __future__ import annotations

import asyncio
import logging
import statistics
import tempfile
from pathlib import Path
from typing import Any

from adapters.discord.adapter import DiscordAdapter
from adapters.main.compose import close_tools, make_tools
from benchmarks.measure import row
from bot.cards.model import Card, Paragraph, Pending, Reply, plain
from bot.commands.rate import Limiter
from bot.model.request import Request
from bot.model.value import replace
from bot.ports import Progress
from bot.settings import Settings
from tests.support.discord_standin import TOKEN, DiscordStandIn, Interaction
from tests.support.waiting import until

COMMANDS, WITHIN_S, CHANNELS, CHECK_S = 200, 2.0, 8, 1.5


class Adapter(DiscordAdapter):
    """The real core for questions; checks that take a while instead of a network."""

    async def answer(self, request: Request, progress: Progress) -> Any:
        if request.command != ("check",):
            return await super().answer(request, progress)
        await progress(Pending(plain("Probing"), 1, 2))
        await asyncio.sleep(CHECK_S)
        return Reply(card=Card(title="", blocks=(Paragraph(plain("all right")),), summary="all right"))


def resident_mb() -> float:
    """Of this process, stand-in and all."""
    status = Path("/proc/self/status").read_text("utf-8")
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def main() -> None:
    """Print the rows."""
    logging.disable(logging.INFO)
    asyncio.run(_main())


async def _main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        discord = DiscordStandIn(check_schema=False, heartbeat_ms=41_250)
        await discord.start()
        discord.joined |= {str(300 + number) for number in range(CHANNELS)}
        settings = Settings(
            database_url=f"sqlite:///{folder}/bench.db",
            discord_token=TOKEN,
            discord_api_url=discord.api_url,
            discord_gateway_url=discord.gateway_url,
        )
        tools = make_tools(replace(settings, sources={}))
        adapter = Adapter(tools, Limiter(per_person=10_000, per_channel=10_000, per_workspace=10_000))
        await adapter.start()
        await until(lambda: adapter.status() == "ok")
        before = resident_mb()
        made = await _burst(discord)
        await until(lambda: not adapter._tasks, 60.0)
        _report(discord, made, before)
        await adapter.stop(2.0)
        await discord.stop()
        await close_tools(tools)


async def _burst(discord: DiscordStandIn) -> list[Interaction]:
    made: list[Interaction] = []
    for number in range(COMMANDS):
        channel, person = str(300 + number % CHANNELS), str(1000 + number)
        if number % 4 == 0:
            options, path = {"target": f"mx{number}.example.com"}, "check"
        else:
            options, path = {"question": f"which port for imap? ({number})"}, "ask"
        made.append(await discord.command(path, options=options, channel=channel, person=person))
        await asyncio.sleep(WITHIN_S / COMMANDS)
    return made


def _report(discord: DiscordStandIn, made: list[Interaction], before: float) -> None:
    waits = sorted((one.first_at - one.at) * 1000 for one in made)
    answered = sum(one.first is not None and one.message is not None for one in made)
    in_order = 0
    for channel in {one.channel for one in made}:
        asked = [one.id for one in made if one.channel == channel]
        in_order += [number for number in discord.order if number in asked] == asked
    calls = discord.called()["POST /interactions/-/-/callback"]
    row(
        "answered once",
        f"{answered} of {len(made)}",
        f"{calls} first responses, {len(discord.faults)} refused",
    )
    row(
        "first response",
        f"{waits[-1]:.0f} ms at most",
        f"p50 {statistics.median(waits):.0f} ms; 3,000 allowed",
    )
    row("order kept", f"{in_order} of {CHANNELS} channels")
    row("memory", f"{resident_mb():.0f} MB after", f"{before:.0f} MB before (with the stand-in)")


if __name__ == "__main__":
    main()
