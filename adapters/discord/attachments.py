"""Files that came along with a question: read as text, with limits."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

import aiohttp

from adapters.discord.asked import Asked, Attached, command_of
from bot.commands.parse import MAX_TEXT
from bot.errors import BadInput, Unavailable
from bot.model.value import replace

MAX_BYTES = 256 * 1024
DEADLINE_S = 8.0
# Where Discord keeps files. A stand-in (MAILPORT_DISCORD_API_URL) keeps them where it likes.
HOSTS = frozenset({"cdn.discordapp.com", "media.discordapp.net"})


class Attachments:
    """Fetches files from Discord.

    Args:
        anywhere: Files may lie elsewhere, because the API does.
    """

    def __init__(self, *, anywhere: bool) -> None:
        self._anywhere = anywhere

    async def read(self, asked: Asked) -> Asked:
        """The same question with the first file's text in it.

        Raises:
            BadInput: `discord-file-large`, `discord-file-binary`.
            Unavailable: `discord-file-unavailable`.
        """
        command = command_of(asked)
        form = command.form if command is not None else None
        if form is None and (asked.text or asked.command is not None):
            return replace(asked, files=())  # a picture beside a question
        text = await self._text(asked.files[0])
        if form is not None and asked.command is not None:
            whole = f"{asked.arguments.get(form, '')}\n{text}".strip()
            return replace(asked, arguments={**asked.arguments, form: whole}, files=())
        if form is not None:
            return replace(asked, text=f"{asked.text}\n{text}"[:MAX_TEXT], files=())
        path = ("trace",) if "received:" in text.lower() else ("explain",)
        return replace(asked, command=path, arguments={"text": text}, files=())

    async def _text(self, file: Attached) -> str:
        if file.size > MAX_BYTES:
            raise BadInput("discord-file-large", name=file.name, limit=MAX_BYTES // 1024)
        address = urlsplit(file.url)
        if not self._anywhere and (address.scheme != "https" or address.hostname not in HOSTS):
            raise Unavailable("discord-file-unavailable", name=file.name, why="not on Discord's servers")
        try:
            async with asyncio.timeout(DEADLINE_S):
                content = await _fetch(file.url)
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as problem:
            why = str(problem) or "no answer in time"
            raise Unavailable("discord-file-unavailable", name=file.name, why=why) from None
        if len(content) > MAX_BYTES:
            raise BadInput("discord-file-large", name=file.name, limit=MAX_BYTES // 1024)
        if b"\0" in content:
            raise BadInput("discord-file-binary", name=file.name)
        return content.decode("utf-8", "replace")[:MAX_TEXT]


async def _fetch(url: str) -> bytes:
    # Files are rare: a session for each leaves nothing open in between.
    async with aiohttp.ClientSession() as session, session.get(url, allow_redirects=False) as answer:
        answer.raise_for_status()
        content = b""
        while len(content) <= MAX_BYTES and (chunk := await answer.content.read(65536)):
            content += chunk
        return content
