"""Everything that is no question: the Home tab, forms, the assistant pane, leaving a workspace."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from adapters.slack.api import SlackApi, SlackFailed
from adapters.slack.conversation import place_of
from adapters.slack.delivery import Delivery, Ways
from adapters.slack.home import Shown, channels_of, home_view, watches_of
from adapters.slack.inbox import Asked
from adapters.slack.installations import Installations
from adapters.slack.manifest import prompts
from adapters.slack.modals import form_view, late_form_card, loading_view
from adapters.slack.people import People
from bot.errors import MailportError
from bot.i18n import LANGUAGES
from bot.ports import Tools

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class SideEvents:
    """Handlers by event type."""

    tools: Tools
    api: SlackApi
    installations: Installations
    people: People
    ways: Ways

    async def take(
        self, kind: str, body: Mapping[str, Any], team: str | None, enterprise: str | None
    ) -> None:
        """Do what an event asks for; unknown ones are left alone.

        Raises:
            SlackFailed: Slack did not take it.
        """
        event = _mapping(body.get("event"))
        if kind == "app_home_opened" and event.get("tab", "home") == "home":
            await self._show_home(str(event.get("user", "")), team or "", enterprise)
        elif kind == "assistant_thread_started":
            await self._suggest(_mapping(event.get("assistant_thread")), team or "", enterprise)
        elif kind == "app_uninstalled" or (kind == "tokens_revoked" and _bots_token(event)):
            await self._leave(kind, team, enterprise)

    async def open_form(self, asked: Asked, path: tuple[str, ...]) -> None:
        """Open a modal within three seconds, then fill it in.

        Raises:
            SlackFailed: It could not be opened, nor could that be said.
        """
        installed = await self.installations.find(asked.team, asked.enterprise)
        if installed is None:
            return
        try:
            opened = await self.api.call(
                "views.open",
                installed.token,
                trigger_id=asked.trigger_id,
                view=loading_view(self.tools.settings.language, path),
            )
        except SlackFailed as problem:
            if problem.kind == "token":
                raise
            _LOG.warning("a form could not be opened in Slack: %s", problem)
            card = late_form_card(await self._language_of(asked), path)
            await Delivery(asked, installed.token, self.ways).finish(card)
            return
        language = await self._language_of(asked)
        view = opened.get("view") or {}
        await self.api.call(
            "views.update", installed.token, view_id=view.get("id"), view=form_view(language, asked, path)
        )

    async def _language_of(self, asked: Asked) -> str:
        try:
            stored = await (await self.tools.stores()).channels.settings_of(place_of(asked))
        except MailportError:
            return self.tools.settings.language
        return stored.get("language") or self.tools.settings.language

    async def _show_home(self, user: str, team: str, enterprise: str | None) -> None:
        installed = await self.installations.find(team, enterprise)
        if installed is None or not user:
            return
        person = await self.people.find(team, user, installed.token)
        language = self._language(person.locale)
        shown: list[Shown] | None = None
        names: Mapping[str, str] = {}
        try:
            names = await channels_of(self.api, installed.token, user)
            shown = await watches_of(await self.tools.stores(), f"slack:{team}", list(names))
        except (SlackFailed, MailportError) as problem:
            _LOG.warning("cannot show somebody's watches in their Home tab: %s", problem)
        view = home_view(language, shown, names, self.tools.settings.public_url)
        await self.api.call("views.publish", installed.token, user_id=user, view=view)

    async def _suggest(self, thread: Mapping[str, Any], team: str, enterprise: str | None) -> None:
        installed = await self.installations.find(team, enterprise)
        channel, ts = thread.get("channel_id"), thread.get("thread_ts")
        if installed is None or not channel or not ts:
            return
        person = await self.people.find(team, str(thread.get("user_id") or ""), installed.token)
        await self.api.call(
            "assistant.threads.setSuggestedPrompts",
            installed.token,
            channel_id=channel,
            thread_ts=ts,
            prompts=prompts(self._language(person.locale)),
        )

    async def _leave(self, kind: str, team: str | None, enterprise: str | None) -> None:
        """Forget the token; when the app was removed, forget everything of the workspace."""
        await self.installations.remove(team, enterprise)
        _LOG.warning("Slack workspace %s: %s", team, kind)
        if kind == "app_uninstalled" and team:
            await (await self.tools.stores()).forget_workspace(f"slack:{team}")

    def _language(self, locale: str | None) -> str:
        wanted = (locale or "")[:2].lower()
        return wanted if wanted in LANGUAGES else self.tools.settings.language


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _bots_token(event: Mapping[str, Any]) -> bool:
    tokens = event.get("tokens")
    return isinstance(tokens, Mapping) and bool(tokens.get("bot"))
