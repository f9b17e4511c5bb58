"""How many watches run at once: as many as do not make people wait.

Sweeps share the event loop with conversations. While servers are far away, 64 probes cost nothing; where
many answer in the same millisecond their handshakes queue up, and an answer to a person queues behind
them. So the loop's lag is measured, and runs are started the slower the larger it is; a processor that
is busy anyway loses nothing by it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from adapters.engine import metrics

MOST = 64
FIRST = 16
LEAST = 4
PERIOD_S = 0.1
TOO_LATE_S = 0.04
GOOD_S = 0.02
STEP = 2
SHRINK = 0.7


class Pace:
    """Measures the loop.

    Attributes:
        at_once: Watches that may run at once now.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self.at_once = FIRST

    async def measure(self) -> None:
        """Measure for ever."""
        while True:
            due = self._clock() + PERIOD_S
            await asyncio.sleep(PERIOD_S)
            self.heed(max(0.0, self._clock() - due))

    def heed(self, late_s: float) -> None:
        """Take one measurement into account."""
        metrics.LOOP_LAG.observe(late_s)
        if late_s > TOO_LATE_S:
            self.at_once = max(LEAST, int(self.at_once * SHRINK))
        elif late_s < GOOD_S:
            self.at_once = min(MOST, self.at_once + STEP)
