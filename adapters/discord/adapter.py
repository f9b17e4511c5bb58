"""Discord as a whole: starts, keeps itself connected, says how it does, and ends in order.

    starting -> ok <-> a reason in words

A refused token or an unreachable Discord is one line in the log and a reason in `status()`; it is tried
again with growing pauses until it works. The process and the other platforms never notice.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any

import yarl

from adapters.conversation.pause import Pause
from adapters.conversation.seen import Seen
from adapters.discord.api import DiscordApi, DiscordFailed, failure_of
from adapters.discord.attachments import Attachments
from adapters.discord.buttons import STORED_S, long_commands, stored_key
from adapters.discord.client import DEFAULT_GATEWAY, DiscordClient
from adapters.discord.complete import complete
from adapters.discord.conversation import INTERRUPTED_S, Conversation, Desk
from adapters.discord.delivery import CHOICES, MODAL
from adapters.discord.forms import make_form
from adapters.discord.inbox import Asked, Completing, form_of, read_interaction, read_message
from adapters.discord.links import REFUSED_S, Gate, Left, Refused, Shard
from adapters.discord.messenger import DiscordMessenger
from adapters.discord.people import People
from adapters.discord.render import Outgoing, render_messages
from adapters.discord.sync import sync_commands
from bot.cards.model import Card, Chart, Reply
from bot.commands.rate import Limiter
from bot.dispatch import answer
from bot.errors import MailportError, Unavailable
from bot.i18n import LANGUAGES, say
from bot.model.request import Request
from bot.ports import Post, Progress, Tools

Draw = Callable[[Chart], Awaitable[bytes]]
_LOG = logging.getLogger("mailport.discord")


class DiscordAdapter:
    """Discord for one process. `start()` returns at once; connecting goes on behind it.

    Args:
        limiter: The process's own; shared with the other platforms.
        draw: Chart -> PNG.
    """

    def __init__(self, tools: Tools, limiter: Limiter | None = None, draw: Draw | None = None) -> None:
        self._tools = tools
        self._limiter = limiter
        self._draw = draw
        self._language = tools.settings.language
        self._status = say(self._language, "discord.status-starting")
        self._problems: dict[str, str] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._keeper: asyncio.Task[None] | None = None
        self._wake = asyncio.Event()
        self._parts: _Parts | None = None
        self._open = True

    # ---- what the composition root uses

    def status(self) -> str:
        """Whether it works: "ok", or what is wrong in words."""
        return self._status

    async def post(self, post: Post) -> str:
        """Send a card outside any request. See `Messenger.post`."""
        if self._parts is None:
            raise Unavailable("discord-unavailable", why=self._status)
        try:
            return await self._parts.messenger.post(post)
        except Unavailable as problem:
            self._wake.set()  # perhaps the token is refused now: look at once, and say so
            raise problem from None

    async def start(self) -> None:
        """Begin; never waits for Discord. May be called again after `stop`."""
        self._open = True
        self._keeper = asyncio.create_task(self._keep(), name="discord")

    async def stop(self, deadline_s: float = 8.0) -> None:
        """Take nothing new, deliver what is under way until the deadline, close everything."""
        self._open = False
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=max(0.0, deadline_s - INTERRUPTED_S))
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
            self._keeper = None
        self._status = say(self._language, "discord.status-starting")

    # ---- staying connected

    async def _keep(self) -> None:
        pause, slow = Pause(), Pause(REFUSED_S)
        while True:
            seconds = pause
            try:
                await self._signed_in(pause)
            except Refused as problem:
                self._say("token", why=str(problem))
                seconds = slow
            except DiscordFailed as problem:
                self._say_failed(problem)
            except Exception as problem:  # noqa: BLE001  # a bug of ours must not end Discord for good
                failed = failure_of(problem)
                if not isinstance(problem, OSError):
                    _LOG.exception("keeping Discord connected failed")
                    self._say("bug")
                else:
                    self._say_failed(failed)
            await self._rest(seconds.next())

    async def _signed_in(self, pause: Pause) -> None:
        """Be signed in for as long as it lasts; raises when it is over."""
        client = DiscordClient(self._tools.settings)
        async with client:
            application = await client.sign_in(str(self._tools.settings.discord_token))
            api = DiscordApi(client.http, application)
            gateway = await self._gateway(api)
            pause.reset()
            parts = self._parts = _Parts(self, client, api)
            try:
                await self._run(parts, gateway)
            finally:
                self._parts = None

    async def _gateway(self, api: DiscordApi) -> _Gateway:
        """Where to connect with how many shards. A stand-in need not know; the setting wins."""
        named = self._tools.settings.discord_gateway_url
        try:
            said = await api.gateway()
        except DiscordFailed as problem:
            if problem.kind in ("token", "unreachable", "rate") and named is None:
                raise
            said = {}
        limit = said.get("session_start_limit")
        limit = limit if isinstance(limit, Mapping) else {}
        if limit.get("remaining") == 0:
            seconds = float(limit.get("reset_after") or 0) / 1000
            raise DiscordFailed("rate", "no session starts left today", seconds)
        url = named or str(said.get("url") or DEFAULT_GATEWAY)
        return _Gateway(
            yarl.URL(url),
            int(said.get("shards") or 1),
            int(limit.get("max_concurrency") or 1),
            named is not None,
        )

    async def _run(self, parts: _Parts, gateway: _Gateway) -> None:
        parts.client.prepare(gateway.shards)
        self._problems = {f"shard {number}": "" for number in range(gateway.shards)}
        self._problems["commands"] = ""
        self._connected: set[int] = set()
        gate = Gate(gateway.at_once)
        timeout_s = self._tools.settings.discord_heartbeat_timeout
        work = [asyncio.create_task(self._sync(parts), name="discord commands")]
        for number in range(gateway.shards):
            shard = Shard(
                parts.client, number, gateway.url, gate, self._shard_said,
                timeout_s=timeout_s, fixed=gateway.fixed,
            )  # fmt: skip
            work.append(asyncio.create_task(shard.keep(), name=f"discord shard {number}"))
        try:
            done, _ = await asyncio.wait(work[1:], return_when=asyncio.FIRST_EXCEPTION)
            for task in done:
                task.result()
        finally:
            for task in work:
                task.cancel()
            await asyncio.gather(*work, return_exceptions=True)

    async def _sync(self, parts: _Parts) -> None:
        """Register the commands; tried again until it works."""
        pause = Pause(300.0)
        while True:
            try:
                await sync_commands(parts.api, self._tools)
            except DiscordFailed as problem:
                self._note("commands", say(self._language, "discord.status-commands", why=problem.error))
                await asyncio.sleep(max(pause.next(), problem.retry_after_s or 0.0))
            else:
                self._note("commands", "")
                return

    async def _rest(self, seconds: float) -> None:
        """Pause; a send that fails ends the pause, because the token may be refused now."""
        self._wake.clear()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), seconds)

    # ---- saying how it is

    def _shard_said(self, number: int, left: Left) -> None:
        if not left.word:
            self._connected.add(number)
        key = f"discord.status-{left.word}"
        self._note(f"shard {number}", say(self._language, key, why=left.why) if left.word else "")

    def _note(self, part: str, reason: str) -> None:
        """One part works or does not; all of it works when all parts do."""
        self._problems[part] = reason
        reasons = [one for one in self._problems.values() if one]
        if reasons:
            self._set_status(reasons[0])
        elif len(self._connected) == len(self._problems) - 1:
            if self._status != "ok":
                _LOG.info("Discord: connected")
            self._status = "ok"

    def _set_status(self, reason: str) -> None:
        if reason != self._status:
            _LOG.warning("Discord: %s", reason)
        self._status = reason

    def _say(self, word: str, **details: object) -> None:
        self._set_status(say(self._language, f"discord.status-{word}", **details))

    def _say_failed(self, problem: DiscordFailed) -> None:
        words: Mapping[str, str] = {"token": "token", "unreachable": "unreachable", "rate": "rate"}
        self._say(words.get(problem.kind, "refused"), why=problem.error)

    def failed(self, problem: DiscordFailed) -> None:
        """A delivery failed; a refused token ends the gateway's session too, which says so itself."""

    # ---- work

    async def answer(self, request: Request, progress: Progress) -> Reply:
        """The core's answer."""
        return await answer(request, self._tools, progress=progress, limiter=self._limiter)

    def take_interaction(self, data: Mapping[str, Any]) -> None:
        """Take an interaction; returns at once."""
        read = read_interaction(data)
        if read is None or not self._open or self._parts is None:
            return
        if isinstance(read, Completing):
            self._work(self._complete(self._parts, read))
        else:
            self._take(self._parts, read)

    def take_message(self, data: Mapping[str, Any]) -> None:
        """Take a message; returns at once."""
        parts = self._parts
        if parts is None or not self._open:
            return
        asked = read_message(data, own_id=parts.own_id)
        if asked is not None:
            self._take(parts, asked)

    def take_leave(self, guild: str) -> None:
        """We were removed from a server: everything of it is forgotten."""
        if self._open:
            self._work(self._forget(guild))

    def _take(self, parts: _Parts, asked: Asked) -> None:
        if not parts.seen.first_here(asked.once):
            return
        path = form_of(asked)
        if path is not None:
            self._work(self._show_form(parts, asked, path))
            return
        slot = parts.conversation.take_slot(asked)
        self._work(parts.conversation.hold(asked, slot))

    async def _complete(self, parts: _Parts, completing: Completing) -> None:
        choices = await complete(completing, self._tools)
        asked = completing.asked
        await parts.api.respond(asked.id, asked.token, {"type": CHOICES, "data": {"choices": choices}})

    async def _show_form(self, parts: _Parts, asked: Asked, path: tuple[str, ...]) -> None:
        wanted = (asked.locale or "")[:2].lower()
        language = wanted if wanted in LANGUAGES else self._language
        form = make_form(language, path)
        await parts.api.respond(asked.id, asked.token, {"type": MODAL, "data": form})

    async def _forget(self, guild: str) -> None:
        _LOG.warning("Discord server %s removed Mailport; what was stored for it is deleted", guild)
        await (await self._tools.stores()).forget_workspace(f"discord:{guild}")

    async def render(self, card: Card, echo: str) -> list[Outgoing]:
        """The card as messages: charts drawn, words behind long buttons stored."""
        for words in long_commands(card.buttons):
            memos = (await self._tools.stores()).memos
            key = f"discord:button:{stored_key(words)}"
            await memos.put(key, words, STORED_S, self._tools.clock.now())
        charts = [block for block in card.blocks if isinstance(block, Chart)]
        if self._draw is None or not charts:
            return render_messages(card, None, echo=echo)
        drawn = {chart: await self._draw(chart) for chart in charts}
        return render_messages(card, drawn.__getitem__, echo=echo)

    async def words(self, key: str) -> str | None:
        """Words behind a button that was too long for a custom id."""
        return await (await self._tools.stores()).memos.get(f"discord:button:{key}", self._tools.clock.now())

    def _work(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(self._careful(work), name="discord work")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _careful(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except (DiscordFailed, MailportError) as problem:
            _LOG.warning("something could not be done on Discord: %s", problem)
        except Exception:  # noqa: BLE001  # logged; nobody awaits this task
            _LOG.exception("work for Discord failed")


class _Gateway:
    """Where the gateway is.

    Attributes:
        at_once: Shards that may identify within five seconds.
        fixed: It comes from the settings.
    """

    def __init__(self, url: yarl.URL, shards: int, at_once: int, fixed: bool) -> None:  # noqa: FBT001
        self.url = url
        self.shards = shards
        self.at_once = at_once
        self.fixed = fixed


class _Parts:
    """What there is while we are signed in."""

    def __init__(self, adapter: DiscordAdapter, client: DiscordClient, api: DiscordApi) -> None:
        tools = adapter._tools  # one thing in two classes
        settings = tools.settings
        self.client = client
        self.api = api
        self.seen = Seen("discord", tools.stores, tools.clock)
        self.messenger = DiscordMessenger(api, adapter.render)
        self.conversation = Conversation(
            Desk(
                core=adapter.answer,
                api=api,
                people=People(api, settings.discord_admin_roles, tools.clock.monotonic),
                seen=self.seen,
                render=adapter.render,
                attachments=Attachments(anywhere=settings.discord_api_url is not None),
                words=adapter.words,
                language=settings.language,
                failed=adapter.failed,
            )
        )
        client.take_interaction = adapter.take_interaction
        client.take_message = adapter.take_message
        client.take_leave = adapter.take_leave

    @property
    def own_id(self) -> str:
        """Our user's id."""
        user = self.client.user
        return str(user.id) if user is not None else self.api.application
