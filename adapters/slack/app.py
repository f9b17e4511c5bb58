"""The Bolt app: four listeners in all, each of which acknowledges at once and hands its work on.

Bolt pays for every listener that it skips, and with `process_before_response` it answers Slack when the
listener returns instead of polling for an acknowledgement; so nothing here waits for anything.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext
from slack_bolt.authorization.async_authorize import AsyncAuthorize
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.api import QUIET
from adapters.slack.inbox import Asked, in_team, read_action, read_command, read_event, word
from adapters.slack.modals import CALLBACK, faults, read_submission

# One listener for every slash command of the app: a second app for trying out may name its own differently.
ANY_COMMAND = re.compile(r"^/")
ANY_ACTION = re.compile(r"^mailport\.")
ANY_VIEW = re.compile(rf"^{re.escape(CALLBACK)}\.")
ANY_EVENT = re.compile(r"^")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hands:
    """Where work goes. Each call returns at once.

    Attributes:
        asked: A question, command, button or form.
        event: Any other event, by its type.
        language: To say what is wrong with a form in.
    """

    asked: Callable[[Asked], None]
    event: Callable[[str, Mapping[str, Any], AsyncBoltContext], None]
    language: str


def build_app(
    client: AsyncWebClient, authorize: AsyncAuthorize, hands: Hands, oauth: AsyncOAuthSettings | None
) -> AsyncApp:
    """The app. Signatures are checked before it (web.py), so that broken bodies end there as 4xx."""
    app = AsyncApp(
        # Bolt silences the logger of this name along with its own, so it must not be one of ours.
        name="slack_bolt.mailport",
        logger=QUIET,
        client=client,
        authorize=authorize,  # type: ignore[arg-type]  # slack-bolt types its own class too narrowly
        oauth_settings=oauth,
        process_before_response=True,
        request_verification_enabled=False,
        ssl_check_enabled=False,
        url_verification_enabled=False,  # web.py answers it, Socket Mode has none
        ignoring_self_events_enabled=False,  # inbox.py leaves alone what no person said
        attaching_function_token_enabled=False,
        attaching_conversation_kwargs_enabled=False,
    )

    @app.command(ANY_COMMAND)
    async def on_command(ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext) -> None:
        await ack()
        _hand(hands, read_command(body), context)

    @app.action(ANY_ACTION)
    async def on_action(ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext) -> None:
        await ack()
        _hand(hands, read_action(body), context)

    @app.view(ANY_VIEW)
    async def on_view(ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext) -> None:
        asked = read_submission(body)
        wrong = faults(asked, hands.language) if asked is not None else {}
        if wrong:
            await ack(response_action="errors", errors=wrong)
            return
        await ack()
        _hand(hands, asked, context)

    @app.event(ANY_EVENT)
    async def on_event(body: dict[str, Any], context: AsyncBoltContext) -> None:
        event = body.get("event")
        kind = event.get("type") if isinstance(event, Mapping) else None
        if kind in ("app_mention", "message"):
            asked = read_event(body, own_id=context.bot_user_id, own_bot=context.bot_id)
            _hand(hands, asked, context)
        elif isinstance(kind, str):
            hands.event(kind, body, context)

    return app


def _hand(hands: Hands, asked: Asked | None, context: AsyncBoltContext) -> None:
    if asked is not None:
        hands.asked(in_team(asked, word(context.team_id), word(context.enterprise_id)))
