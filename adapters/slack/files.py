"""Files that go with a message: exports, long texts, and charts that no block shows."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from adapters.slack.api import SlackApi, SlackFailed
from adapters.slack.outbound import Outbound
from adapters.slack.render import Rendered
from bot.cards.model import Chart

MAX_FILE_BYTES = 20_000_000
_LOG = logging.getLogger(__name__)

Draw = Callable[[Chart], Awaitable[bytes]]


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
        """Upload; a file that Slack does not take is logged, the message stands without it."""
        for attachment in rendered.files:
            content = attachment.content[:MAX_FILE_BYTES]
            await self._upload(token, team, channel, thread, attachment.name, content, "")
        for chart in rendered.charts:
            if self._draw is None:
                return
            picture = await self._draw(chart)
            await self._upload(token, team, channel, thread, "mailport-chart.png", picture, chart.alt)

    async def _upload(
        self, token: str, team: str, channel: str, thread: str | None, name: str, content: bytes, alt: str
    ) -> None:
        if not content:
            return

        async def act() -> None:
            await self._api.upload(
                token, channel=channel, thread=thread, name=name, content=content, title=name, alt=alt[:1000]
            )

        try:
            await self._outbound.send(team, channel, act)
        except SlackFailed as problem:
            _LOG.warning("Slack did not take the file %s: %s", name, problem)
