"""Live progress on standard error, when that is a terminal: one line that is written over."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from bot.cards.model import Pending
from bot.cards.plaintext import text_of
from bot.ports import Progress

_ERASE = "\r\x1b[2K"
MAX_WIDTH = 100


def _columns() -> int:
    try:
        return min(os.get_terminal_size(sys.stderr.fileno()).columns or MAX_WIDTH, MAX_WIDTH)
    except OSError:
        return MAX_WIDTH


@contextmanager
def shown_progress() -> Iterator[Progress]:
    """Progress that is shown until the block ends, and leaves no trace."""

    async def show(pending: Pending) -> None:
        count = f"[{pending.done}/{pending.total}] " if pending.total else ""
        line = count + text_of(pending.text, links=False).replace("\n", " ")
        # A line that wraps could not be written over.
        print(f"{_ERASE}{line[: _columns() - 1]}", end="", file=sys.stderr, flush=True)

    try:
        yield show
    finally:
        print(_ERASE, end="", file=sys.stderr, flush=True)
