"""Live progress on standard error, when that is a terminal: one line that is written over."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from bot.cards.model import Pending
from bot.cards.plaintext import text_of
from bot.ports import Progress

_ERASE = "\r\x1b[2K"
MAX_WIDTH = 100


@contextmanager
def shown_progress() -> Iterator[Progress]:
    """Progress that is shown until the block ends, and leaves no trace."""

    async def show(pending: Pending) -> None:
        count = f"[{pending.done}/{pending.total}] " if pending.total else ""
        line = (count + text_of(pending.text, links=False).replace("\n", " "))[:MAX_WIDTH]
        print(f"{_ERASE}{line}", end="", file=sys.stderr, flush=True)

    try:
        yield show
    finally:
        print(_ERASE, end="", file=sys.stderr, flush=True)
