"""Registers the commands when, and only when, they changed: Discord allows 200 new ones a day."""

from __future__ import annotations

import logging

from adapters.discord.api import DiscordApi
from adapters.discord.declare import make_tree, tree_hash
from bot.errors import MailportError
from bot.ports import Tools

LIFETIME_S = 10 * 365 * 86400.0
_LOG = logging.getLogger("mailport.discord")


async def sync_commands(api: DiscordApi, tools: Tools) -> bool:
    """Register them, everywhere or in `MAILPORT_DISCORD_GUILD_ID`; whether that was necessary.

    Raises:
        DiscordFailed: Discord does not take them.
    """
    guild = tools.settings.discord_guild_id
    tree = make_tree(everywhere=guild is None)
    wanted, key = tree_hash(tree), f"discord:tree:{api.application}:{guild or 'everywhere'}"
    now = tools.clock.now()
    try:
        if await (await tools.stores()).memos.get(key, now) == wanted:
            return False
    except MailportError as problem:
        _LOG.warning("cannot tell whether Discord has these commands already, so they are sent: %s", problem)
    await api.put_commands(str(guild) if guild is not None else None, tree)
    _LOG.info("Discord: commands registered")
    try:
        await (await tools.stores()).memos.put(key, wanted, LIFETIME_S, now)
    except MailportError as problem:
        _LOG.warning("cannot remember that Discord has these commands: %s", problem)
    return True
