"""200 slash commands and 200 mentions, each in two seconds, to `mailport serve` over Socket Mode."""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from benchmarks.measure import row
from tests.support.serve_process import Serving
from tests.support.slack_blocks import words_of
from tests.support.slack_standin import APP_TOKEN, BOT_TOKEN, SlackStandIn
from tests.support.waiting import until

COUNT, SECONDS, CHANNELS = 200, 2.0, ("C1", "C2", "C3", "C4")
RATES = {
    "MAILPORT_RATE_PER_PERSON": "10000",
    "MAILPORT_RATE_PER_CHANNEL": "10000",
    "MAILPORT_RATE_PER_WORKSPACE": "10000",
}
Send = Callable[[SlackStandIn, int], Coroutine[Any, Any, str]]


def main() -> None:
    """Print the rows."""
    asyncio.run(_main())


async def _main() -> None:
    slack = SlackStandIn(joined=set(CHANNELS), channels=set(CHANNELS))
    await slack.start()
    settings = {
        "SLACK_BOT_TOKEN": BOT_TOKEN,
        "SLACK_APP_TOKEN": APP_TOKEN,
        "MAILPORT_SLACK_API_URL": slack.api_url,
    }
    with tempfile.TemporaryDirectory() as home:
        async with Serving(Path(home), **settings, **RATES) as served:
            row("mailport serve: until the web page answers", f"{served.started_s:.2f} s", "goal 2 s")
            await slack.linked()
            await _settled(slack, 0)
            row("resident memory, idle", f"{_memory_mb(served):.1f} MB")
            await _burst(slack, "slash commands", _command)
            row(
                "resident memory after them",
                f"{_memory_mb(served):.1f} MB",
                "goal 110 MB with both platforms",
            )
            await _burst(slack, "mentions", _mention)
            row("resident memory after them", f"{_memory_mb(served):.1f} MB")
            began = time.monotonic()
            served.terminate()
            await served.ended()
            row("end after SIGTERM", f"{time.monotonic() - began:.2f} s", "goal 10 s")
    await slack.stop()


async def _command(slack: SlackStandIn, number: int) -> str:
    command = slack.command(f"explain 550 5.7.1 number {number}", channel=CHANNELS[number % len(CHANNELS)])
    return await slack.deliver("slash_commands", command)


async def _mention(slack: SlackStandIn, number: int) -> str:
    said = slack.mention(f"explain 550 5.7.1 number {number}", channel=CHANNELS[number % len(CHANNELS)])
    return await slack.deliver("events_api", slack.event(said))


async def _burst(slack: SlackStandIn, name: str, send: Send) -> None:
    slack.messages.clear()
    began: dict[str, float] = {}
    start = time.monotonic()
    for number in range(COUNT):
        await asyncio.sleep(max(0.0, start + number * SECONDS / COUNT - time.monotonic()))
        envelope = await send(slack, number)
        began[envelope] = time.monotonic()
    await _settled(slack, COUNT)
    waits = sorted((slack.acks[envelope] - at) * 1000 for envelope, at in began.items())
    row(
        f"{COUNT} {name} in {SECONDS:.0f} s: acknowledged",
        f"{waits[-1]:.0f} ms at most",
        f"p50 {statistics.median(waits):.1f} ms; Slack waits 3,000 ms",
    )
    row("all answered after", f"{time.monotonic() - start:.1f} s", _how_answered(slack))


async def _settled(slack: SlackStandIn, count: int) -> None:
    await until(lambda: len(slack.messages) >= count, 60.0)
    await asyncio.sleep(1.0)


def _how_answered(slack: SlackStandIn) -> str:
    once = len(slack.messages) == COUNT
    ordered = all(_numbers(slack, channel) == sorted(_numbers(slack, channel)) for channel in CHANNELS)
    return f"each once: {once}; in order in each channel: {ordered}"


def _numbers(slack: SlackStandIn, channel: str) -> list[int]:
    """The numbers asked about, in the order of the answers; a mention's answer names its question's ts."""
    found = []
    for message in slack.messages:
        if message["channel"] == channel:
            words = words_of(message).partition("number ")[2]
            digits = "".join(sign for sign in words[:4] if sign.isdigit())
            found.append(
                int(digits) if digits else int(str(message.get("thread_ts", "0.0")).partition(".")[2])
            )
    return found


def _memory_mb(served: Serving) -> float:
    assert served.process is not None
    text = Path(f"/proc/{served.process.pid}/status").read_text("utf-8")
    return int(text.partition("VmRSS:")[2].split()[0]) / 1024


if __name__ == "__main__":
    main()
