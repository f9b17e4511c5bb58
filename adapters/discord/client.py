"""discord.py, told what Mailport needs of it: no privileged intent, no member cache, nobody ever mentioned.

Interactions and messages are taken as Discord sends them, before discord.py makes objects of them: what
Mailport reads is in `inbox`, and a payload that lacks a field costs that field, not the connection.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Any

import aiohttp
import discord
from discord.state import AutoShardedConnectionState

from adapters.discord.api import DiscordApi, DiscordFailed, failure_of, object_of, use_address
from bot.settings import Settings

Take = Callable[[Mapping[str, Any]], None]
_LOG = logging.getLogger("mailport.discord")
# What goes wrong is said by us, in one line; discord.py writes tracebacks of every lost connection.
logging.getLogger("discord").setLevel(logging.CRITICAL)
SIGN_IN_S = 20.0


def intents() -> discord.Intents:
    """Servers with their roles, messages that mention us, direct messages; none of them is privileged."""
    return discord.Intents(guilds=True, guild_messages=True, dm_messages=True)


class State(AutoShardedConnectionState["DiscordClient"]):
    """discord.py's cache of servers, roles and channels; events that we read ourselves go to the client."""

    def parse_interaction_create(self, data: Any) -> None:
        """Something was asked by command, button or form."""
        self._get_client().take_interaction(data)

    def parse_message_create(self, data: Any) -> None:
        """A message was written."""
        self._get_client().take_message(data)

    def parse_guild_delete(self, data: Any) -> None:
        """A server is gone: we were removed from it, unless it is only out of order."""
        if not data.get("unavailable") and data.get("id"):
            self._get_client().take_leave(str(data["id"]))
        super().parse_guild_delete(data)


class DiscordClient(discord.AutoShardedClient):
    """The signed-in application.

    Attributes:
        introduced: Set when the gateway has said who we are.
        take_interaction: Gets every interaction; returns at once, never raises.
        take_message: The same for messages.
        take_leave: Gets the id of a server that we were removed from.
    """

    _connection: State

    def __init__(self, settings: Settings, *, shard_count: int | None = None) -> None:
        use_address(settings.discord_api_url)
        discord.VoiceClient.warn_nacl = False  # no voice here, so no word about its libraries
        discord.VoiceClient.warn_dave = False
        super().__init__(
            intents=intents(),
            allowed_mentions=discord.AllowedMentions.none(),
            max_messages=None,
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            guild_ready_timeout=0.0,
            # Silence is watched by `shard`, by acknowledgements; discord.py's clock may strike later only.
            heartbeat_timeout=max(120.0, settings.discord_heartbeat_timeout * 2),
            max_ratelimit_timeout=30.0,
            shard_count=shard_count,
        )
        self.introduced = asyncio.Event()
        self.take_interaction: Take = _ignore
        self.take_message: Take = _ignore
        self.take_leave: Callable[[str], None] = lambda _: None

    def _get_state(self, **options: Any) -> State:
        return State(
            dispatch=self.dispatch, handlers=self._handlers, hooks=self._hooks, http=self.http, **options
        )

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """discord.py's own pause; `shard` keeps the one that Discord asks for."""

    async def sign_in(self, token: str) -> str:
        """Show the token; returns our application's id, "" where REST does not say it (a stand-in).

        Raises:
            DiscordFailed: The token is refused, or Discord cannot be reached.
        """
        known: Mapping[str, Any] = {}
        try:
            async with asyncio.timeout(SIGN_IN_S):
                known = object_of(await self.http.static_login(token))
        except (discord.DiscordException, aiohttp.ClientError, OSError, TimeoutError) as problem:
            failed = failure_of(problem)
            if failed.kind != "missing":
                raise failed from None
        self.http.token = token
        if known.get("id"):
            self._connection.user = discord.ClientUser(state=self._connection, data=whole_user(known))
        return await self._application_id()

    async def _application_id(self) -> str:
        """What REST says of it; "" where it says nothing, and the gateway has to."""
        api = DiscordApi(self.http, "")
        for ask in (api.own_application, api.current_application):
            try:
                return str((await ask()).get("id") or "")
            except DiscordFailed as problem:
                if problem.kind in ("token", "unreachable"):
                    raise
        return ""

    def prepare(self, shard_count: int) -> None:
        """Before the first shard connects."""
        self.shard_count = shard_count
        self._connection.shard_count = shard_count
        self._connection.shard_ids = range(shard_count)


def whole_user(user: Mapping[str, Any]) -> Any:
    """A user with the fields that discord.py cannot do without."""
    return {"username": "Mailport", "discriminator": "0", "avatar": None, **user}


def _ignore(_: Mapping[str, Any]) -> None:
    """Nothing is taken before the adapter is set up."""
