"""One connection to the gateway: discord.py's, which reads what it must not stumble over itself."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import Mapping
from typing import Any

import aiohttp
import yarl
from discord import utils
from discord.gateway import DiscordWebSocket
from discord.http import INTERNAL_API_VERSION

from adapters.discord.client import DiscordClient

_DISPATCH, _ACK, _HELLO = 0, 11, 10
_LOG = logging.getLogger("mailport.discord")


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
        self._client = client
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
            self._client.introduced.set()

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
            try:
                self._discord_parsers[event](data)
            except Exception:  # noqa: BLE001  # a bug of ours must cost one event, not the connection
                _LOG.exception("an event of Discord's could not be taken")
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
