"""Bot tokens: the one of the settings, or one per workspace from the installation store.

A token is looked up for every send outside a request, because another process may have rotated it or
the workspace may have removed us (bolt-python#1332).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from aiohttp import ClientError
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.authorization.async_authorize import AsyncAuthorize
from slack_bolt.context.async_context import AsyncBoltContext
from slack_sdk.errors import SlackApiError, SlackTokenRotationError
from slack_sdk.oauth.installation_store import Bot
from slack_sdk.oauth.installation_store.async_installation_store import AsyncInstallationStore
from slack_sdk.oauth.token_rotation.async_rotator import AsyncTokenRotator
from sqlalchemy.exc import SQLAlchemyError

from adapters.slack.api import SlackApi
from bot.errors import MailportError
from bot.watches.stores import Stores

CACHE_S = 60.0
# Slack waits three seconds for an acknowledgement; the store may take a part of them.
STORE_S = 1.5
RENEW_MINUTES = 120
ORGANISATION_S = 400 * 86400.0
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """How we are known in a workspace.

    Attributes:
        token: Bot token.
        user_id: Our bot user, once Slack has said.
        bot_id: Id that our own messages carry.
    """

    token: str
    team: str | None = None
    user_id: str | None = None
    bot_id: str | None = None


class Rotator(Protocol):
    """Renews a bot token that is about to expire."""

    async def perform_bot_token_rotation(self, *, bot: Bot, minutes_before_expiration: int) -> Bot | None:
        """The renewed bot, None when there is nothing to renew."""
        ...


class Organisations:
    """To which Enterprise Grid organisation a workspace belongs: nothing but a request says so.

    Alerts and reports go out without a request, so what requests said is remembered.
    """

    def __init__(self, stores: Callable[[], Awaitable[Stores]], now: Callable[[], datetime]) -> None:
        self._stores = stores
        self._now = now
        self._known: dict[str, str] = {}

    async def learn(self, team: str, enterprise: str) -> None:
        """A request of this workspace named its organisation."""
        if self._known.get(team) == enterprise:
            return
        self._known[team] = enterprise
        try:
            memos = (await self._stores()).memos
            await memos.put(f"slack-org:{team}", enterprise, ORGANISATION_S, self._now())
        except MailportError as problem:
            _LOG.warning("cannot remember the organisation of workspace %s: %s", team, problem)

    async def of(self, team: str) -> str | None:
        """The organisation, None when none was ever named."""
        if team not in self._known:
            try:
                found = await (await self._stores()).memos.get(f"slack-org:{team}", self._now())
            except MailportError:
                return None
            if found is None:
                return None
            self._known[team] = found
        return self._known[team]


class Installations:
    """Finds how we are installed in a workspace.

    Args:
        token: `SLACK_BOT_TOKEN`.
        store: Installations of many workspaces; None without OAuth.
        rotator: For tokens that expire.
        organisations: Of workspaces in Enterprise Grid; None without OAuth.
    """

    def __init__(
        self,
        api: SlackApi,
        token: str | None,
        store: AsyncInstallationStore | None,
        clock: Callable[[], float],
        rotator: Rotator | None = None,
        organisations: Organisations | None = None,
    ) -> None:
        self._api = api
        self._own = Installed(token=token) if token else None
        self._store = store
        self._clock = clock
        self._rotator = rotator
        self._organisations = organisations
        self._renewing = asyncio.Lock()
        self._known: dict[tuple[str | None, str | None], tuple[float, Installed]] = {}

    @property
    def own(self) -> Installed | None:
        """How the token of the settings is installed."""
        return self._own

    async def identify(self) -> None:
        """Ask Slack whose token that of the settings is.

        Raises:
            SlackFailed: It is refused, or Slack does not answer.
        """
        if self._own is None:
            return
        said = await self._api.call("auth.test", self._own.token)
        self._own = Installed(
            token=self._own.token,
            team=said.get("team_id"),
            user_id=said.get("user_id"),
            bot_id=said.get("bot_id"),
        )

    async def find(
        self, team: str | None, enterprise: str | None = None, *, fresh: bool = False, renew: bool = True
    ) -> Installed | None:
        """How we are installed in a workspace, None when we are not.

        Args:
            fresh: Ask the store even when the answer is known.
            renew: Renew a token that is about to expire, which takes a call to Slack.
        """
        if self._store is None:
            return self._own
        key = (enterprise, team)
        at, installed = self._known.get(key, (float("-inf"), None))
        if installed is None or fresh or at < self._clock() - CACHE_S:
            try:
                async with asyncio.timeout(STORE_S if not renew else None):
                    installed = await self._from_store(team, enterprise, renew=renew)
            except (SQLAlchemyError, OSError, TimeoutError) as problem:
                # What was known a minute ago is better than silence while the database is away.
                _LOG.warning("cannot read Slack installations (%s)", type(problem).__name__)
                return installed or self._own_of(team)
            if installed is None:
                self._known.pop(key, None)
            elif renew:
                self._known[key] = (self._clock(), installed)
        return installed or self._own_of(team)

    async def remove(self, team: str | None, enterprise: str | None) -> None:
        """Nothing known of a workspace any more (uninstalled, token revoked)."""
        self._known = {key: one for key, one in self._known.items() if key[1] != team}
        if self._store is not None:
            await self._store.async_delete_all(enterprise_id=enterprise, team_id=team)

    def forget(self, team: str) -> None:
        """Ask the store anew the next time: Slack refused the token that was known."""
        self._known = {key: one for key, one in self._known.items() if key[1] != team}

    def _own_of(self, team: str | None) -> Installed | None:
        own = self._own
        return own if own is not None and own.team in (None, team) else None

    async def _from_store(self, team: str | None, enterprise: str | None, *, renew: bool) -> Installed | None:
        bot = await self._bot(team, enterprise)
        if bot is None:
            return None
        if renew:
            bot = await self._renewed(bot)
        return Installed(token=bot.bot_token, team=team, user_id=bot.bot_user_id, bot_id=bot.bot_id)

    async def _bot(self, team: str | None, enterprise: str | None) -> Bot | None:
        """The workspace's own installation, else its organisation's."""
        assert self._store is not None  # only asked when there is one
        if self._organisations is not None and team:
            if enterprise:
                await self._organisations.learn(team, enterprise)
            else:
                enterprise = await self._organisations.of(team)
        bot = await self._store.async_find_bot(enterprise_id=enterprise, team_id=team)
        if bot is None and enterprise:
            bot = await self._store.async_find_bot(
                enterprise_id=enterprise, team_id=team, is_enterprise_install=True
            )
        return bot

    async def _renewed(self, bot: Bot) -> Bot:
        if self._rotator is None or self._store is None or bot.bot_refresh_token is None:
            return bot
        async with self._renewing:  # a refresh token serves once
            current = await self._store.async_find_bot(
                enterprise_id=bot.enterprise_id,
                team_id=bot.team_id,
                is_enterprise_install=bot.is_enterprise_install,
            )
            bot = current or bot
            try:
                renewed = await self._rotator.perform_bot_token_rotation(
                    bot=bot, minutes_before_expiration=RENEW_MINUTES
                )
            except (SlackTokenRotationError, SlackApiError, ClientError, OSError, TimeoutError) as problem:
                _LOG.warning(
                    "Slack does not renew the token of workspace %s (%s)", bot.team_id, type(problem).__name__
                )
                return bot
            if renewed is None:
                return bot
            await self._store.async_save_bot(renewed)
            return renewed


def rotator_of(api: SlackApi, client_id: str, client_secret: str) -> Rotator:
    """slack_sdk's own, over the shared session."""
    rotator: Rotator = AsyncTokenRotator(client_id=client_id, client_secret=client_secret, client=api.client)
    return rotator


class Authorize(AsyncAuthorize):
    """Tells Bolt how we are installed where a request comes from, without a call to Slack."""

    def __init__(self, installations: Installations) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # slack-bolt leaves it untyped
        self._installations = installations

    async def __call__(
        self,
        *,
        context: AsyncBoltContext,
        enterprise_id: str | None,
        team_id: str | None,
        user_id: str | None,
        actor_enterprise_id: str | None = None,
        actor_team_id: str | None = None,
        actor_user_id: str | None = None,
    ) -> AuthorizeResult | None:
        """The installation, None when this workspace has none."""
        # The actor's ids matter for tokens of users only, which we have none of.
        del context, actor_enterprise_id, actor_team_id, actor_user_id
        installed = await self._installations.find(team_id, enterprise_id, renew=False)
        if installed is None:
            return None
        return AuthorizeResult(
            enterprise_id=enterprise_id,
            team_id=team_id,
            bot_token=installed.token,
            bot_id=installed.bot_id,
            bot_user_id=installed.user_id,
            user_id=user_id,
        )
