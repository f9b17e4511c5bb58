"""Bot tokens: the one of the settings, or one per workspace from the installation store.

A token is looked up for every send outside a request, because another process may have rotated it or
the workspace may have removed us (bolt-python#1332).
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from slack_bolt.authorization import AuthorizeResult
from slack_bolt.authorization.async_authorize import AsyncAuthorize
from slack_bolt.context.async_context import AsyncBoltContext
from slack_sdk.errors import SlackTokenRotationError
from slack_sdk.oauth.installation_store import Bot
from slack_sdk.oauth.installation_store.async_installation_store import AsyncInstallationStore
from slack_sdk.oauth.token_rotation.async_rotator import AsyncTokenRotator
from sqlalchemy.exc import SQLAlchemyError

from adapters.slack.api import SlackApi

CACHE_S = 60.0
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


class Installations:
    """Finds how we are installed in a workspace.

    Args:
        token: `SLACK_BOT_TOKEN`.
        store: Installations of many workspaces; None without OAuth.
        rotator: For tokens that expire.
    """

    def __init__(
        self,
        api: SlackApi,
        token: str | None,
        store: AsyncInstallationStore | None,
        clock: Callable[[], float],
        rotator: Rotator | None = None,
    ) -> None:
        self._api = api
        self._own = Installed(token=token) if token else None
        self._store = store
        self._clock = clock
        self._rotator = rotator
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
        self, team: str | None, enterprise: str | None = None, *, fresh: bool = False, org: bool = False
    ) -> Installed | None:
        """How we are installed in a workspace, None when we are not.

        Args:
            fresh: Ask the store even when the answer is known.
            org: Installed for the whole Enterprise organisation.
        """
        if self._store is None:
            return self._own
        at, installed = self._known.get((enterprise, team), (float("-inf"), None))
        if installed is None or fresh or at < self._clock() - CACHE_S:
            try:
                installed = await self._from_store(team, enterprise, org=org)
            except (SQLAlchemyError, OSError) as problem:
                # What was known a minute ago is better than silence while the database is away.
                _LOG.warning("cannot read Slack installations (%s)", type(problem).__name__)
                return installed or self._own_of(team)
            if installed is not None:
                self._known[enterprise, team] = (self._clock(), installed)
        return installed or self._own_of(team)

    async def remove(self, team: str | None, enterprise: str | None) -> None:
        """Nothing known of a workspace any more (uninstalled, token revoked)."""
        self._known.pop((enterprise, team), None)
        if self._store is not None:
            await self._store.async_delete_all(enterprise_id=enterprise, team_id=team)

    def _own_of(self, team: str | None) -> Installed | None:
        own = self._own
        return own if own is not None and own.team in (None, team) else None

    async def _from_store(self, team: str | None, enterprise: str | None, *, org: bool) -> Installed | None:
        assert self._store is not None  # only asked when there is one
        bot = await self._store.async_find_bot(
            enterprise_id=enterprise, team_id=team, is_enterprise_install=org
        )
        if bot is None:
            return None
        bot = await self._renewed(bot)
        return Installed(token=bot.bot_token, team=team, user_id=bot.bot_user_id, bot_id=bot.bot_id)

    async def _renewed(self, bot: Bot) -> Bot:
        if self._rotator is None or self._store is None:
            return bot
        try:
            renewed = await self._rotator.perform_bot_token_rotation(bot=bot, minutes_before_expiration=120)
        except SlackTokenRotationError as problem:
            _LOG.warning("Slack does not renew the token of workspace %s: %s", bot.team_id, problem)
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
        del (
            actor_enterprise_id,
            actor_team_id,
            actor_user_id,
        )  # only for tokens of users, which we have none of
        installed = await self._installations.find(
            team_id, enterprise_id, org=bool(context.is_enterprise_install)
        )
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
