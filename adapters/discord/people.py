"""Whether somebody may change things in a server."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from adapters.discord.api import DiscordApi, DiscordFailed
from adapters.discord.asked import Asked
from adapters.discord.inbox import MAY_MANAGE
from bot.model.request import Person

LIFETIME_S = 300.0
MAX_KNOWN = 5000
_LOG = logging.getLogger("mailport.discord")


@dataclass(frozen=True, slots=True)
class _Server:
    owner: str
    managing: frozenset[str]
    at: float


class People:
    """Interactions bring a person's rights; for messages the server's roles are looked up (five minutes).

    Args:
        admin_roles: Of `MAILPORT_DISCORD_ADMIN_ROLES`: role ids.
    """

    def __init__(self, api: DiscordApi, admin_roles: tuple[str, ...], clock: Callable[[], float]) -> None:
        self._api = api
        self._admin_roles = frozenset(admin_roles)
        self._clock = clock
        self._servers: dict[str, _Server] = {}

    async def find(self, asked: Asked) -> Person:
        """The person; when Discord does not say, one without rights."""
        admin = await self._may_manage(asked)
        return Person(id=asked.person, name=asked.name, admin=admin, locale=asked.locale)

    async def _may_manage(self, asked: Asked) -> bool:
        if asked.guild is None:
            return False
        if self._admin_roles.intersection(asked.roles):
            return True
        if asked.admin is not None:
            return asked.admin
        try:
            server = await self._server(asked.guild)
        except DiscordFailed as problem:
            _LOG.warning("cannot tell who may manage Discord server %s: %s", asked.guild, problem)
            return False
        # Everybody has the role that carries the server's own id.
        return asked.person == server.owner or not server.managing.isdisjoint((*asked.roles, asked.guild))

    async def _server(self, guild: str) -> _Server:
        known = self._servers.get(guild)
        if known is not None and known.at > self._clock() - LIFETIME_S:
            return known
        found = await self._api.guild(guild)
        managing = {
            str(role.get("id")) for role in found.get("roles") or () if _permits(role.get("permissions"))
        }
        server = _Server(str(found.get("owner_id") or ""), frozenset(managing), self._clock())
        if len(self._servers) >= MAX_KNOWN:
            self._servers.clear()
        self._servers[guild] = server
        return server


def _permits(permissions: object) -> bool:
    text = str(permissions)
    return text.isascii() and text.isdigit() and bool(int(text) & MAY_MANAGE)
