"""One answer on its way: progress and verdict are one message, whatever Discord lets us use for it.

    commands, forms     the response: at once when the answer is there, else deferred and edited
    buttons             the same, as a new message; a confirmed question is replaced by its answer
    messages            a reply, edited
    only for the asker  an ephemeral response; for a message a direct message

A response that came too late (10062), whose token is too old or that somebody removed becomes a message
in the channel.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Literal

from adapters.discord.api import EPHEMERAL, NOBODY, DiscordApi, DiscordFailed, Failure, Files
from adapters.discord.asked import Asked
from adapters.discord.render import Outgoing, plainest, render_pending
from bot.cards.model import Card, Pending

Json = dict[str, Any]
State = Literal["new", "deferred", "lost"]
# Interaction response types.
MESSAGE, DEFERRED, DEFERRED_UPDATE, UPDATE, CHOICES, MODAL = 4, 5, 6, 7, 8, 9
_LOST: tuple[Failure, ...] = ("expired", "missing", "token")
_LOG = logging.getLogger("mailport.discord")

Render = Callable[[Card, str], Awaitable[list[Outgoing]]]


class AnsweredElsewhere(Exception):
    """Another process has answered this interaction."""


@dataclass(slots=True)
class Response:
    """The answer to an interaction.

    Attributes:
        state: "deferred" means that Discord shows that we think, or what we sent first.
        private: Deferred for the asker alone.
    """

    asked: Asked
    api: DiscordApi
    render: Render
    state: State = "new"
    private: bool = False

    @property
    def begun(self) -> bool:
        """Whether something is shown already."""
        return self.state != "new"

    async def begin(self, *, private: bool) -> None:
        """Say that the answer takes a moment; fixes who sees it."""
        if self.state != "new":
            return
        body: Json = {"type": DEFERRED_UPDATE if self.asked.replaces else DEFERRED}
        if private:
            body["data"] = {"flags": EPHEMERAL}
        self.private = private
        await self._respond(body)

    async def progress(self, pending: Pending) -> None:
        """Show an intermediate state."""
        if self.state == "deferred" and not self.asked.replaces:
            await self._edit(render_pending(pending))

    async def finish(self, card: Card, *, deferring: bool = False) -> None:
        """Give the answer.

        Args:
            deferring: A public answer edits a deferred one, even when it is there already.

        Raises:
            DiscordFailed: It could not be delivered in any way.
        """
        private = card.private and not self.asked.private
        messages = await self.render(card, self.asked.echo if not private else "")
        if deferring and not private:
            await self.begin(private=False)
        try:
            await self._finish(messages, private=private)
        except DiscordFailed as problem:
            if problem.kind != "bad":
                raise
            _LOG.warning("Discord does not take a card of ours (%s); sent as text", problem)
            await self._finish([plainest(card)], private=private)

    async def _finish(self, messages: list[Outgoing], *, private: bool) -> None:
        if self.state == "deferred" and private and not self.private:
            if not self.asked.replaces:  # else the response is the question itself
                await self._take_back()
            await self._follow_up(messages, EPHEMERAL)
            return
        first, *rest = messages
        if self.state == "new":
            await self._respond_with(first, EPHEMERAL if private else 0)
        elif self.state == "deferred" and not await self._edit(first):
            self.state = "lost"
        if self.state == "lost":
            await self._elsewhere(messages, private=private)
            return
        await self._follow_up(rest, EPHEMERAL if private or self.private else 0)

    async def _respond_with(self, message: Outgoing, flags: int) -> None:
        data = message.body() | ({"flags": flags} if flags else {})
        replaces = self.asked.replaces and not flags
        await self._respond({"type": UPDATE if replaces else MESSAGE, "data": data}, message.files)

    async def _respond(self, body: Json, files: Files = ()) -> None:
        try:
            await self.api.respond(self.asked.id, self.asked.token, body, files)
        except DiscordFailed as problem:
            if problem.kind == "taken":
                raise AnsweredElsewhere from None
            if problem.kind not in (*_LOST, "unreachable"):
                raise
            _LOG.info("a response came too late for Discord (%s); the answer becomes a message", problem)
            self.state = "lost"
        else:
            self.state = "deferred"

    async def _edit(self, message: Outgoing) -> bool:
        """Change the response; False when there is none any more."""
        try:
            await self.api.edit_response(
                self.asked.application, self.asked.token, message.body(), message.files
            )
        except DiscordFailed as problem:
            if problem.kind not in _LOST:
                raise
            return False
        return True

    async def _take_back(self) -> None:
        try:
            await self.api.delete_response(self.asked.application, self.asked.token)
        except DiscordFailed as problem:
            _LOG.info("a deferred response stays on Discord: %s", problem)

    async def _follow_up(self, messages: list[Outgoing], flags: int) -> None:
        for message in messages:
            body = message.body() | ({"flags": flags} if flags else {})
            await self.api.follow_up(self.asked.application, self.asked.token, body, message.files)

    async def _elsewhere(self, messages: list[Outgoing], *, private: bool) -> None:
        channel = await self.api.open_direct(self.asked.person) if private else self.asked.channel
        for message in messages:
            await self.api.send(channel, message.body(), message.files)


@dataclass(slots=True)
class Answer:
    """The answer to a message: a reply to it.

    Attributes:
        sent: Id of our reply.
    """

    asked: Asked
    api: DiscordApi
    render: Render
    sent: str = ""

    @property
    def begun(self) -> bool:
        """Whether something is shown already."""
        return bool(self.sent)

    async def begin(self, *, private: bool) -> None:
        """Nothing has to be said at once."""

    async def progress(self, pending: Pending) -> None:
        """Show an intermediate state: posted the first time, edited from then on."""
        await self._show(render_pending(pending))

    async def finish(self, card: Card, *, deferring: bool = False) -> None:
        """Give the answer. See `Response.finish`."""
        messages = await self.render(card, "")
        if card.private and not self.asked.private and await self._directly(messages):
            return
        try:
            await self._finish(messages)
        except DiscordFailed as problem:
            if problem.kind == "bad":
                _LOG.warning("Discord does not take a card of ours (%s); sent as text", problem)
                await self._finish([plainest(card)])
            elif problem.kind != "gone" or not await self._directly(await self.render(card, "")):
                raise

    async def _finish(self, messages: list[Outgoing]) -> None:
        first, *rest = messages
        await self._show(first)
        for message in rest:
            await self.api.send(self.asked.channel, message.body(), message.files)

    async def _directly(self, messages: list[Outgoing]) -> bool:
        """Tell the asker alone; False when the person takes no direct messages from us."""
        try:
            channel = await self.api.open_direct(self.asked.person)
            for message in messages:
                await self.api.send(channel, message.body(), message.files)
        except DiscordFailed as problem:
            _LOG.info("a person takes no direct message from us (%s); answered in the channel", problem)
            return False
        if self.sent:
            await self.api.delete(self.asked.channel, self.sent)
        return True

    async def _show(self, message: Outgoing) -> None:
        if self.sent:
            try:
                await self.api.edit(self.asked.channel, self.sent, message.body(), message.files)
            except DiscordFailed as problem:
                if problem.kind != "missing":
                    raise
                self.sent = ""
            else:
                return
        body = message.body() | {"message_reference": reference(self.asked.id)}
        said = await self.api.send(self.asked.channel, body, message.files)
        self.sent = str(said.get("id") or "")


def reference(message: str) -> Json:
    """Makes a message a reply; one that was removed meanwhile does no harm."""
    return {"message_id": message, "fail_if_not_exists": False}


__all__ = ["NOBODY", "Answer", "AnsweredElsewhere", "Response", "reference"]
