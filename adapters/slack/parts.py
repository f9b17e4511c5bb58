"""What is open while Slack is connected: one session, one client, one app, one of everything else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import aiohttp
from slack_bolt.async_app import AsyncApp, AsyncBoltContext

from adapters.conversation.seen import Seen
from adapters.slack.api import SlackApi, SlackFailed, open_client, open_session
from adapters.slack.app import Hands, build_app
from adapters.slack.conversation import Conversation, Desk
from adapters.slack.delivery import Ways
from adapters.slack.files import Draw, Files
from adapters.slack.inbox import Asked
from adapters.slack.installations import Authorize, Installations, Organisations, rotator_of
from adapters.slack.messenger import SlackMessenger
from adapters.slack.oauth import OAuth, open_oauth
from adapters.slack.outbound import Outbound
from adapters.slack.people import People
from adapters.slack.side_events import SideEvents
from bot.model.request import Request
from bot.ports import Progress, Tools


class Owner(Protocol):
    """Whoever takes what Slack sends: the adapter."""

    async def answer(self, request: Request, progress: Progress) -> Any:
        """The core's answer."""
        ...

    def asked(self, asked: Asked) -> None:
        """Take something asked; returns at once."""
        ...

    def event(self, kind: str, body: Mapping[str, Any], context: AsyncBoltContext) -> None:
        """Take any other event; returns at once."""
        ...

    def failed(self, problem: SlackFailed) -> None:
        """A delivery failed."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The parts that the adapter and its keeper use."""

    session: aiohttp.ClientSession
    oauth: OAuth | None
    api: SlackApi
    installations: Installations
    seen: Seen
    conversation: Conversation
    messenger: SlackMessenger
    side: SideEvents
    app: AsyncApp

    async def close(self) -> None:
        """Close the session and the installation store."""
        await self.session.close()
        if self.oauth is not None:
            await self.oauth.close()


async def open_parts(tools: Tools, owner: Owner, draw: Draw | None) -> Parts:
    """Open everything; nothing of it talks to Slack yet.

    Raises:
        Unavailable: The installation store cannot be opened.
    """
    settings = tools.settings
    oauth: OAuth | None = None
    if settings.slack_client_id and settings.slack_client_secret:
        oauth = await open_oauth(settings, (await tools.stores()).url)
    session = open_session()
    return _assemble(tools, owner, draw, session, oauth)


def _assemble(
    tools: Tools, owner: Owner, draw: Draw | None, session: aiohttp.ClientSession, oauth: OAuth | None
) -> Parts:
    settings, clock = tools.settings, tools.clock.monotonic
    outbound = Outbound(clock)
    api = SlackApi(open_client(session, settings.slack_api_url, outbound.slow_down))
    rotator = rotator_of(api, oauth.settings.client_id, oauth.settings.client_secret) if oauth else None
    installations = Installations(
        api,
        settings.slack_bot_token,
        oauth.store if oauth else None,
        clock,
        rotator,
        Organisations(tools.stores, tools.clock.now),
    )
    ways = Ways(api=api, outbound=outbound, files=Files(api, outbound, draw), clock=clock)
    people = People(api, settings.slack_admins, clock)
    seen = Seen("slack", tools.stores, tools.clock)
    desk = Desk(
        answer=owner.answer,
        installations=installations,
        people=people,
        seen=seen,
        ways=ways,
        language=settings.language,
        failed=owner.failed,
    )
    hands = Hands(asked=owner.asked, event=owner.event, language=settings.language)
    return Parts(
        session=session,
        oauth=oauth,
        api=api,
        installations=installations,
        seen=seen,
        conversation=Conversation(desk),
        messenger=SlackMessenger(installations, ways),
        side=SideEvents(tools=tools, api=api, installations=installations, people=people, ways=ways),
        app=build_app(api.client, Authorize(installations), hands, oauth.settings if oauth else None),
    )
