"""Core dispatch alone: CPU a message."""

from __future__ import annotations

import asyncio
import time

from benchmarks.measure import row
from bot.dispatch import answer
from bot.model.request import Person, Place, Request
from tests.support.core import make_test_tools

COUNT = 3000


def main() -> None:
    """Print the rows."""
    asyncio.run(_main())


async def _main() -> None:
    tools = make_test_tools()
    place = Place(platform="slack", workspace="slack:T1", channel="C1")
    for name, text in (
        ("help check", "help check"),
        ("a question", "which port should I use?"),
        ("a refusal", "check"),
    ):
        request = Request(id="r", place=place, person=Person(id="U1"), text=text)
        await answer(request, tools)
        start = time.process_time()
        for _ in range(COUNT):
            await answer(request, tools)
        each = (time.process_time() - start) / COUNT * 1e6
        row(f"dispatch: {name}", f"{each:.0f} us CPU", f"{1e6 / each:.0f} messages/s")
