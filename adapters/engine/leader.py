"""What only one process may hold: a lease in the database, with failover within seconds.

    waiting -> holding -> waiting

Only a lease that somebody else holds keeps a process from starting. A database that does not work does
not: people are answered without it, and a holder that cannot renew goes on until it sees another one.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from adapters.engine import metrics
from bot.errors import MailportError
from bot.ports import Clock, Tools

LEASE_S = 8.0
RENEW_S = 2.5
TRY_S = 1.0
_LOG = logging.getLogger("mailport.engine")

Act = Callable[[], Awaitable[None]]


class Leader:
    """Holds one lease, or waits for it.

    Args:
        lease: Its name, such as "discord-gateway".
        owner: Name of this process.
        start: Called when it is held, from then on.
        stop: Called when it was lost.
    """

    def __init__(self, tools: Tools, lease: str, owner: str, start: Act, stop: Act) -> None:
        self._tools = tools
        self._clock: Clock = tools.clock
        self._lease = lease
        self._owner = owner
        self._start = start
        self._stop = stop
        self.holding = False

    async def step(self) -> float:
        """Take or keep the lease; seconds until it has to be looked at again."""
        try:
            stores = await self._tools.stores()
            held = await stores.workers.hold(self._lease, self._owner, self._clock.now(), lease_s=LEASE_S)
        except MailportError:
            await self._begin()
            raise
        if held:
            await self._begin()
        elif self.holding:
            await self._end()
        return RENEW_S if held else TRY_S

    async def leave(self) -> None:
        """Give it back, so that the next one need not wait."""
        self.holding = False
        stores = await self._tools.stores()
        await stores.workers.release(self._lease, self._owner)

    async def _begin(self) -> None:
        if not self.holding:
            self.holding = True
            metrics.LEADER.labels(self._lease).set(1)
            _LOG.info("%s: held by this process", self._lease)
            await self._start()

    async def _end(self) -> None:
        self.holding = False
        metrics.LEADER.labels(self._lease).set(0)
        _LOG.info("%s: held by another process", self._lease)
        await self._stop()
