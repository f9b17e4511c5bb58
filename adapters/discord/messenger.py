"""Posts cards that nobody asked for just now: alerts and reports. Implements the core's `Messenger`."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from typing import Any

from adapters.discord import limits
from adapters.discord.api import DiscordApi, DiscordFailed
from adapters.discord.delivery import Render, reference
from adapters.discord.render import Outgoing, plainest
from bot.errors import NotFound, Unavailable
from bot.ports import Post

DIRECT = "discord:dm:"
_LOG = logging.getLogger("mailport.discord")


@dataclass(frozen=True, slots=True)
class DiscordMessenger:
    """One per process."""

    api: DiscordApi
    render: Render

    async def post(self, post: Post) -> str:
        """Send once; returns the message's id. See `Messenger.post`."""
        try:
            try:
                return await self._post(post, await self.render(post.card, ""))
            except DiscordFailed as problem:
                if problem.kind != "bad":
                    raise
                _LOG.warning("Discord does not take a card of ours (%s); sent as text", problem)
                return await self._post(post, [plainest(post.card)])
        except DiscordFailed as problem:
            raise _for_the_outbox(problem) from None

    async def _post(self, post: Post, messages: list[Outgoing]) -> str:
        if post.edit is not None and await self._edit(post, post.edit, messages[0]):
            return post.edit
        channel = post.thread or post.channel
        try:
            return await self._send(post, channel, messages)
        except DiscordFailed as problem:
            if problem.kind != "gone" or not post.workspace.startswith(DIRECT):
                raise
        # Somebody may have closed the direct messages with us; they are opened again by the person.
        channel = await self.api.open_direct(post.workspace.removeprefix(DIRECT))
        return await self._send(post, channel, messages)

    async def _send(self, post: Post, channel: str, messages: list[Outgoing]) -> str:
        first = ""
        for number, message in enumerate(messages):
            body: dict[str, Any] = message.body()
            # Discord gives back the message that exists when the same nonce comes again.
            body |= {"nonce": nonce_of(post.key, number), "enforce_nonce": True}
            if post.reply_to is not None and not number:
                body["message_reference"] = reference(post.reply_to)
            said = await self.api.send(channel, body, message.files)
            first = first or str(said.get("id") or "")
        return first

    async def _edit(self, post: Post, message_id: str, message: Outgoing) -> bool:
        """Change the message; False when it is gone."""
        try:
            await self.api.edit(post.thread or post.channel, message_id, message.body(), message.files)
        except DiscordFailed as problem:
            if problem.kind != "missing":
                raise
            return False
        return True


def nonce_of(key: str, number: int = 0) -> str:
    """A name for the message that fits Discord's nonce."""
    return hashlib.sha256(f"{key}/{number}".encode()).hexdigest()[: limits.NONCE]


def _for_the_outbox(problem: DiscordFailed) -> NotFound | Unavailable:
    """What the sender of alerts should do: give up this channel, or try again."""
    if problem.kind in ("gone", "missing"):
        return NotFound("discord-channel-gone", why=problem.error)
    if problem.retry_after_s is not None:
        return Unavailable("discord-unavailable", why=problem.error, retry_after=problem.retry_after_s)
    return Unavailable("discord-unavailable", why=problem.error)
