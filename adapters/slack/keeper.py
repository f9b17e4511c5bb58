"""Keeps Slack connected: opens a link, opens the next before the last has ended, pauses after failures.

disconnect "refresh_requested", "warning"   the next link at once; the old one is read to its end
disconnect "too_many_websockets"            a pause: every further link would only be one more
disconnect "link_disabled", a lost link     a pause that grows
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable

import aiohttp

from adapters.conversation.pause import Pause
from adapters.slack.api import SlackFailed, failure_of
from adapters.slack.condition import Condition
from adapters.slack.parts import Parts
from adapters.slack.socket_mode import Ended, Envelope, SocketMode
from bot.errors import MailportError
from bot.ports import Tools

RECHECK_S = 300.0
# Refreshes in a row, each within `QUICK_S` of opening, after which a pause is due.
QUICK_S, QUICK_REFRESHES = 2.0, 3
_LOG = logging.getLogger("mailport.slack")
_ENDS: dict[Ended, str] = {"disabled": "disabled", "crowded": "crowded"}


class Keeper:
    """One per adapter; `run` never returns by itself.

    Args:
        opened: Gives the open parts, opening them when needed.
        envelope: Takes what Socket Mode brings.
    """

    def __init__(
        self,
        tools: Tools,
        condition: Condition,
        opened: Callable[[], Awaitable[Parts]],
        envelope: Envelope,
    ) -> None:
        self._tools = tools
        self._condition = condition
        self._opened = opened
        self._envelope = envelope
        self._wake = asyncio.Event()
        self._pause = Pause()
        self._ending: set[asyncio.Task[None]] = set()
        self._quick = 0

    def wake(self) -> None:
        """End a pause: a send failed, perhaps the token is refused now."""
        self._wake.set()

    async def run(self) -> None:
        """Be connected, for good."""
        while True:
            try:
                await self._connected()
            except SlackFailed as problem:
                self._condition.tell_failed(problem)
            except MailportError as problem:
                self._condition.tell("database", why=str(problem.details.get("why", problem.key)))
            except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as problem:
                self._condition.tell_failed(failure_of(problem))
            except Exception:  # noqa: BLE001  # a bug of ours must not end Slack for good
                _LOG.exception("keeping Slack connected failed")
                self._condition.tell("bug")
            await self._rest(self._pause.next())

    async def close(self) -> None:
        """End the links that are still read to their end."""
        for task in self._ending:
            task.cancel()
        await asyncio.gather(*self._ending, return_exceptions=True)

    async def _connected(self) -> None:
        """Be connected for as long as it lasts; returns or raises when it is over."""
        parts = await self._opened()
        settings = self._tools.settings
        while True:
            await _identify(parts)
            if settings.slack_app_token:
                if not await self._by_socket(parts, settings.slack_app_token):
                    return
            elif settings.slack_signing_secret:
                self._up()
                await self._rest(RECHECK_S)
            else:
                self._condition.tell("no-way-in")
                await self._rest(RECHECK_S)

    async def _by_socket(self, parts: Parts, app_token: str) -> bool:
        """One link; whether to open the next one at once."""
        said = await parts.api.call("apps.connections.open", app_token)
        clock = self._tools.clock.monotonic
        link = SocketMode(parts.session, self._envelope, self._up, clock, ending=self._let_end)
        began = clock()
        ended = await link.run(str(said.get("url", "")))
        if ended == "refresh":
            self._quick = self._quick + 1 if clock() - began < QUICK_S else 0
            if self._quick < QUICK_REFRESHES:
                return True
        self._condition.tell(_ENDS.get(ended, "lost"))
        return False

    def _up(self) -> None:
        self._condition.set_ok()
        self._pause.reset()

    def _let_end(self, reading: Awaitable[None]) -> None:
        task = asyncio.ensure_future(reading)
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)

    async def _rest(self, seconds: float) -> None:
        self._wake.clear()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), seconds)


async def _identify(parts: Parts) -> None:
    """Learn who we are. Only a refused token or an unreachable Slack stands in the way of working.

    Raises:
        SlackFailed: One of those.
    """
    try:
        await parts.installations.identify()
    except SlackFailed as problem:
        if problem.kind != "other":
            raise
        _LOG.warning("Slack does not say who we are (auth.test: %s); going on without", problem)
