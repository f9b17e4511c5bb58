"""Whether our own way out works, asked of control targets, so that its loss is told once and not per watch.

A control counts only if one of them answered from here before: where none ever did (a closed network,
port 25 blocked by the provider) their silence says nothing, and watches are believed as they are. What
is known is kept in the database, so that a restart in the middle of a loss tells nothing twice.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime

from adapters.engine import metrics
from bot.errors import MailportError
from bot.model.outcome import Endpoint
from bot.model.services import Service
from bot.model.target import Target, parse_target
from bot.ports import Tools
from bot.watches.grouping import uplink_lost, vantage_messages
from bot.watches.stores import Stores

ASK_S = 3.0
DNS_S = 2.0
# An answer is believed this long: a burst of failures asks once.
FRESH_S = 1.0
STEADY_S = 300.0
LOST_S = 3.0
SEEN_FOR_S = 7 * 86400.0
LOST_FOR_S = 30 * 86400.0
DEFAULT_PORT = 25
_LOG = logging.getLogger("mailport.engine")


class Uplink:
    """The uplink of one vantage.

    Args:
        news: Called when messages were put into the outbox.
    """

    def __init__(self, tools: Tools, stores: Stores, news: Callable[[], None]) -> None:
        self._tools = tools
        self._stores = stores
        self._news = news
        self._vantage = tools.settings.vantage
        self._controls = _targets(tools.settings.control_targets)
        self._lock = asyncio.Lock()
        self._asked_at: float | None = None
        self._seen: bool | None = None
        self.lost_since: datetime | None = None
        self.wake: Callable[[], None] = _nobody

    async def step(self) -> float:
        """Ask now and then, more often while it is lost; tells when it is back."""
        if not self._controls:
            return STEADY_S
        await self.ask()
        return LOST_S if self.lost_since is not None else STEADY_S

    async def is_lost(self) -> bool:
        """Whether it is lost, asked now (or less than a second ago)."""
        if not self._controls or self._seen is not True:
            return False
        await self.ask()
        return self.lost_since is not None

    async def ask(self) -> None:
        """Ask the controls, unless that was done just now, and tell what changed.

        Raises:
            Unavailable: The database does not work.
        """
        async with self._lock:
            clock = self._tools.clock
            if self._seen is None:
                await self._recall()
            if self._asked_at is not None and clock.monotonic() - self._asked_at < FRESH_S:
                return
            self._asked_at = clock.monotonic()
            answers = await asyncio.gather(*(self._reached(target) for target in self._controls))
            await self._take(answers)

    async def _recall(self) -> None:
        now = self._tools.clock.now()
        seen = await self._stores.memos.get(f"uplink-seen-{self._vantage}", now)
        lost = await self._stores.memos.get(f"uplink-lost-{self._vantage}", now)
        self._seen = seen is not None
        self.lost_since = datetime.fromisoformat(lost) if lost else None

    async def _take(self, answers: Sequence[bool]) -> None:
        now = self._tools.clock.now()
        if not uplink_lost(answers):
            await self._stores.memos.put(f"uplink-seen-{self._vantage}", "yes", SEEN_FOR_S, now)
            self._seen = True
            metrics.UPLINK.set(1)
            await self._back(now)
        elif self._seen:
            metrics.UPLINK.set(0)
            await self._lost(now)

    async def _lost(self, now: datetime) -> None:
        if self.lost_since is not None:
            return
        since = await self._agreed_since(now)
        watches = await self._stores.watches.of_vantage(self._vantage)
        _LOG.warning("%s: no control target answers; alerts wait", self._vantage)
        await self._stores.outbox.put(
            vantage_messages("uplink", self._vantage, "lost", since, now, watches), now
        )
        self.lost_since = since
        self._news()
        self.wake()  # from now on it is asked every few seconds

    async def _agreed_since(self, now: datetime) -> datetime:
        """When it was lost: workers of one place agree, so that they tell it once."""
        memos, key = self._stores.memos, f"uplink-lost-{self._vantage}"
        known = await memos.get(key, now)
        if known:
            return datetime.fromisoformat(known)
        if await memos.first(f"{key}-claimed", SEEN_FOR_S, now):
            await memos.put(key, now.isoformat(), LOST_FOR_S, now)
            return now
        await asyncio.sleep(0.2)
        return datetime.fromisoformat(await memos.get(key, now) or now.isoformat())

    async def _back(self, now: datetime) -> None:
        if self.lost_since is None:
            return
        since = self.lost_since
        watches = await self._stores.watches.of_vantage(self._vantage)
        _LOG.warning("%s: control targets answer again", self._vantage)
        await self._stores.outbox.put(
            vantage_messages("uplink", self._vantage, "back", since, now, watches), now
        )
        for key in (f"uplink-lost-{self._vantage}", f"uplink-lost-{self._vantage}-claimed"):
            await self._stores.memos.put(key, "", 0, now)
        self.lost_since = None
        self._news()

    async def _reached(self, target: Target) -> bool:
        """Whether one address of a control takes a connection."""
        network = self._tools.network()
        try:
            async with asyncio.timeout(ASK_S):
                if target.address is not None:
                    addresses = [target.address]
                else:
                    found = await network.resolver.addresses(target.name, lifetime=DNS_S)
                    addresses = sorted(found.allowed, key=lambda one: one.version)[:1]
                for address in addresses:
                    port = target.port or DEFAULT_PORT
                    endpoint = Endpoint(
                        host=target.name,
                        address=str(address),
                        family=6 if address.version == 6 else 4,
                        service=Service("control", port, "smtp", "starttls", "delivery"),
                    )
                    connection = await network.dialer.dial(endpoint)
                    await connection.close()
                    return True
        except (OSError, TimeoutError, MailportError):
            return False
        return False


def _nobody() -> None:
    """Nobody to wake yet."""


def _targets(texts: Sequence[str]) -> tuple[Target, ...]:
    return tuple(parse_target(text) for text in texts)
