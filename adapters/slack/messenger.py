"""Posts cards that nobody asked for just now: alerts and reports. Implements the core's `Messenger`."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from adapters.slack.api import SlackFailed
from adapters.slack.blocks import Json
from adapters.slack.delivery import STILL, Ways
from adapters.slack.installations import Installations
from adapters.slack.render import Message, Rendered, render_card, text_only
from bot.cards.model import Card
from bot.errors import NotFound, Unavailable
from bot.ports import Post

METADATA = "mailport_post"
LOOK_BACK = 50
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SlackMessenger:
    """One per process; every send asks anew for the workspace's token."""

    installations: Installations
    ways: Ways

    async def post(self, post: Post) -> str:
        """Send once; returns the message's `ts`. See `Messenger.post`."""
        team = post.workspace.removeprefix("slack:")
        installed = await self.installations.find(team, fresh=True)
        if installed is None:
            raise NotFound("slack-not-installed", workspace=post.workspace)
        try:
            return await self._post(post, team, installed.token)
        except SlackFailed as problem:
            raise _for_the_outbox(problem) from None

    async def _post(self, post: Post, team: str, token: str) -> str:
        thread = post.reply_to or post.thread
        if post.edit is not None and await self._edit(post, token):
            return post.edit
        if post.retry:
            found = await self._already_there(post, token, thread)
            if found is not None:
                return found
        return await self._send(post, team, token, thread)

    async def _send(self, post: Post, team: str, token: str, thread: str | None) -> str:
        rendered, ts = await self._first(post, team, token, thread)
        for message in rendered.messages[1:]:
            await self._message(post, team, token, message, thread or ts)
        await self.ways.files.send(token, post.channel, thread or ts, rendered, team)
        return ts

    async def _first(self, post: Post, team: str, token: str, thread: str | None) -> tuple[Rendered, str]:
        """The first message, with as many of our blocks as Slack takes."""
        for rendered in _ever_plainer(post.card):
            try:
                return rendered, await self._message(post, team, token, rendered.messages[0], thread)
            except SlackFailed as problem:
                if problem.kind != "blocks" or not rendered.messages[0].blocks:
                    raise
                _LOG.warning("Slack does not take a block of ours (%s); sent without", problem)
        raise AssertionError("the plainest form has no blocks")  # pragma: no cover

    async def _message(self, post: Post, team: str, token: str, message: Message, thread: str | None) -> str:
        async def act() -> Json:
            return await self.ways.api.call(
                "chat.postMessage",
                token,
                channel=post.channel,
                thread_ts=thread,
                text=message.text,
                blocks=list(message.blocks) or None,
                metadata={"event_type": METADATA, "event_payload": {"key": post.key}},
                **STILL,
            )

        return str((await self.ways.outbound.send(team, post.channel, act)).get("ts") or "")

    async def _edit(self, post: Post, token: str) -> bool:
        """Change the message; False when it is gone or may not be changed any more."""
        for rendered in _ever_plainer(post.card):
            message = rendered.messages[0]
            try:
                await self.ways.api.call(
                    "chat.update",
                    token,
                    channel=post.channel,
                    ts=post.edit,
                    text=message.text,
                    blocks=list(message.blocks) or [],
                )
            except SlackFailed as problem:
                if problem.kind in ("missing", "other"):
                    return False
                if problem.kind != "blocks" or not message.blocks:
                    raise
                continue
            return True
        return False

    async def _already_there(self, post: Post, token: str, thread: str | None) -> str | None:
        """The message of an earlier try that arrived although we did not hear so."""
        method = "conversations.replies" if thread else "conversations.history"
        try:
            answer = await self.ways.api.read(
                method,
                token,
                channel=post.channel,
                ts=thread,
                include_all_metadata="true",
                limit=LOOK_BACK,
            )
        except SlackFailed as problem:
            if problem.kind in ("unreachable", "rate", "token"):
                raise  # better late than twice
            _LOG.warning("cannot look whether %s was posted already: %s", post.key, problem)
            return None
        for message in answer.get("messages") or ():
            metadata = message.get("metadata") or {}
            key = (metadata.get("event_payload") or {}).get("key")
            if metadata.get("event_type") == METADATA and key == post.key:
                return str(message.get("ts") or "") or None
        return None


def _ever_plainer(card: Card) -> tuple[Rendered, ...]:
    return render_card(card), render_card(card, native=False), text_only(card)


def _for_the_outbox(problem: SlackFailed) -> NotFound | Unavailable:
    """What the sender of alerts should do: give up this channel, or try again."""
    if problem.kind == "gone":
        return NotFound("slack-channel-gone", why=problem.error)
    if problem.retry_after_s is not None:
        return Unavailable("slack-unavailable", why=problem.error, retry_after=problem.retry_after_s)
    return Unavailable("slack-unavailable", why=problem.error)
