"""discord.py, told what Mailport needs of it: no privileged intent, no member cache, nobody ever mentioned.

Interactions and messages are taken as Discord sends them, before discord.py makes objects of them: what
Mailport reads is in `inbox`, and a payload that lacks a field costs that field, not the connection.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import Callable, Mapping
from typing import Any

import aiohttp
import discord
import yarl
from discord import utils
from discord.gateway import DiscordWebSocket
from discord.http import INTERNAL_API_VERSION
from discord.state import AutoShardedConnectionState

from adapters.discord.api import DiscordApi, DiscordFailed, failure_of, object_of, use_address
from bot.settings import Settings

Take = Callable[[Mapping[str, Any]], None]
_LOG = logging.getLogger("mailport.discord")
# What goes wrong is said by us, in one line; discord.py writes tracebacks of every lost connection.
logging.getLogger("discord").setLevel(logging.CRITICAL)
DEFAULT_GATEWAY = yarl.URL("wss://gateway.discord.gg/")
SIGN_IN_S = 20.0
_DISPATCH, _ACK, _HELLO = 0, 11, 10


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


class DiscordClient(discord.AutoShardedClient):
    """The signed-in application.

    Attributes:
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
            # Silence is watched by `links`, by acknowledgements; discord.py's clock may strike later only.
            heartbeat_timeout=max(120.0, settings.discord_heartbeat_timeout * 2),
            max_ratelimit_timeout=30.0,
            shard_count=shard_count,
        )
        self.take_interaction: Take = _ignore
        self.take_message: Take = _ignore
        self.take_leave: Callable[[str], None] = lambda _: None

    def _get_state(self, **options: Any) -> State:
        return State(
            dispatch=self.dispatch, handlers=self._handlers, hooks=self._hooks, http=self.http, **options
        )

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """discord.py's own pause; `links` keeps the one that Discord asks for."""

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """We were removed from a server."""
        self.take_leave(str(guild.id))

    async def sign_in(self, token: str) -> str:
        """Show the token; returns our application's id.

        A stand-in may know neither of the two places that say who we are; the gateway says it too.

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
            self._connection.user = discord.ClientUser(state=self._connection, data=_whole_user(known))
        try:
            application = await DiscordApi(self.http, "").own_application()
        except DiscordFailed:
            application = {}
        # For applications made since 2016 both ids are the same.
        return str(application.get("id") or known.get("id") or "0")

    def prepare(self, shard_count: int) -> None:
        """Before the first shard connects."""
        self.shard_count = shard_count
        self._connection.shard_count = shard_count
        self._connection.shard_ids = range(shard_count)


def _whole_user(user: Mapping[str, Any]) -> Any:
    """A user with the fields that discord.py cannot do without."""
    return {"username": "Mailport", "discriminator": "0", "avatar": None, **user}


def _ignore(_: Mapping[str, Any]) -> None:
    """Nothing is taken before the adapter is set up."""


class Link(DiscordWebSocket):
    """One connection to the gateway.

    Attributes:
        acknowledged_at: Loop time of the last heartbeat acknowledgement (or of HELLO).
        beaten_at: Loop time of the oldest heartbeat that was not acknowledged; None when all are.
        ready: Set when the session is there: READY or RESUMED came.
    """

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, *, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(socket, loop=loop)
        self.acknowledged_at = loop.time()
        self.beaten_at: float | None = None
        self.ready = asyncio.Event()

    async def send_as_json(self, data: Any) -> None:
        """Send; a heartbeat is remembered until it is acknowledged."""
        self._note_beat(data)
        await super().send_as_json(data)

    async def send_heartbeat(self, data: Any) -> None:
        """A heartbeat of discord.py's own thread."""
        self._note_beat(data)
        await super().send_heartbeat(data)

    def _note_beat(self, data: Any) -> None:
        if data.get("op") == self.HEARTBEAT and self.beaten_at is None:
            self.beaten_at = self.loop.time()

    @classmethod
    async def connected(
        cls,
        client: DiscordClient,
        gateway: yarl.URL,
        shard_id: int,
        session: str | None = None,
        sequence: int | None = None,
    ) -> Link:
        """Connect and identify, or resume a session; what fails leaves nothing open."""
        compress = utils._ActiveDecompressionContext.COMPRESSION_TYPE
        url = gateway.with_query(v=INTERNAL_API_VERSION, encoding="json", compress=compress)
        socket = await client.http.ws_connect(str(url))
        link = cls(socket, loop=asyncio.get_running_loop())
        link._belong_to(client, gateway, shard_id)
        link.session_id, link.sequence = session, sequence
        try:
            await link.poll_event()  # HELLO
            await (link.identify() if session is None else link.resume())
        except BaseException:
            await link.leave()
            raise
        return link

    def _belong_to(self, client: DiscordClient, gateway: yarl.URL, shard_id: int) -> None:
        """What discord.py's own way of connecting sets."""
        state = client._connection
        self.token = client.http.token
        self._connection = state
        self._discord_parsers = state.parsers
        self._dispatch = client.dispatch
        self.gateway = gateway
        self.call_hooks = state.call_hooks
        self._initial_identify = True
        self.shard_id = self._rate_limiter.shard_id = shard_id
        self.shard_count = state.shard_count
        self._max_heartbeat_timeout = state.heartbeat_timeout

    async def leave(self, code: int = 4000) -> None:
        """Close; any other code than 1000 keeps the session for resuming. Never raises, never waits long."""
        with contextlib.suppress(Exception):
            await asyncio.wait_for(self.close(code), 2.0)

    @property
    def silent_s(self) -> float:
        """Seconds since the last acknowledgement."""
        return self.loop.time() - self.acknowledged_at

    async def beat(self) -> None:
        """A heartbeat beside discord.py's own, which the gateway takes at any time."""
        await self.send_heartbeat({"op": self.HEARTBEAT, "d": self.sequence})

    async def received_message(self, msg: Any, /) -> None:
        """Read one frame. What is odd about it costs that frame, never the connection."""
        if isinstance(msg, bytes):
            msg = self._decompressor.decompress(msg)
            if msg is None:
                return
        try:
            frame = json.loads(msg)
        except ValueError:
            _LOG.warning("Discord's gateway sent a frame that is no JSON")
            return
        if not isinstance(frame, dict) or self._taken(frame):
            return
        event = frame.get("t")
        if event in ("READY", "RESUMED"):
            msg = json.dumps(self._mended(frame))
        try:
            await super().received_message(msg)
        except (KeyError, TypeError, ValueError, AttributeError, IndexError) as problem:
            _LOG.info("Discord sent %s of an odd shape (%s)", event or "a frame", problem)
        if event in ("READY", "RESUMED"):
            self.ready.set()

    def _taken(self, frame: Mapping[str, Any]) -> bool:
        """The two events that matter most, and acknowledgements; whether that was all."""
        op, event, data = frame.get("op"), frame.get("t"), frame.get("d")
        if op in (_ACK, _HELLO):
            self.acknowledged_at = self.loop.time()
            self.beaten_at = None
        if op != _DISPATCH or event not in ("INTERACTION_CREATE", "MESSAGE_CREATE"):
            return False
        if frame.get("s") is not None:
            self.sequence = frame["s"]
        if self._keep_alive:
            self._keep_alive.tick()
        if isinstance(data, dict):
            parser = self._discord_parsers[event]
            parser(data)
        return True

    def _mended(self, frame: dict[str, Any]) -> dict[str, Any]:
        """With the fields that discord.py cannot do without."""
        data = frame.get("d")
        data = data if isinstance(data, dict) else {}
        if frame["t"] == "READY":
            data.setdefault("session_id", "")
            data["resume_gateway_url"] = data.get("resume_gateway_url") or str(self.gateway)
            data.setdefault("shard", [self.shard_id or 0, self.shard_count or 1])
            data.setdefault("guilds", [])
            user = data.setdefault(
                "user", {"id": str(self._connection.user.id) if self._connection.user else "0"}
            )
            for name, value in (("username", "Mailport"), ("discriminator", "0"), ("avatar", None)):
                user.setdefault(name, value)
            application = data.get("application")
            if isinstance(application, dict):
                application.setdefault("flags", 0)
        return {**frame, "d": data, "s": frame.get("s") or self.sequence or 0}
