"""From something asked to its answer on Discord: acknowledged in time, once, in order, with progress.

An interaction has three seconds. Its first response is decided within one: a refusal or a quick answer
is the response itself, in the order of the questions; whatever takes longer is deferred, which holds its
place, and edited. Only the core says whether an answer is for the asker alone, and it refuses at once:
so it gets a moment before anything public is shown.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from adapters.conversation.interrupted import interrupted_card
from adapters.conversation.order import Order, Slot
from adapters.conversation.runs import Run, Runs
from adapters.conversation.seen import Seen
from adapters.discord.api import DiscordApi, DiscordFailed
from adapters.discord.asked import Asked, command_of, words_of
from adapters.discord.attachments import Attachments
from adapters.discord.delivery import Answer, AnsweredElsewhere, Render, Response
from adapters.discord.people import People
from bot.cards.failure import failure_card
from bot.cards.model import Button, Note, Pending, Reply, rich
from bot.errors import BadInput, MailportError, NotAllowed
from bot.i18n import say, template
from bot.model.request import Person, Request
from bot.model.value import replace
from bot.ports import Progress

# What probes is deferred after this moment, in which the core can refuse; everything else a little later.
REFUSAL_S = 0.15
ANSWER_S = 0.9
# Deferred by then at the latest, whoever else's turn it is.
LATEST_S = 1.5
# Rounds of the loop in which most answers are there, before a clock is wound up for them.
SOON = 4
PROGRESS_AFTER_S = 0.9
PROGRESS_EVERY_S = 1.5
INTERRUPTED_S = 1.0
# A look into the channel's settings, which are a local database.
LOOKED_UP_S = 0.5
RUNS_AT_ONCE = 64
POSTS_LATER = (("watch", "add"), ("report", "add"))
_LOG = logging.getLogger("mailport.discord")

Core = Callable[[Request, Progress], Awaitable[Reply]]
Delivery = Response | Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What a conversation uses.

    Attributes:
        core: Answers requests.
        words: Words behind a button by their key in storage.
        language_of: What is spoken where something was asked.
        language: Of what is said when there is no time to look that up.
    """

    core: Core
    api: DiscordApi
    people: People
    seen: Seen
    render: Render
    attachments: Attachments
    words: Callable[[str], Awaitable[str | None]]
    language_of: Callable[[Asked], Awaitable[str]]
    language: str


@dataclass(slots=True)
class _Watched:
    """The run that an answer waits for, once there is one."""

    run: Run | None = None


class Conversation:
    """Answers what was asked. One per process."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._order = Order()
        self._runs = Runs()
        self._room = asyncio.Semaphore(RUNS_AT_ONCE)

    def take_slot(self, asked: Asked) -> Slot:
        """A place in the channel's order; taken when the request arrives, before anything is awaited."""
        return self._order.take(asked.workspace, asked.channel)

    async def hold(self, asked: Asked, slot: Slot) -> None:
        """Answer in that place; whatever goes wrong is logged in one line."""
        try:
            with slot:
                await self._hold(asked, slot)
        except AnsweredElsewhere:
            _LOG.info("another process answered an interaction first")
        except DiscordFailed as problem:
            _LOG.warning(
                "an answer could not be delivered on Discord (%s, channel %s): %s",
                asked.workspace,
                asked.channel,
                problem,
            )
        finally:
            self._order.done(asked.workspace, asked.channel, slot)
            if asked.token:
                self._desk.api.done_with(asked.token)

    async def _hold(self, asked: Asked, slot: Slot) -> None:
        until = asyncio.get_running_loop().time() + LATEST_S
        watched = _Watched()
        delivery = self._delivery(asked)
        command = command_of(asked)
        probes = command is not None and command.probes
        work = asyncio.ensure_future(self._reply(asked, watched))
        try:
            for _ in range(SOON):
                await asyncio.sleep(0)
            if not work.done():
                await asyncio.wait({work}, timeout=REFUSAL_S if probes and asked.token else ANSWER_S)
            if not work.done():
                await self._begin(delivery, slot, until, private=command is not None and command.private)
                await self._follow(work, watched, delivery, slot)
            reply = await work
        except asyncio.CancelledError:
            await self._say_interrupted(delivery)
            raise
        finally:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)
        if reply is None:
            return
        if not delivery.begun:
            await self._turn(slot, until if asked.token else None)
        await delivery.finish(reply.card, deferring=probes)

    async def _say_interrupted(self, delivery: Delivery) -> None:
        """The process ends: what was begun must not look as if it went on for ever."""
        if not delivery.begun:
            return
        try:
            card = interrupted_card(self._desk.language, words_of(delivery.asked))
            await asyncio.wait_for(delivery.finish(card), INTERRUPTED_S)
        except (DiscordFailed, TimeoutError) as problem:
            _LOG.warning("an interrupted answer could not be marked as such on Discord: %s", problem)

    def _delivery(self, asked: Asked) -> Delivery:
        kind = Response if asked.token else Answer
        return kind(asked, self._desk.api, self._desk.render)

    async def _turn(self, slot: Slot, until: float | None) -> None:
        """Wait for this place's turn, but not longer than an interaction can."""
        if until is None or slot.at_turn:
            await slot.turn()
            return
        loop = asyncio.get_running_loop()
        turn = asyncio.ensure_future(slot.turn())
        try:
            await asyncio.wait({turn}, timeout=max(0.0, until - loop.time()))
        finally:
            turn.cancel()
            await asyncio.gather(turn, return_exceptions=True)

    async def _begin(self, delivery: Delivery, slot: Slot, until: float, *, private: bool) -> None:
        if isinstance(delivery, Response):
            await self._turn(slot, until)
            await delivery.begin(private=private)
            slot.release()

    async def _follow(
        self, work: asyncio.Future[Reply | None], watched: _Watched, delivery: Delivery, slot: Slot
    ) -> None:
        """Until the work is done: one message that is edited."""
        if isinstance(delivery, Answer):
            turn = asyncio.ensure_future(slot.turn())
            try:
                both: set[asyncio.Future[Any]] = {work, turn}
                await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
                if not turn.done():
                    return
            finally:
                turn.cancel()
                await asyncio.gather(turn, return_exceptions=True)
        else:
            await asyncio.wait({work}, timeout=PROGRESS_AFTER_S - REFUSAL_S)
        try:
            await self._edit_along(work, watched, delivery, slot)
        except DiscordFailed as problem:
            # The verdict may still get through: its own failure is the one to tell.
            _LOG.info("progress could not be shown on Discord: %s", problem)

    async def _edit_along(
        self, work: asyncio.Future[Reply | None], watched: _Watched, delivery: Delivery, slot: Slot
    ) -> None:
        shown: Pending | None = None
        working: Pending | None = None
        while not work.done():
            run = watched.run
            pending = run.pending if run is not None else None
            if pending is None:
                working = working or await self._working(delivery.asked)
                pending = working
            if pending != shown:
                await delivery.progress(pending)
                shown = pending
                slot.release()
            await asyncio.wait({work}, timeout=PROGRESS_EVERY_S)

    async def _working(self, asked: Asked) -> Pending:
        """Said after the acknowledgement, so there is time to look up what is spoken here."""
        language = self._desk.language
        with suppress(TimeoutError):
            async with asyncio.timeout(LOOKED_UP_S):
                language = await self._desk.language_of(asked)
        return Pending(rich(template(language, "discord.working")))

    # ---- the work itself

    async def _reply(self, asked: Asked, watched: _Watched) -> Reply | None:
        """The core's answer; None when this was answered before."""
        if not await self._desk.seen.first_anywhere(asked.once):
            return None
        try:
            asked = await self._complete(asked)
        except MailportError as problem:
            return Reply(card=failure_card(problem, await self._desk.language_of(asked)))
        run = self._runs.join(_equal(asked), lambda tell: self._run(asked, tell))
        watched.run = run
        try:
            return await asyncio.shield(run.task)
        finally:
            await self._runs.leave(run)

    async def _complete(self, asked: Asked) -> Asked:
        """With the words that lie in storage, and the text of files that came along.

        Raises:
            MailportError: They cannot be had.
        """
        if asked.stored:
            words = await self._desk.words(asked.stored)
            if words is None:
                raise BadInput("discord-button-old")
            asked = replace(asked, text=words)
        if asked.files:
            asked = await self._desk.attachments.read(asked)
        command = command_of(asked)
        if command is not None and command.changes and not asked.invited:
            raise NotAllowed("discord-not-invited", command=command.name)
        return asked

    async def _run(self, asked: Asked, tell: Progress) -> Reply:
        async with self._room:
            reply = await self._desk.core(await self._request(asked), tell)
        return _with_warning(asked, self._with_form_button(asked, reply))

    async def _request(self, asked: Asked) -> Request:
        command = command_of(asked)
        person = Person(id=asked.person, name=asked.name, admin=bool(asked.admin), locale=asked.locale)
        if command is not None and (command.changes or command.guarded or command.path == ("why",)):
            person = await self._desk.people.find(asked)
        return Request(
            id=secrets.token_hex(6),
            place=asked.place,
            person=person,
            text=asked.text,
            command=asked.command,
            arguments=dict(asked.arguments),
            confirmed=asked.confirmed,
        )

    def _with_form_button(self, asked: Asked, reply: Reply) -> Reply:
        """A message cannot open a form, but a button below the answer can."""
        command = command_of(asked)
        words = asked.text.strip().lower()
        if asked.kind != "message" or command is None or command.form is None or words != command.name:
            return reply
        label = say(reply.card.language, "discord.form.open")
        button = Button(label=label, command=command.name, style="primary")
        return replace(reply, card=replace(reply.card, buttons=(*reply.card.buttons, button), private=False))


def _with_warning(asked: Asked, reply: Reply) -> Reply:
    """What will be posted later says at once when it could not be."""
    command, card = command_of(asked), reply.card
    if not asked.silenced or card.private or command is None or command.path not in POSTS_LATER:
        return reply
    note = Note(rich(template(card.language, "discord.may-not-write")))
    return replace(reply, card=replace(card, blocks=(*card.blocks, note)))


def _equal(asked: Asked) -> tuple[object, ...]:
    arguments = tuple(sorted(asked.arguments.items()))
    words = (asked.text, asked.command, arguments, asked.confirmed)
    return (asked.workspace, asked.channel, asked.person, *words)
