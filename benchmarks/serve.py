"""`mailport serve` with Slack and Discord connected to stand-ins: seconds to start, resident memory."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import statistics
import sys
import tempfile
import time
from pathlib import Path

import aiohttp

from benchmarks.measure import row
from tests.support import discord_standin, slack_standin

ROOT = Path(__file__).resolve().parents[1]
RUNS = 5
QUESTIONS = 300


def main() -> None:
    """Print the rows."""
    asyncio.run(_main())


async def _main() -> None:
    slack, discord = slack_standin.SlackStandIn(), discord_standin.DiscordStandIn()
    await slack.start()
    await discord.start()
    settings = {
        "SLACK_BOT_TOKEN": slack_standin.BOT_TOKEN,
        "SLACK_APP_TOKEN": slack_standin.APP_TOKEN,
        "MAILPORT_SLACK_API_URL": f"{slack.base}/api/",
        "DISCORD_TOKEN": discord_standin.TOKEN,
        "MAILPORT_DISCORD_API_URL": discord.api_url,
        "MAILPORT_DISCORD_GATEWAY_URL": discord.gateway_url,
        "MAILPORT_RATE_PER_PERSON": "100000",
        "MAILPORT_RATE_PER_CHANNEL": "100000",
        "MAILPORT_RATE_PER_WORKSPACE": "100000",
    }
    try:
        await _starts({}, "web page alone")
        await _starts(settings, "both adapters connected")
        await _memory(settings)
    finally:
        await slack.stop()
        await discord.stop()


async def _starts(settings: dict[str, str], name: str) -> None:
    listening: list[float] = []
    ready: list[float] = []
    for _ in range(RUNS):
        with tempfile.TemporaryDirectory() as home:
            process, base, took, began = await _started(home, settings)
            listening.append(took)
            await _ready(base)
            ready.append(time.monotonic() - began)
            await _end(process)
    row(f"start, {name}: answers HTTP", f"{statistics.median(listening):.2f} s", "goal 2 s")
    row(f"start, {name}: /readyz is 200", f"{statistics.median(ready):.2f} s")


async def _memory(settings: dict[str, str]) -> None:
    with tempfile.TemporaryDirectory() as home:
        process, base, _, _ = await _started(home, settings)
        await _ready(base)
        row(
            "resident, first start, which makes the database",
            f"{_resident(process.pid):.0f} MB",
            "goal 110 MB",
        )
        await _end(process)
        process, base, _, _ = await _started(home, settings)
        await _ready(base)
        row("resident, both adapters, idle", f"{_resident(process.pid):.0f} MB", "goal 110 MB")
        await _ask(base, "which port should I use?")
        await _ask(base, "check 127.0.0.1")
        row("resident, after an answer and a refusal", f"{_resident(process.pid):.0f} MB", "goal 110 MB")
        for _ in range(QUESTIONS):
            await _ask(base, "which port should I use?")
        row(f"resident, after {QUESTIONS} answers more", f"{_resident(process.pid):.0f} MB", "goal 110 MB")
        began = time.monotonic()
        await _end(process)
        row("end after SIGTERM", f"{time.monotonic() - began:.2f} s", "goal 10 s")


async def _started(
    home: str, settings: dict[str, str]
) -> tuple[asyncio.subprocess.Process, str, float, float]:
    environment = {"PATH": os.environ["PATH"], "HOME": home, "MAILPORT_HTTP_PORT": "0", **settings}
    began = time.monotonic()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "adapters.main.cli",
        "serve",
        cwd=ROOT,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert process.stdout is not None
    while line := await process.stdout.readline():
        if found := re.search(rb"Web: (http://\S+)", line):
            return process, found[1].decode(), time.monotonic() - began, began
    raise RuntimeError("mailport serve ended early")


async def _ready(base: str) -> None:
    async with aiohttp.ClientSession() as session, asyncio.timeout(30):
        while True:
            async with session.get(f"{base}/readyz") as answer:
                if answer.status == 200:
                    return
            await asyncio.sleep(0.02)


async def _ask(base: str, text: str) -> None:
    async with aiohttp.ClientSession() as session, session.post(f"{base}/try", data={"text": text}) as answer:
        await answer.read()
        answer.raise_for_status()


async def _end(process: asyncio.subprocess.Process) -> None:
    process.send_signal(signal.SIGTERM)
    await process.communicate()


def _resident(pid: int) -> float:
    """Megabytes in memory (VmRSS)."""
    status = Path(f"/proc/{pid}/status").read_text("ascii")
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    return int(found[1]) / 1024 if found else 0.0
