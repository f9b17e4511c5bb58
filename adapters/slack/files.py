"""Files that go with a message: exports, long texts, and charts that no block shows."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from adapters.slack import limits
from adapters.slack.api import SlackApi, SlackFailed
from adapters.slack.blocks import preformatted
from adapters.slack.markup import escaped_plainly, shortened
from adapters.slack.outbound import Outbound
from adapters.slack.render import Rendered
from bot.cards.model import Chart

MAX_FILE_BYTES = 20_000_000
# Of a file that goes out as messages: so much in all, so much in each.
TEXT_CHARACTERS = 24_000
PIECE_CHARACTERS = 8_000
_LOG = logging.getLogger(__name__)

Draw = Callable[[Chart], Awaitable[bytes]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """Where files go."""

    token: str
    team: str
    channel: str
    thread: str | None


class Files:
    """Uploads what a rendered card brings along, into the thread of its message.

    Args:
        draw: Chart -> PNG; None where nothing can draw.
    """

    def __init__(self, api: SlackApi, outbound: Outbound, draw: Draw | None) -> None:
        self._api = api
        self._outbound = outbound
        self._draw = draw

    async def send(self, token: str, channel: str, thread: str | None, rendered: Rendered, team: str) -> None:
        """Upload; a text that Slack does not take as a file follows as messages, as far as it goes.

        A picture that Slack does not take is logged: its words stand in the message already.
        """
        where = Where(token=token, team=team, channel=channel, thread=thread)
        for attachment in rendered.files:
            content = attachment.content[:MAX_FILE_BYTES]
            if not await self._upload(where, attachment.name, content, ""):
                await self._as_messages(where, attachment.name, content)
        for chart in rendered.charts:
            if self._draw is None:
                return
            await self._upload(where, "mailport-chart.png", await self._draw(chart), chart.alt)

    async def _upload(self, where: Where, name: str, content: bytes, alt: str) -> bool:
        if not content:
            return True

        async def act() -> None:
            await self._api.upload(
                where.token,
                channel=where.channel,
                thread=where.thread,
                name=name,
                content=content,
                title=name,
                alt=alt[:1000],
            )

        try:
            await self._outbound.send(where.team, where.channel, act)
        except SlackFailed as problem:
            _LOG.warning("Slack did not take the file %s: %s", name, problem)
            return False
        return True

    async def _as_messages(self, where: Where, name: str, content: bytes) -> None:
        text = content.decode("utf-8", "replace")
        shown, rest = text[:TEXT_CHARACTERS], len(text) - TEXT_CHARACTERS
        pieces = [shown[at : at + PIECE_CHARACTERS] for at in range(0, len(shown), PIECE_CHARACTERS)]
        if rest > 0:
            pieces[-1] += f"\n… (+{rest})"
        for piece in pieces:

            async def act(piece: str = piece) -> None:
                await self._api.call(
                    "chat.postMessage",
                    where.token,
                    channel=where.channel,
                    thread_ts=where.thread,
                    text=escaped_plainly(shortened(f"{name}\n{piece}", limits.FALLBACK_CHARACTERS)),
                    blocks=preformatted(piece) or None,
                )

            try:
                await self._outbound.send(where.team, where.channel, act)
            except SlackFailed as problem:
                _LOG.warning("Slack did not take %s as text either: %s", name, problem)
                return
