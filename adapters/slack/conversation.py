"""From something asked to its answer in Slack: once, in order, with progress when it takes long."""

from __future__ import annotations

import asyncio
import itertools
import logging
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from adapters.conversation.interrupted import interrupted_card
from adapters.conversation.order import Order, Slot
from adapters.conversation.runs import Run, Runs
from adapters.conversation.seen import Seen
from adapters.slack.api import SlackFailed
from adapters.slack.delivery import Delivery, Ways
from adapters.slack.inbox import Asked, changes_something, form_of, is_instant
from adapters.slack.installations import Installations, Installed
from adapters.slack.people import People
from adapters.slack.render import render_pending
from bot.cards.model import Button, Card, Pending, Reply, rich
from bot.i18n import has, say, template
from bot.model.request import Person, Place, Request
from bot.model.value import replace
from bot.ports import Progress, silence

PROGRESS_AFTER_S = 0.9
PROGRESS_EVERY_S = 1.5
INTERRUPTED_S = 1.0
RUNS_AT_ONCE = 64
# Messages that wait for a channel beyond this: a progress message would only make the queue longer.
BUSY_CHANNEL = 3
# Ids of requests: unique among processes, cheap within one.
_PROCESS, _NUMBERS = secrets.token_hex(4), itertools.count(1)
_LOG = logging.getLogger(__name__)

Answer = Callable[[Request, Progress], Awaitable[Reply]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What a conversation uses.

    Attributes:
        answer: The core.
        language: Of progress messages, until the core has said its own.
        failed: Told of every delivery that failed.
    """

    answer: Answer
    installations: Installations
    people: People
    seen: Seen
    ways: Ways
    language: str
    failed: Callable[[SlackFailed], None]


class Conversation:
    """Answers what was asked. One per process."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._order = Order()
        self._runs = Runs()
        self._room = asyncio.Semaphore(RUNS_AT_ONCE)

    def take_slot(self, asked: Asked) -> Slot:
        """A place in the channel's order; taken when the request arrives, before anything is awaited."""
        return self._order.take(asked.team, asked.channel)

    async def hold(self, asked: Asked, slot: Slot) -> None:
        """Answer in that place; whatever goes wrong is logged in one line."""
        try:
            with slot:
                await self._hold(asked, slot)
        except SlackFailed as problem:
            _LOG.warning(
                "an answer could not be delivered in Slack (workspace %s, channel %s): %s",
                asked.team,
                asked.channel,
                problem,
            )
            self._desk.failed(problem)
        finally:
            self._order.done(asked.team, asked.channel, slot)

    async def _hold(self, asked: Asked, slot: Slot) -> None:
        if not await self._desk.seen.first_anywhere(asked.once):
            return
        installed = await self._desk.installations.find(asked.team, asked.enterprise)
        if installed is None:
            _LOG.warning("Slack workspace %s is not installed; nothing is answered there", asked.team)
            return
        if is_instant(asked):
            reply = await self._run(asked, installed, silence)
            await slot.turn()
            await Delivery(asked, installed.token, self._desk.ways).finish(with_form(reply.card, asked))
            return
        await self._hold_run(asked, installed, slot)

    async def _hold_run(self, asked: Asked, installed: Installed, slot: Slot) -> None:
        """What may take long: shared with whoever asks the same meanwhile, with progress."""
        run = self._runs.join(_equal(asked), lambda tell: self._run(asked, installed, tell))
        delivery = Delivery(asked, installed.token, self._desk.ways)
        try:
            await self._show_progress(run, delivery, slot)
            reply = await asyncio.shield(run.task)
        except asyncio.CancelledError:
            await self._say_interrupted(delivery)
            raise
        finally:
            await self._runs.leave(run)
        await slot.turn()
        await delivery.finish(with_form(reply.card, asked))

    async def _say_interrupted(self, delivery: Delivery) -> None:
        """The process ends: a progress message must not stand there for ever."""
        if not delivery.shown:
            return
        try:
            card = interrupted_card(self._desk.language, delivery.asked.text)
            await asyncio.wait_for(delivery.finish(card), INTERRUPTED_S)
        except (SlackFailed, TimeoutError) as problem:
            _LOG.warning("an interrupted answer could not be marked as such in Slack: %s", problem)

    async def _run(self, asked: Asked, installed: Installed, tell: Progress) -> Reply:
        async with self._room:
            return await self._desk.answer(await self._request(asked, installed), tell)

    async def _request(self, asked: Asked, installed: Installed) -> Request:
        person = Person(id=asked.person, locale=asked.locale)
        if asked.private or changes_something(asked):
            person = await self._desk.people.find(
                asked.team, asked.person, installed.token, locale=asked.locale
            )
        return Request(
            id=f"{_PROCESS}{next(_NUMBERS):06x}",
            place=place_of(asked),
            person=person,
            text=asked.text,
            command=asked.command,
            arguments=dict(asked.arguments),
            confirmed=asked.confirmed,
        )

    async def _show_progress(self, run: Run, delivery: Delivery, slot: Slot) -> None:
        """Until the run ends: nothing within the first second, then one message that is edited."""
        await asyncio.sleep(0)  # most answers need no more than this
        if run.task.done():
            return
        await asyncio.wait({run.task}, timeout=PROGRESS_AFTER_S)
        asked = delivery.asked
        if run.task.done() or self._desk.ways.outbound.backlog(asked.team, asked.channel) > BUSY_CHANNEL:
            return
        turn = asyncio.ensure_future(slot.turn())
        await asyncio.wait({run.task, turn}, return_when=asyncio.FIRST_COMPLETED)
        if run.task.done():
            await turn
            return
        try:
            await self._follow(run, delivery, slot)
        except SlackFailed as problem:
            # The verdict may still get through: its own failure is the one to tell.
            _LOG.info("progress could not be shown in Slack: %s", problem)

    async def _follow(self, run: Run, delivery: Delivery, slot: Slot) -> None:
        shown: Pending | None = None
        while not run.task.done():
            pending = run.pending or self._working()
            if pending != shown:
                await delivery.progress(render_pending(pending, self._desk.language))
                shown = pending
                slot.release()
            news = asyncio.ensure_future(run.wait_news())
            try:
                await asyncio.wait({run.task, news}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                news.cancel()
            await asyncio.wait({run.task}, timeout=PROGRESS_EVERY_S)

    def _working(self) -> Pending:
        return Pending(rich(template(self._desk.language, "slack.working")))


def with_form(card: Card, asked: Asked) -> Card:
    """A refusal of a command whose long text is missing offers its form: only a button can open one."""
    path = form_of(asked) if card.private else None
    title = f"slack.form.title-{'-'.join(path)}" if path is not None else ""
    if path is None or not has(card.language, title):
        return card
    button = Button(label=say(card.language, title), command=" ".join(path), style="primary")
    return replace(card, buttons=(button, *card.buttons))


def place_of(asked: Asked) -> Place:
    """Where it was asked, as the core knows it."""
    return Place(
        platform="slack",
        workspace=asked.workspace,
        channel=asked.channel,
        thread=asked.thread,
        private=asked.private,
    )


def _equal(asked: Asked) -> tuple[object, ...]:
    arguments = tuple(sorted(asked.arguments.items()))
    words = (asked.text, asked.command, arguments, asked.confirmed)
    return (asked.team, asked.channel, asked.thread, asked.person, *words)
