"""Discord as a whole: starts, keeps itself connected, says how it does, and ends in order.

    starting -> ok <-> a reason in words

A refused token or an unreachable Discord is one line in the log and a reason in `status()`; it is tried
again with growing pauses until it works. The process and the other platforms never notice.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any

from adapters.conversation.seen import Seen
from adapters.discord.api import DiscordApi, DiscordFailed
from adapters.discord.asked import Asked, Completing, form_of
from adapters.discord.attachments import Attachments
from adapters.discord.buttons import STORED_S, long_commands, stored_key
from adapters.discord.client import DiscordClient
from adapters.discord.complete import complete
from adapters.discord.condition import Condition
from adapters.discord.conversation import INTERRUPTED_S, Conversation, Desk
from adapters.discord.delivery import CHOICES, MODAL
from adapters.discord.forms import make_form
from adapters.discord.inbox import read_interaction, read_message
from adapters.discord.keeper import Keeper
from adapters.discord.messenger import DiscordMessenger
from adapters.discord.people import People
from adapters.discord.render import Outgoing, render_messages
from bot.cards.model import Card, Chart, Reply
from bot.commands.rate import Limiter
from bot.dispatch import answer
from bot.errors import MailportError, Unavailable
from bot.i18n import LANGUAGES
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
        self._condition = Condition(tools.settings.language)
        self._keeper = Keeper(tools, self._condition, self._opened, self._closed)
        self._keeping: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._parts: Parts | None = None
        self._open = True

    # ---- what the composition root uses

    def status(self) -> str:
        """Whether it works: "ok", or what is wrong in words."""
        return self._condition.words

    async def post(self, post: Post) -> str:
        """Send a card outside any request. See `Messenger.post`."""
        if self._parts is None:
            raise Unavailable("discord-unavailable", why=self._condition.words, sent=False)
        try:
            return await self._parts.messenger.post(post)
        except Unavailable as problem:
            self._keeper.wake()  # perhaps the token is refused now: look at once, and say so
            raise problem from None

    async def start(self) -> None:
        """Begin; never waits for Discord. May be called again after `stop`."""
        self._open = True
        self._condition.begin()
        self._keeping = asyncio.create_task(self._keeper.run(), name="discord")

    async def stop(self, deadline_s: float = 8.0) -> None:
        """Take nothing new, deliver what is under way until the deadline, close everything."""
        self._open = False
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=max(0.0, deadline_s - INTERRUPTED_S))
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.gather(self._keeping, return_exceptions=True)
            self._keeping = None

    def _opened(self, client: DiscordClient, api: DiscordApi) -> None:
        self._parts = Parts(self, self._tools, client, api)
        client.take_interaction = self.take_interaction
        client.take_message = self.take_message
        client.take_leave = self.take_leave

    def _closed(self) -> None:
        self._parts = None

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

    def _take(self, parts: Parts, asked: Asked) -> None:
        if not parts.seen.first_here(asked.once):
            return
        path = form_of(asked)
        if path is not None:
            self._work(self._show_form(parts, asked, path))
            return
        slot = parts.conversation.take_slot(asked)
        self._work(parts.conversation.hold(asked, slot))

    async def _complete(self, parts: Parts, completing: Completing) -> None:
        choices = await complete(completing, self._tools)
        await self._respond(parts, completing.asked, {"type": CHOICES, "data": {"choices": choices}})

    async def _show_form(self, parts: Parts, asked: Asked, path: tuple[str, ...]) -> None:
        wanted = (asked.locale or "")[:2].lower()
        language = wanted if wanted in LANGUAGES else self._tools.settings.language
        form = make_form(language, path)
        await self._respond(parts, asked, {"type": MODAL, "data": form})

    async def _respond(self, parts: Parts, asked: Asked, body: dict[str, Any]) -> None:
        """The whole answer to an interaction that is no question."""
        try:
            await parts.api.respond(asked.id, asked.token, body)
        finally:
            parts.api.done_with(asked.token)

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

    async def language_of(self, asked: Asked) -> str:
        """The channel's language; in private the person's; else the setting."""
        try:
            stored = await (await self._tools.stores()).channels.settings_of(asked.place)
        except MailportError:
            stored = {}
        wanted = (asked.locale or "")[:2].lower() if asked.private else ""
        default = wanted if wanted in LANGUAGES else self._tools.settings.language
        return stored.get("language") or default

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


class Parts:
    """What there is while we are signed in."""

    def __init__(self, adapter: DiscordAdapter, tools: Tools, client: DiscordClient, api: DiscordApi) -> None:
        settings = tools.settings
        self._client = client
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
                language_of=adapter.language_of,
                language=settings.language,
            )
        )

    @property
    def own_id(self) -> str:
        """Our user's id."""
        user = self._client.user
        return str(user.id) if user is not None else self.api.application
