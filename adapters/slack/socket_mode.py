"""Socket Mode over one WebSocket, with a watchdog (docs.slack.dev, "Using Socket Mode").

An address from `apps.connections.open` serves once. Each envelope is answered with its id, within three
seconds or Slack delivers it again: so it is answered before its work begins, except a submitted form,
whose answer says what is wrong with it. Slack announces the end of a link ("refresh_requested"); the next
one is opened then, while this one is read to its end, so that nothing falls between the two. slack_sdk's
client retries a used address, and can keep a dead link for good (python-slack-sdk#1701), so the link is
kept here: any frame is a sign of life, a silent link is left after `STALE_S`, and whoever runs it decides
when to try again (docs/decisions/0302).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Literal

import aiohttp

from adapters.slack.blocks import Json

PING_S = 10.0
STALE_S = 30.0
# Slack says hello at once; a link that works without it is taken as open after this.
HELLO_S = 3.0
LINGER_S = 10.0
HAND_ON_S = 2.0
MAX_FRAME_BYTES = 1 << 20
_LOG = logging.getLogger(__name__)

Ended = Literal["refresh", "stale", "closed", "disabled", "crowded"]
Envelope = Callable[[Json], Awaitable[Json | None]]
_REASONS: dict[object, Ended] = {"link_disabled": "disabled", "too_many_websockets": "crowded"}


class SocketMode:
    """One link.

    Args:
        session: Opens the WebSocket.
        handle: Takes an envelope, gives the payload of its acknowledgement; must be quick.
        opened: Called when the link is up.
        clock: Seconds that only go forward.
        ending: Takes the reading of a link that Slack is about to close; whoever takes it ends it.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        handle: Envelope,
        opened: Callable[[], None],
        clock: Callable[[], float],
        *,
        ending: Callable[[Coroutine[Any, Any, None]], None] | None = None,
        ping_s: float = PING_S,
        stale_s: float = STALE_S,
    ) -> None:
        self._session = session
        self._handle = handle
        self._opened = opened
        self._clock = clock
        self._ending = ending
        self._ping_s = ping_s
        self._stale_s = stale_s
        self._heard_at = 0.0
        self._greeted = False
        self._answering: set[asyncio.Task[None]] = set()

    async def run(self, address: str) -> Ended:
        """Hold the link until it ends.

        Raises:
            aiohttp.ClientError, OSError, TimeoutError, ValueError: It could not be opened or broke.
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
        hello = asyncio.get_running_loop().call_later(HELLO_S, self._greet)
        reading = asyncio.create_task(self._read(link), name="slack socket")
        watching = asyncio.create_task(self._watch(link), name="slack watchdog")
        ended: Ended | None = None
        try:
            done, _ = await asyncio.wait({reading, watching}, return_when=asyncio.FIRST_COMPLETED)
            ended = done.pop().result()
            return ended
        finally:
            hello.cancel()
            for task in (reading, watching):
                task.cancel()
            await asyncio.gather(reading, watching, return_exceptions=True)
            if ended == "refresh" and self._ending is not None:
                self._ending(self._read_to_its_end(link))
            else:
                await self._leave(link)

    def _greet(self) -> None:
        if not self._greeted:
            self._greeted = True
            self._opened()

    async def _watch(self, link: aiohttp.ClientWebSocketResponse) -> Ended:
        while self._clock() - self._heard_at < self._stale_s:
            await link.ping(b"mailport")
            await asyncio.sleep(self._ping_s)
        return "stale"

    async def _read_to_its_end(self, link: aiohttp.ClientWebSocketResponse) -> None:
        """Take what still comes over a link that Slack is about to close."""
        try:
            with contextlib.suppress(TimeoutError, aiohttp.ClientError, OSError):
                async with asyncio.timeout(LINGER_S):
                    while await self._read(link) == "refresh":
                        pass
        finally:
            await self._leave(link)

    async def _leave(self, link: aiohttp.ClientWebSocketResponse) -> None:
        if self._answering:  # acknowledged already: nobody sends these again
            await asyncio.wait(self._answering, timeout=HAND_ON_S)
        for task in self._answering:
            task.cancel()
        await asyncio.gather(*self._answering, return_exceptions=True)
        await link.close()

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
        except (ValueError, RecursionError):
            _LOG.warning("Slack sent a frame that is no JSON; it is ignored")
            return None
        if not isinstance(message, dict):
            return None
        kind = message.get("type")
        if kind == "disconnect":
            return _REASONS.get(message.get("reason"), "refresh")
        if kind == "hello":
            self._greet()
        elif isinstance(message.get("envelope_id"), str):
            self._greet()
            await self._answer(link, message)
        return None

    async def _answer(self, link: aiohttp.ClientWebSocketResponse, envelope: Json) -> None:
        """Acknowledge and hand on. The next acknowledgement never waits for the work of this one."""
        if _is_form(envelope):
            work = self._answer_form(link, envelope)
        else:
            await link.send_str(json.dumps({"envelope_id": envelope["envelope_id"]}))
            work = self._hand_on(envelope)
        task = asyncio.create_task(work, name="slack envelope")
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)

    async def _hand_on(self, envelope: Json) -> None:
        await self._handle(envelope)

    async def _answer_form(self, link: aiohttp.ClientWebSocketResponse, envelope: Json) -> None:
        answer: Json = {"envelope_id": envelope["envelope_id"]}
        payload = await self._handle(envelope)
        if payload and envelope.get("accepts_response_payload", True):
            answer["payload"] = payload
        try:
            await link.send_str(json.dumps(answer))
        except (aiohttp.ClientError, OSError) as problem:
            _LOG.info("the link ended before a form was answered (%s)", type(problem).__name__)


def _is_form(envelope: Json) -> bool:
    payload = envelope.get("payload")
    return isinstance(payload, dict) and payload.get("type") == "view_submission"
