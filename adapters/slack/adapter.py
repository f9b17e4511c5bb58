"""Slack as a whole: starts, keeps itself connected, says how it does, and ends in order.

    starting -> ok <-> a reason in words

A refused token or an unreachable Slack is one line in the log and a reason in `status()`; it is tried
again with growing pauses until it works. The process and the other platforms never notice.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Coroutine, Mapping
from typing import Any

from aiohttp import web
from slack_bolt.async_app import AsyncBoltContext, AsyncBoltRequest

from adapters.conversation.seen import Seen
from adapters.slack.api import SlackFailed
from adapters.slack.blocks import Json
from adapters.slack.condition import Condition
from adapters.slack.conversation import INTERRUPTED_S
from adapters.slack.files import Draw
from adapters.slack.inbox import Asked, needs_form, word
from adapters.slack.keeper import Keeper
from adapters.slack.parts import Parts, open_parts
from adapters.slack.web import SlackWeb
from bot.commands.rate import Limiter
from bot.dispatch import answer
from bot.errors import Unavailable
from bot.model.request import Request
from bot.ports import Post, Progress, Tools

_LOG = logging.getLogger("mailport.slack")


class SlackAdapter:
    """Slack for one process. `start()` returns at once; connecting goes on behind it.

    Args:
        limiter: The process's own; shared with the other platforms.
        draw: Chart -> PNG, for workspaces that do not take native charts.
    """

    def __init__(self, tools: Tools, limiter: Limiter | None = None, draw: Draw | None = None) -> None:
        self._tools = tools
        self._limiter = limiter
        self._draw = draw
        self._condition = Condition(tools.settings.language)
        self._tasks: set[asyncio.Task[None]] = set()
        self._keeper = Keeper(tools, self._condition, self._opened, self._envelope)
        self._keeping: asyncio.Task[None] | None = None
        self._parts: Parts | None = None
        secret = None if tools.settings.slack_app_token else tools.settings.slack_signing_secret
        self._web = SlackWeb(secret)

    # ---- what the composition root uses

    def routes(self) -> list[web.RouteDef]:
        """`/slack/events`, `/slack/install`, `/slack/oauth_redirect` for the web server."""
        return self._web.routes()

    def status(self) -> str:
        """Whether it works: "ok", or what is wrong in words."""
        return self._condition.words

    async def post(self, post: Post) -> str:
        """Send a card outside any request. See `Messenger.post`."""
        if self._parts is None:
            raise Unavailable("slack-unavailable", why=self.status(), sent=False)
        try:
            return await self._parts.messenger.post(post)
        except Unavailable as problem:
            self._keeper.wake()  # perhaps the token is refused now: look at once, and say so
            raise problem from None

    async def start(self) -> None:
        """Begin; never waits for Slack."""
        self._keeping = asyncio.create_task(self._keeper.run(), name="slack")

    async def stop(self, deadline_s: float = 8.0) -> None:
        """Take nothing new, deliver what is under way until the deadline, close everything."""
        self._web.serve(None)
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.gather(self._keeping, return_exceptions=True)
        await self._keeper.close()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=max(0.0, deadline_s - INTERRUPTED_S))
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._parts is not None:
            await self._parts.close()
            self._parts = None

    async def _opened(self) -> Parts:
        if self._parts is None:
            self._parts = await open_parts(self._tools, self, self._draw)
            self._web.serve(self._parts.app)
        return self._parts

    # ---- what Slack sends

    async def _envelope(self, envelope: Json) -> Json | None:
        """Hand an envelope to Bolt; what it answers is the acknowledgement's payload."""
        payload = envelope.get("payload")
        if self._parts is None or not isinstance(payload, dict):
            return None
        try:
            response = await self._parts.app.async_dispatch(
                AsyncBoltRequest(mode="socket_mode", body=payload)
            )
        except (AttributeError, TypeError, ValueError, KeyError, IndexError) as problem:
            _LOG.warning("Slack sent an envelope of an odd shape (%s)", type(problem).__name__)
            return None
        return _payload_of(response.body) if response.status == 200 else None

    async def answer(self, request: Request, progress: Progress) -> Any:
        """The core's answer."""
        return await answer(request, self._tools, progress=progress, limiter=self._limiter)

    def asked(self, asked: Asked) -> None:
        """Take something asked; returns at once."""
        parts = self._parts
        if parts is None or not _is_new(parts.seen, asked):
            return
        path = needs_form(asked)
        if path is not None:
            self._work(parts.side.open_form(asked, path))
            return
        slot = parts.conversation.take_slot(asked)
        self._work(parts.conversation.hold(asked, slot))

    def event(self, kind: str, body: Mapping[str, Any], context: AsyncBoltContext) -> None:
        """Take any other event; returns at once."""
        if self._parts is not None:
            team, enterprise = word(context.team_id), word(context.enterprise_id)
            self._work(self._parts.side.take(kind, body, team, enterprise))

    # ---- work

    def failed(self, problem: SlackFailed) -> None:
        """A delivery failed; if the token is why, the keeper has to know."""
        if problem.kind == "token":
            self._condition.tell_failed(problem)
            self._keeper.wake()

    def _work(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(self._careful(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _careful(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except SlackFailed as problem:
            _LOG.warning("something could not be done in Slack: %s", problem)
            self.failed(problem)
        except Exception:  # noqa: BLE001  # logged; nobody awaits this task
            _LOG.exception("work for Slack failed")


def _is_new(seen: Seen, asked: Asked) -> bool:
    """Whether this process has not taken it before; decides at once, without waiting."""
    said_first = seen.first_here(asked.said)
    return seen.first_here(asked.once) and (said_first or not asked.edited)


def _payload_of(body: str | None) -> Json | None:
    """Bolt's answer as the payload of an acknowledgement: what is wrong with a form."""
    payload = json.loads(body) if body and body.startswith("{") else None
    return payload if isinstance(payload, dict) else None
