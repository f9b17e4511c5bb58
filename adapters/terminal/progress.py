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
_BAR = 30


def _columns() -> int:
    try:
        return min(os.get_terminal_size(sys.stderr.fileno()).columns or MAX_WIDTH, MAX_WIDTH)
    except OSError:
        return MAX_WIDTH


class Bar:
    """How far many checks are, on one line of standard error; nothing where that is no terminal.

    Args:
        total: How many there will be; None when nobody knows.
    """

    def __init__(self, total: int | None) -> None:
        self._total = total
        self._done = 0
        self._shown = sys.stderr.isatty()
        self._counts = {1: 0, 3: 0}

    def clear(self) -> None:
        """Make room for a line of output."""
        if self._shown:
            print(_ERASE, end="", file=sys.stderr, flush=True)

    def step(self, status: int) -> None:
        """One more is done, with this exit status."""
        self._done += 1
        if status in self._counts:
            self._counts[status] += 1
        if self._shown:
            print(f"{_ERASE}{self._line()[: _columns() - 1]}", end="", file=sys.stderr, flush=True)

    def _line(self) -> str:
        marks = "".join(
            f"  {mark} {self._counts[status]}"
            for status, mark in ((1, "✗"), (3, "?"))
            if self._counts[status]
        )
        if not self._total:
            return f"{self._done}{marks}"
        filled = round(self._done / self._total * _BAR)
        return f"[{'#' * filled}{'-' * (_BAR - filled)}] {self._done}/{self._total}{marks}"


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
