"""Who somebody is in a workspace: the language that Slack knows, and whether they may change things."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from adapters.slack.api import SlackApi, SlackFailed
from adapters.slack.markup import shortened
from bot.cards.plaintext import harmless
from bot.model.request import Person

LIFETIME_S = 300.0
LOOK_UP_S = 2.0
MAX_KNOWN = 20_000
MAX_NAME = 60
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Known:
    admin: bool
    locale: str | None
    name: str
    at: float


class People:
    """Looks people up (`users.info`, `usergroups.users.list`) and remembers them for five minutes.

    Args:
        admins: Of `MAILPORT_SLACK_ADMINS`: user ids (U…, W…) and user group ids (S…).
    """

    def __init__(self, api: SlackApi, admins: tuple[str, ...], clock: Callable[[], float]) -> None:
        self._api = api
        self._users = frozenset(name for name in admins if not name.startswith("S"))
        self._groups = tuple(name for name in admins if name.startswith("S"))
        self._clock = clock
        self._known: dict[tuple[str, str], _Known] = {}
        self._members: dict[tuple[str, str], tuple[float, frozenset[str]]] = {}

    async def find(self, team: str, user: str, token: str, *, locale: str | None = None) -> Person:
        """The person; when Slack does not say in time, one without rights."""
        known = self._known.get((team, user))
        if known is None or known.at < self._clock() - LIFETIME_S:
            try:
                known = await asyncio.wait_for(self._look_up(team, user, token), LOOK_UP_S)
            except (SlackFailed, TimeoutError) as problem:
                _LOG.warning(
                    "cannot tell who %s is in Slack (users.info: %s)", user, str(problem) or "too slow"
                )
                return Person(id=user, admin=user in self._users, locale=locale)
            self._remember(team, user, known)
        return Person(id=user, name=known.name, admin=known.admin, locale=known.locale or locale)

    async def _look_up(self, team: str, user: str, token: str) -> _Known:
        answer = await self._api.read("users.info", token, user=user, include_locale="true")
        found = answer.get("user")
        found = found if isinstance(found, dict) else {}
        local = not found.get("is_stranger") and _belongs(found, team)
        trusted = any(found.get(name) is True for name in ("is_admin", "is_owner", "is_primary_owner"))
        admin = user in self._users or (local and trusted) or await self._in_group(team, user, token)
        locale = found.get("locale")
        return _Known(admin, locale if isinstance(locale, str) else None, _name(found), self._clock())

    async def _in_group(self, team: str, user: str, token: str) -> bool:
        for group in self._groups:
            if user in await self._group(team, group, token):
                return True
        return False

    async def _group(self, team: str, group: str, token: str) -> frozenset[str]:
        at, members = self._members.get((team, group), (float("-inf"), frozenset[str]()))
        if at < self._clock() - LIFETIME_S:
            try:
                answer = await self._api.read("usergroups.users.list", token, usergroup=group)
            except SlackFailed as problem:
                _LOG.warning("cannot read Slack's user group %s: %s", group, problem)
                return members
            members = frozenset(str(name) for name in answer.get("users") or ())
            self._members[team, group] = (self._clock(), members)
        return members

    def _remember(self, team: str, user: str, known: _Known) -> None:
        if len(self._known) >= MAX_KNOWN:
            self._known.clear()
        self._known[team, user] = known


def _name(user: dict[str, Any]) -> str:
    """What people call this person; chosen by themselves, so it may be anything."""
    profile = user.get("profile")
    chosen = profile.get("display_name") if isinstance(profile, dict) else None
    names = (chosen, user.get("real_name"), user.get("name"))
    name = next((name for name in names if isinstance(name, str) and name.strip()), "")
    return shortened(" ".join(harmless(name).split()), MAX_NAME)


def _belongs(user: dict[str, Any], team: str) -> bool:
    """Whether this is the user's own workspace; in an Enterprise Grid organisation one may have several."""
    grid = user.get("enterprise_user")
    teams = grid.get("teams") if isinstance(grid, dict) else None
    return user.get("team_id", team) in (team, None, "") or (isinstance(teams, list) and team in teams)
