"""One answer on its way: progress and verdict are one message, whatever Slack lets us use for it.

    a slash command or button   fast: its response address, which works where we are no member
                                slow: `chat.postMessage`, edited by `chat.update`; where we are no
                                member the response address again, replacing what it posted
    mentions, direct messages   `chat.postMessage`, edited by `chat.update`
    only for the asker          the response address, else `chat.postEphemeral`

A response address serves five times within thirty minutes; after that it is `chat.postMessage` again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar

from adapters.slack import limits
from adapters.slack.api import Failure, SlackApi, SlackFailed
from adapters.slack.blocks import Json
from adapters.slack.files import Files
from adapters.slack.inbox import Asked
from adapters.slack.outbound import Outbound
from adapters.slack.render import Message, Rendered, render_card, text_only
from bot.cards.model import Card

_LOG = logging.getLogger(__name__)
TRIES = 5
FIRST_PAUSE_S = 0.5
T = TypeVar("T")
# Nothing that others wrote may unfurl, and no name in it may become a mention.
STILL: Json = {"unfurl_links": False, "unfurl_media": False, "link_names": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """What every delivery uses."""

    api: SlackApi
    outbound: Outbound
    files: Files
    clock: Callable[[], float]


@dataclass(slots=True)
class Delivery:
    """The answer to one thing asked.

    Attributes:
        ts: Of our message in the channel, once posted there.
        responded: The response address posted the progress message.
    """

    asked: Asked
    token: str
    ways: Ways
    ts: str | None = None
    responded: bool = False
    _uses: int = 0
    _born: float = field(default=0.0)
    _barred: bool = False

    def __post_init__(self) -> None:
        self._born = self.ways.clock()

    @property
    def shown(self) -> bool:
        """Whether a progress message stands in the channel."""
        return self.ts is not None or self.responded

    async def progress(self, message: Message) -> None:
        """Show an intermediate state: posted the first time, edited from then on."""
        if self.ts is not None:
            await self._update(message)
        elif not self.responded:
            await self._post_progress(message)

    async def finish(self, card: Card) -> None:
        """Give the answer.

        Raises:
            SlackFailed: It could not be delivered in any way.
        """
        echo = self.asked.echo if not card.private else ""
        try:
            await self._finish(card, render_card(card, echo=echo))
        except SlackFailed as problem:
            if problem.kind != "blocks":
                raise
            _LOG.warning("Slack does not take a block of ours (%s); sent without", problem)
            await self._finish_plainly(card, echo)

    async def _finish_plainly(self, card: Card, echo: str) -> None:
        try:
            await self._finish(card, render_card(card, native=False, echo=echo))
        except SlackFailed as problem:
            if problem.kind != "blocks":
                raise
            await self._finish(card, text_only(card))

    async def _finish(self, card: Card, rendered: Rendered) -> None:
        first, *rest = rendered.messages
        if card.private and not self.asked.private:
            await self._only_asker(rendered.messages)
            return
        await self._public(first, anchored=bool(rendered.files or rendered.charts))
        for message in rest:
            await self._continue(message)
        if not rendered.files and not rendered.charts:
            return
        # Without a message of ours in the channel we may still be a member: then the file stands alone.
        thread = self.asked.thread or self.ts
        await self.ways.files.send(self.token, self.asked.channel, thread, rendered, self.asked.team)

    async def _public(self, message: Message, *, anchored: bool) -> None:
        """Give the answer to everybody here, in the first way that works.

        Args:
            anchored: Files follow into its thread, so it has to be a message of ours in the channel.
        """
        if self.ts is not None and await self._update(message):
            return
        self.ts = None
        replaces = (self.asked.replaces and self.asked.source is not None) or self.responded
        if replaces and await self._respond(message, replace=True):
            return
        prefers_posting = self.asked.thread is not None or anchored
        if not prefers_posting or self._barred:
            if await self._respond(message):
                return
            await self._post(message)
            return
        try:
            await self._post(message)
        except SlackFailed as problem:
            if problem.kind not in ("gone", "other") or not await self._respond(message):
                raise

    async def _only_asker(self, messages: tuple[Message, ...]) -> None:
        await self._take_back()
        for message in messages:
            if not await self._respond(message, ephemeral=True):
                await self._ephemeral(message)

    async def _take_back(self) -> None:
        """Remove the progress message of an answer that only the asker may see."""
        try:
            if self.ts is not None:
                await self.ways.api.call("chat.delete", self.token, channel=self.asked.channel, ts=self.ts)
            elif self.responded and self._may_respond():
                self._uses += 1
                await self.ways.api.respond(str(self.asked.response_url), {"delete_original": True})
        except SlackFailed as problem:
            _LOG.warning("a progress message stays in Slack: %s", problem)
        self.ts, self.responded = None, False

    async def _post_progress(self, message: Message) -> None:
        try:
            await self._post(message)
        except SlackFailed as problem:
            if problem.kind not in ("gone", "other") or not self.asked.response_url:
                raise
            self._barred = True
            self.responded = await self._respond(message)

    async def _continue(self, message: Message) -> None:
        if self.ts is None and await self._respond(message):
            return
        await self._post(message, thread=self.asked.thread or self.ts)

    async def _post(self, message: Message, thread: str | None = None) -> None:
        body = self._body(message) | STILL
        thread = thread or self.asked.thread

        async def act() -> Json:
            # A post that Slack did not answer may have arrived: only what was refused is sent again.
            return await self._patiently(post, ("rate",))

        async def post() -> Json:
            return await self.ways.api.call(
                "chat.postMessage", self.token, channel=self.asked.channel, thread_ts=thread, **body
            )

        said = await self.ways.outbound.send(self.asked.team, self.asked.channel, act)
        self.ts = self.ts or str(said.get("ts") or "") or None

    async def _update(self, message: Message) -> bool:
        """Edit our message; False when it is not there any more, or may not be edited."""
        # Left out, the blocks of before would stay: an empty list takes them away.
        body: Json = {"text": message.text, "blocks": list(message.blocks)}

        async def act() -> None:
            await self.ways.api.call(
                "chat.update", self.token, channel=self.asked.channel, ts=self.ts, **body
            )

        try:
            await self._patiently(act, ("rate", "unreachable"))
        except SlackFailed as problem:
            if problem.kind not in ("missing", "gone", "other"):
                raise
            _LOG.info("a message of ours cannot be edited (%s); posting anew", problem)
            return False
        return True

    async def _ephemeral(self, message: Message) -> None:
        """Show it to the asker alone, in the channel; where that cannot be, in a direct message."""
        body = self._body(message)
        try:
            await self.ways.api.call(
                "chat.postEphemeral",
                self.token,
                channel=self.asked.channel,
                user=self.asked.person,
                thread_ts=self.asked.thread,
                **body,
            )
        except SlackFailed as problem:
            if problem.kind not in ("missing", "gone", "other"):
                raise
            await self.ways.api.call(
                "chat.postMessage", self.token, channel=self.asked.person, **body, **STILL
            )

    async def _respond(self, message: Message, *, ephemeral: bool = False, replace: bool = False) -> bool:
        """Use the response address; False when there is none or it is used up."""
        if not self._may_respond():
            return False
        self._uses += 1
        body = self._body(message) | {
            "response_type": "ephemeral" if ephemeral else "in_channel",
            "replace_original": replace,
        }
        if self.asked.thread:
            body["thread_ts"] = self.asked.thread
        try:
            await self.ways.api.respond(str(self.asked.response_url), body)
        except SlackFailed as problem:
            if problem.kind == "blocks":
                raise
            _LOG.info("a response address of Slack's does not work (%s); posting instead", problem)
            return False
        return True

    @staticmethod
    async def _patiently(act: Callable[[], Awaitable[T]], kinds: tuple[Failure, ...]) -> T:
        """Try again for a while, with the pauses that Slack asks for."""
        for tries in range(TRIES):
            try:
                return await act()
            except SlackFailed as problem:
                if problem.kind not in kinds or tries == TRIES - 1:
                    raise
                await asyncio.sleep(problem.retry_after_s or FIRST_PAUSE_S * 2**tries)
        raise AssertionError("the last try returns or raises")  # pragma: no cover

    def _may_respond(self) -> bool:
        young = self.ways.clock() - self._born < limits.RESPONSE_URL_LIFETIME_S
        return bool(self.asked.response_url) and young and self._uses < limits.RESPONSE_URL_USES

    @staticmethod
    def _body(message: Message) -> Json:
        return {"text": message.text, "blocks": list(message.blocks) or None}
