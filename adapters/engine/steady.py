"""One step, done again and again: failures are said once, retried with growing pauses, never fatal."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable

from bot.errors import MailportError

FIRST_PAUSE_S = 0.25
LONGEST_PAUSE_S = 5.0
_LOG = logging.getLogger("mailport.engine")

Step = Callable[[], Awaitable[float]]


class Steady:
    """Runs a step for ever.

    Args:
        step: Does what is to be done now; returns the seconds after which to look again.
        clock: Seconds that only go forward.
        stuck_s: A step that takes longer shows in `word`.
    """

    def __init__(self, name: str, step: Step, clock: Callable[[], float], *, stuck_s: float) -> None:
        self.name = name
        self._step = step
        self._clock = clock
        self._stuck_s = stuck_s
        self._woken = asyncio.Event()
        self._problem = ""
        self._began: float | None = None

    @property
    def word(self) -> str:
        """Whether it works: "ok", or what is wrong."""
        if self._problem:
            return self._problem
        if self._began is not None and self._clock() - self._began > self._stuck_s:
            return f"{self.name}: no answer for {self._clock() - self._began:.0f} s"
        return "ok"

    def wake(self) -> None:
        """Look at once."""
        self._woken.set()

    async def run(self) -> None:
        """Until cancelled."""
        failures = 0
        while True:
            self._woken.clear()
            self._began = self._clock()
            try:
                pause = await self._step()
                self._went_well()
                failures = 0
            except MailportError as problem:
                self._failed(str(problem.details.get("why", problem.key)))
                failures += 1
            except Exception:  # noqa: BLE001  # a bug must not end watching for good
                _LOG.exception("%s: failed, and is tried again", self.name)
                self._problem = f"{self.name}: a bug, see the log"
                failures += 1
            self._began = None
            if failures:
                pause = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0**failures)
                await asyncio.sleep(pause)
            else:
                await self._rest(pause)

    async def _rest(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._woken.wait(), seconds)

    def _went_well(self) -> None:
        if self._problem:
            _LOG.info("%s: works again", self.name)
        self._problem = ""

    def _failed(self, why: str) -> None:
        if why != self._problem:
            _LOG.warning("%s: does not work now: %s", self.name, why)
        self._problem = why
