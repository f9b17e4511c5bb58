"""Socket Mode over one WebSocket, with a watchdog (docs.slack.dev, "Using Socket Mode").

An address from `apps.connections.open` serves once. Each envelope is answered with its id, within three
seconds or Slack delivers it again. slack_sdk's client retries a used address, and can keep a dead link
for good (python-slack-sdk#1701), so the link is kept here: any frame is a sign of life, a silent link is
left after `STALE_S`, and whoever runs it decides when to try again (docs/decisions/0302).
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from typing import Literal

import aiohttp

from adapters.slack.blocks import Json

PING_S = 10.0
STALE_S = 30.0
MAX_FRAME_BYTES = 1 << 20
_LOG = logging.getLogger(__name__)

Ended = Literal["refresh", "stale", "closed", "disabled"]
Envelope = Callable[[Json], Awaitable[Json | None]]


class SocketMode:
    """One link at a time.

    Args:
        session: Opens the WebSocket.
        handle: Takes an envelope, gives the payload of its acknowledgement; must be quick.
        opened: Called when the link is up.
        clock: Seconds that only go forward.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        handle: Envelope,
        opened: Callable[[], None],
        clock: Callable[[], float],
        *,
        ping_s: float = PING_S,
        stale_s: float = STALE_S,
    ) -> None:
        self._session = session
        self._handle = handle
        self._opened = opened
        self._clock = clock
        self._ping_s = ping_s
        self._stale_s = stale_s
        self._heard_at = 0.0

    async def run(self, address: str) -> Ended:
        """Hold the link until it ends.

        Raises:
            aiohttp.ClientError, OSError, TimeoutError: It could not be opened or broke.
        """
        link = await asyncio.wait_for(
            self._session.ws_connect(
                address,
                autoping=False,
                max_msg_size=MAX_FRAME_BYTES,
                timeout=aiohttp.ClientWSTimeout(ws_close=2),
            ),
            timeout=15.0,
        )
        self._heard_at = self._clock()
        reading = asyncio.create_task(self._read(link), name="slack socket")
        watching = asyncio.create_task(self._watch(link), name="slack watchdog")
        try:
            done, _ = await asyncio.wait({reading, watching}, return_when=asyncio.FIRST_COMPLETED)
            return done.pop().result()
        finally:
            for task in (reading, watching):
                task.cancel()
            await asyncio.gather(reading, watching, return_exceptions=True)
            await link.close()

    async def _watch(self, link: aiohttp.ClientWebSocketResponse) -> Ended:
        while self._clock() - self._heard_at < self._stale_s:
            await link.ping(b"mailport")
            await asyncio.sleep(self._ping_s)
        return "stale"

    async def _read(self, link: aiohttp.ClientWebSocketResponse) -> Ended:
        while True:
            frame = await link.receive()
            self._heard_at = self._clock()
            if frame.type is aiohttp.WSMsgType.TEXT:
                ended = await self._take(link, frame.data)
                if ended is not None:
                    return ended
            elif frame.type is aiohttp.WSMsgType.PING:
                await link.pong(frame.data)
            elif frame.type in (
                aiohttp.WSMsgType.CLOSE,
                aiohttp.WSMsgType.CLOSING,
                aiohttp.WSMsgType.CLOSED,
                aiohttp.WSMsgType.ERROR,
            ):
                return "closed"

    async def _take(self, link: aiohttp.ClientWebSocketResponse, text: str) -> Ended | None:
        """One message of Slack's; says how the link ends, if it does."""
        try:
            message = json.loads(text)
        except ValueError:
            _LOG.warning("Slack sent a frame that is no JSON; it is ignored")
            return None
        if not isinstance(message, dict):
            return None
        kind = message.get("type")
        if kind == "hello":
            self._opened()
        elif kind == "disconnect":
            return "disabled" if message.get("reason") == "link_disabled" else "refresh"
        elif isinstance(message.get("envelope_id"), str):
            await self._answer(link, message)
        return None

    async def _answer(self, link: aiohttp.ClientWebSocketResponse, envelope: Json) -> None:
        payload = await self._handle(envelope)
        answer: Json = {"envelope_id": envelope["envelope_id"]}
        if payload:
            answer["payload"] = payload
        await link.send_str(json.dumps(answer))
