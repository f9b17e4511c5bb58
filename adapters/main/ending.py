"""An end that always comes: whoever does not finish in time is left behind.

A database call in a thread cannot be cut off: SQLite waits half a minute for another program's lock, and
asyncio waits for the thread. A process that was told to stop has ten seconds.
"""

from __future__ import annotations

import logging
import os
import sys
import threading

_LOG = logging.getLogger("mailport")


def end_within(seconds: float) -> threading.Timer:
    """End the process after this time, unless it has ended by itself; `cancel()` takes it back."""
    timer = threading.Timer(seconds, _end)
    timer.daemon = True
    timer.start()
    return timer


def _end() -> None:
    _LOG.warning("something did not finish in time; ending without it")
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)  # nothing is lost by it: what is written is written in transactions
