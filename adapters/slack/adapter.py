"""Slack as a whole: starts, keeps itself connected, says how it does, and ends in order.

    starting -> ok <-> a reason in words

A refused token or an unreachable Slack is one line in the log and a reason in `status()`; it is tried
again with growing pauses until it works. The process and the other platforms never notice.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Coroutine, Mapping
from typing import Any

import aiohttp
from aiohttp import web
from slack_bolt.async_app import AsyncApp, AsyncBoltContext, AsyncBoltRequest

from adapters.conversation.pause import Pause
from adapters.conversation.seen import Seen
from adapters.slack import limits
from adapters.slack.api import SlackApi, SlackFailed, failure_of, open_client, open_session
from adapters.slack.app import Hands, build_app
from adapters.slack.blocks import Json
from adapters.slack.conversation import Answer, Conversation, Desk
from adapters.slack.delivery import Ways
from adapters.slack.files import Draw, Files
from adapters.slack.inbox import Asked, needs_form
from adapters.slack.installations import Authorize, Installations, rotator_of
from adapters.slack.messenger import SlackMessenger
from adapters.slack.oauth import OAuth, open_oauth
from adapters.slack.outbound import Outbound
from adapters.slack.people import People
from adapters.slack.side_events import SideEvents
from adapters.slack.socket_mode import Ended, SocketMode
from adapters.slack.web import SlackWeb
from bot.commands.rate import Limiter
from bot.dispatch import answer
from bot.errors import MailportError, Unavailable
from bot.i18n import say
from bot.model.request import Request
from bot.ports import Post, Progress, Tools

RECHECK_S = 300.0
_LOG = logging.getLogger("mailport.slack")


def is_configured(tools: Tools) -> bool:
    """Whether the settings ask for Slack at all."""
    settings = tools.settings
    return bool(settings.slack_bot_token or (settings.slack_client_id and settings.slack_client_secret))


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
        self._language = tools.settings.language
        self._status = say(self._language, "slack.status-starting")
        self._tasks: set[asyncio.Task[None]] = set()
        self._keeper: asyncio.Task[None] | None = None
        self._wake = asyncio.Event()
        self._parts: _Parts | None = None
        secret = None if tools.settings.slack_app_token else tools.settings.slack_signing_secret
        self._web = SlackWeb(secret)

    # ---- what the composition root uses

    def routes(self) -> list[web.RouteDef]:
        """`/slack/events`, `/slack/install`, `/slack/oauth_redirect` for the web server."""
        return self._web.routes()

    def status(self) -> str:
        """Whether it works: "ok", or what is wrong in words."""
        return self._status

    async def post(self, post: Post) -> str:
        """Send a card outside any request. See `Messenger.post`."""
        if self._parts is None:
            raise Unavailable("slack-unavailable", why=self._status)
        try:
            return await self._parts.messenger.post(post)
        except Unavailable as problem:
            self._wake.set()  # perhaps the token is refused now: look at once, and say so
            raise problem from None

    async def start(self) -> None:
        """Begin; never waits for Slack."""
        self._keeper = asyncio.create_task(self._keep(), name="slack")

    async def stop(self, deadline_s: float = 8.0) -> None:
        """Take nothing new, deliver what is under way until the deadline, close everything."""
        self._web.serve(None)
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=deadline_s)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._parts is not None:
            await self._parts.close()
            self._parts = None

    # ---- staying connected

    async def _keep(self) -> None:
        pause = Pause()
        while True:
            try:
                await self._connected(pause)
            except SlackFailed as problem:
                self._say_failed(problem)
            except MailportError as problem:
                self._say("database", why=str(problem.details.get("why", problem.key)))
            except (aiohttp.ClientError, OSError, TimeoutError) as problem:
                self._say_failed(failure_of(problem))
            except Exception:  # noqa: BLE001  # a bug of ours must not end Slack for good
                _LOG.exception("keeping Slack connected failed")
                self._say("bug")
            await self._rest(pause.next())

    async def _connected(self, pause: Pause) -> None:
        """Be connected for as long as it lasts; returns or raises when it is over."""
        parts = await self._opened()
        settings = self._tools.settings
        while True:
            await parts.installations.identify()
            if settings.slack_app_token:
                if not await self._by_socket(parts, settings.slack_app_token, pause):
                    return
            elif settings.slack_signing_secret:
                self._set_ok()
                pause.reset()
                await self._rest(RECHECK_S)
            else:
                self._say("no-way-in")
                await self._rest(RECHECK_S)

    async def _by_socket(self, parts: _Parts, app_token: str, pause: Pause) -> bool:
        """One link; whether to open the next one at once."""
        said = await parts.api.call("apps.connections.open", app_token)

        def opened() -> None:
            self._set_ok()
            pause.reset()

        link = SocketMode(parts.session, self._envelope, opened, self._tools.clock.monotonic)
        ended: Ended = await link.run(str(said.get("url", "")))
        if ended == "refresh":
            return True
        self._say("disabled" if ended == "disabled" else "lost")
        return False

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
        return _payload_of(response.body, response.headers.get("content-type", [""])[0])

    async def _opened(self) -> _Parts:
        if self._parts is None:
            self._parts = await self._open()
            self._web.serve(self._parts.app)
        return self._parts

    async def _open(self) -> _Parts:
        settings = self._tools.settings
        oauth: OAuth | None = None
        if settings.slack_client_id and settings.slack_client_secret:
            oauth = await open_oauth(settings, (await self._tools.stores()).url)
        session = open_session()
        return _Parts(self, session, oauth)

    async def _rest(self, seconds: float) -> None:
        """Pause; a send that fails ends the pause, because the token may be refused now."""
        self._wake.clear()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), seconds)

    # ---- saying how it is

    def _set_ok(self) -> None:
        if self._status != "ok":
            _LOG.info("Slack: connected")
        self._status = "ok"

    def _say(self, word: str, **details: object) -> None:
        reason = say(self._language, f"slack.status-{word}", **details)
        if reason != self._status:
            _LOG.warning("Slack: %s", reason)
        self._status = reason

    def _say_failed(self, problem: SlackFailed) -> None:
        word = {"token": "token", "rate": "rate"}.get(problem.kind, "unreachable")
        self._say("refused" if problem.kind == "other" else word, why=problem.error)

    def failed(self, problem: SlackFailed) -> None:
        """A delivery failed; if the token is why, the keeper has to know."""
        if problem.kind == "token":
            self._say_failed(problem)
            self._wake.set()

    # ---- work

    async def answer(self, request: Request, progress: Progress) -> Any:
        """The core's answer."""
        return await answer(request, self._tools, progress=progress, limiter=self._limiter)

    def asked(self, asked: Asked) -> None:
        """Take something asked; returns at once."""
        parts = self._parts
        if parts is None or not parts.seen.first_here(asked.once):
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
            self._work(self._parts.side.take(kind, body, context.team_id, context.enterprise_id))

    def _work(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(self._careful(work), name="slack work")
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


class _Parts:
    """What is open while the adapter runs."""

    def __init__(self, adapter: SlackAdapter, session: aiohttp.ClientSession, oauth: OAuth | None) -> None:
        tools = adapter._tools  # one thing in two classes
        settings, clock = tools.settings, tools.clock.monotonic
        self.session = session
        self.oauth = oauth
        self.api = SlackApi(open_client(session, settings.slack_api_url))
        rotator = None
        if oauth is not None:
            rotator = rotator_of(self.api, oauth.settings.client_id, oauth.settings.client_secret)
        self.installations = Installations(
            self.api, settings.slack_bot_token, oauth.store if oauth else None, clock, rotator
        )
        outbound = Outbound(clock)
        ways = Ways(
            api=self.api,
            outbound=outbound,
            files=Files(self.api, outbound, adapter._draw),
            clock=clock,
        )
        self.people = People(self.api, settings.slack_admins, clock)
        self.seen = Seen("slack", tools.stores, tools.clock)
        ask: Answer = adapter.answer
        self.conversation = Conversation(
            Desk(
                answer=ask,
                installations=self.installations,
                people=self.people,
                seen=self.seen,
                ways=ways,
                language=settings.language,
                failed=adapter.failed,
            )
        )
        self.messenger = SlackMessenger(self.installations, ways)
        self.side = SideEvents(
            tools=tools, api=self.api, installations=self.installations, people=self.people
        )
        hands = Hands(asked=adapter.asked, event=adapter.event, language=settings.language)
        self.app: AsyncApp = build_app(
            self.api.client, Authorize(self.installations), hands, oauth.settings if oauth else None
        )

    async def close(self) -> None:
        """Close the session and the installation store."""
        await self.session.close()
        if self.oauth is not None:
            await self.oauth.close()


def _payload_of(body: str | None, content_type: str) -> Json | None:
    """Bolt's answer as the payload of an acknowledgement."""
    if not body:
        return None
    if content_type.startswith("application/json"):
        import json

        payload = json.loads(body)
        return payload if isinstance(payload, dict) else None
    return {"text": body[: limits.SECTION_CHARACTERS]}
