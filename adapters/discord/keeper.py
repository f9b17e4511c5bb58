"""Keeps Discord connected: signs in, registers the commands, keeps every shard, begins anew after failures.

sign in -> where is the gateway -> a keeper per shard (`shard`), and the commands beside them
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import yarl

from adapters.conversation.pause import Pause
from adapters.discord.api import DiscordApi, DiscordFailed, failure_of
from adapters.discord.client import DiscordClient
from adapters.discord.condition import Condition
from adapters.discord.install import server_address
from adapters.discord.shard import REFUSED_S, Gate, Left, Refused, Shard
from adapters.discord.sync import sync_commands
from bot.ports import Tools

DEFAULT_GATEWAY = "wss://gateway.discord.gg/"
COMMANDS = "commands"
# How long the gateway may take to say who we are, when nothing else does.
IDENTITY_S = 10.0
_LOG = logging.getLogger("mailport.discord")


@dataclass(frozen=True, slots=True)
class Gateway:
    """Where the gateway is.

    Attributes:
        at_once: Shards that may identify within five seconds.
        fixed: The address comes from the settings.
    """

    url: yarl.URL
    shards: int
    at_once: int
    fixed: bool


class Keeper:
    """One per adapter; `run` never returns by itself.

    Args:
        opened: Told of the signed-in client before anything comes in.
        closed: Told when there is none any more.
    """

    def __init__(
        self,
        tools: Tools,
        condition: Condition,
        opened: Callable[[DiscordClient, DiscordApi], None],
        closed: Callable[[], None],
    ) -> None:
        self._tools = tools
        self._condition = condition
        self._opened = opened
        self._closed = closed
        self._wake = asyncio.Event()

    def wake(self) -> None:
        """End a pause: a send failed, perhaps the token is refused now."""
        self._wake.set()

    async def run(self) -> None:
        """Be connected, for good."""
        pause, slow = Pause(), Pause(REFUSED_S)
        while True:
            rest = pause
            try:
                await self._signed_in(pause)
            except Refused as problem:
                self._condition.tell("token", why=str(problem))
                rest = slow
            except (DiscordFailed, OSError) as problem:
                self._condition.tell_failed(failure_of(problem))
            except Exception:  # noqa: BLE001  # a bug of ours must not end Discord for good
                _LOG.exception("keeping Discord connected failed")
                self._condition.tell("bug")
            await self._rest(rest.next())

    async def _rest(self, seconds: float) -> None:
        self._wake.clear()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), seconds)

    async def _signed_in(self, pause: Pause) -> None:
        """Be signed in for as long as it lasts; raises when it is over."""
        client = DiscordClient(self._tools.settings)
        async with client:
            api = DiscordApi(client.http, await client.sign_in(str(self._tools.settings.discord_token)))
            gateway = await self._find_gateway(api)
            pause.reset()
            self._opened(client, api)
            try:
                await self._run(client, api, gateway)
            finally:
                self._closed()

    async def _find_gateway(self, api: DiscordApi) -> Gateway:
        """Where to connect with how many shards. A stand-in need not know; the setting wins."""
        named = self._tools.settings.discord_gateway_url
        said: Mapping[str, Any] = {}
        try:
            said = await api.gateway()
        except DiscordFailed as problem:
            if problem.kind in ("token", "unreachable", "rate") and named is None:
                raise
        limit = said.get("session_start_limit")
        limit = limit if isinstance(limit, Mapping) else {}
        if limit.get("remaining") == 0:
            seconds = float(limit.get("reset_after") or 0) / 1000
            raise DiscordFailed("rate", f"no session starts left for {seconds:.0f} s", seconds)
        url = named or str(said.get("url") or DEFAULT_GATEWAY)
        at_once = int(limit.get("max_concurrency") or 1)
        return Gateway(yarl.URL(url), int(said.get("shards") or 1), at_once, named is not None)

    async def _run(self, client: DiscordClient, api: DiscordApi, gateway: Gateway) -> None:
        client.prepare(gateway.shards)
        self._condition.expect([*map(_shard, range(gateway.shards)), COMMANDS])
        gate = Gate(gateway.at_once)
        timeout_s = self._tools.settings.discord_heartbeat_timeout
        shards = [
            Shard(client, number, gateway.url, gate, self._said, timeout_s=timeout_s, fixed=gateway.fixed)
            for number in range(gateway.shards)
        ]
        keeping = [asyncio.create_task(one.keep(), name="discord shard") for one in shards]
        registering = asyncio.create_task(self._register(client, api), name="discord commands")
        try:
            done, _ = await asyncio.wait(keeping, return_when=asyncio.FIRST_EXCEPTION)
            for task in done:
                task.result()
        finally:
            for task in (*keeping, registering):
                task.cancel()
            await asyncio.gather(*keeping, registering, return_exceptions=True)

    def _said(self, number: int, left: Left) -> None:
        """A shard works, or says why not."""
        if left.word:
            self._condition.fails(_shard(number), left.word, why=left.why)
        else:
            self._condition.works(_shard(number))

    async def _register(self, client: DiscordClient, api: DiscordApi) -> None:
        """Register the commands; tried again until it works."""
        await self._know_ourselves(client, api)
        pause = Pause(300.0)
        while True:
            try:
                await sync_commands(api, self._tools)
            except DiscordFailed as problem:
                self._condition.fails(COMMANDS, "commands", why=problem.error)
                await asyncio.sleep(max(pause.next(), problem.retry_after_s or 0.0))
            else:
                self._condition.works(COMMANDS)
                break
        await client.introduced.wait()
        if not client.guilds:
            _LOG.info("Discord: in no server yet. Add it: %s", server_address(api.application))

    async def _know_ourselves(self, client: DiscordClient, api: DiscordApi) -> None:
        """The application's id, from the gateway where REST did not say it."""
        if api.application:
            return
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(client.introduced.wait(), IDENTITY_S)
        # For applications made since 2016 the bot's id is the application's.
        known = client.application_id or (client.user.id if client.user is not None else 0)
        api.application = str(known)


def _shard(number: int) -> str:
    return f"shard {number}"
