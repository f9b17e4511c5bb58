"""Lines of a pipe or a file, without blocking the loop.

A thread of its own reads, because a pipe may keep it waiting for as long as it likes; it is a daemon, so
that nobody waits for it at the end. Bytes that are no text become �; a line has a greatest length.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import AsyncIterator, Iterator

MAX_LINE = 1_000_000
_AHEAD = 64


async def lines_of(descriptor: int) -> AsyncIterator[str]:
    """The lines of a file descriptor, without their ends, until its end."""
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[str | None] = asyncio.Queue(_AHEAD)

    def read() -> None:
        try:
            for line in _lines(descriptor):
                asyncio.run_coroutine_threadsafe(queue.put(line), loop).result()
            asyncio.run_coroutine_threadsafe(queue.put(None), loop).result()
        except (RuntimeError, asyncio.CancelledError):
            return  # the loop has ended before the input did

    threading.Thread(target=read, name="lines", daemon=True).start()
    while (line := await queue.get()) is not None:
        yield line


def _lines(descriptor: int) -> Iterator[str]:
    # Read from the descriptor: a buffered reader, still locked by a daemon at the end, would abort Python.
    waiting = b""
    while data := _read(descriptor):
        *whole, waiting = (waiting + data).split(b"\n")
        yield from map(_text, whole)
        if len(waiting) > MAX_LINE:
            yield _text(waiting)
            waiting = b""
    if waiting:
        yield _text(waiting)


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65536)
    except OSError:
        return b""  # whoever wrote has gone in a rough way


def _text(line: bytes) -> str:
    return line[:MAX_LINE].removesuffix(b"\r").decode("utf-8", "replace")
