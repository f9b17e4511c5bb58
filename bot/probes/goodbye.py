"""QUIT and LOGOUT, after the answer: a guest says goodbye, but nobody waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bot.probes.session import Session

# The loop keeps only weak references to tasks.
_UNDER_WAY: set[asyncio.Task[None]] = set()


async def say_goodbye(session: Session, *, willing: bool) -> None:
    """Start the goodbye of a session, or close it at once when there is nobody to say it to.

    Args:
        willing: False when the probe was cancelled: then everything closes at once.
    """
    if session.connection is None:
        return
    if not willing or not session.ended or not session.learnt.polite_end:
        await session.leave()
        return
    keep_under_way(_goodbye(session))


def keep_under_way(goodbye: Coroutine[Any, Any, None]) -> None:
    """Let a goodbye go on beside the answer; `wait_for_goodbyes` waits for it too."""
    task = asyncio.create_task(goodbye)
    _UNDER_WAY.add(task)
    task.add_done_callback(_UNDER_WAY.discard)


async def _goodbye(session: Session) -> None:
    connection = session.connection
    if connection is None:
        return
    started = session.clock.monotonic()
    try:
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(session.limits.quit_s):
                await connection.write(session.conversation.GOODBYE)
                received = 0
                # The server closes after its farewell; a talkative one is cut off by the time.
                while received < _ENOUGH and (data := await connection.read()):
                    if not received:
                        session.phases_ms["quit"] = (session.clock.monotonic() - started) * 1000
                    received += len(data)
    finally:
        await connection.close()


_ENOUGH = 4096


async def wait_for_goodbyes(timeout_s: float | None = None) -> None:
    """Wait until every probe of this event loop has said goodbye; after the time, cut them off.

    Args:
        timeout_s: None waits as long as each probe's own `quit_s`.
    """
    loop = asyncio.get_running_loop()
    mine = {task for task in _UNDER_WAY if task.get_loop() is loop}
    if not mine:
        return
    _, late = await asyncio.wait(mine, timeout=timeout_s)
    for task in late:
        task.cancel()
    await asyncio.gather(*late, return_exceptions=True)
