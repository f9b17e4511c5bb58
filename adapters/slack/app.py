"""The Bolt app: it reads requests, finds the installation, serves OAuth; one middleware takes everything.

Bolt looks for the listener of a request one by one and fills in every argument that a listener could have:
40 us a message with one command, 785 us with fifty. There is one way for everything here, so it is a
middleware, which answers when it returns (docs/decisions/0304); nothing in it waits for anything.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from slack_bolt.async_app import AsyncApp, AsyncBoltContext, AsyncBoltRequest
from slack_bolt.authorization.async_authorize import AsyncAuthorize
from slack_bolt.middleware.async_middleware import AsyncMiddleware
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.api import QUIET
from adapters.slack.inbox import Asked, in_team, read_action, read_command, read_event, word
from adapters.slack.modals import faults, read_submission


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


class Intake(AsyncMiddleware):
    """Acknowledges what is ours and hands it on; the rest goes on to Bolt, which knows no listener for it."""

    def __init__(self, hands: Hands) -> None:
        self._hands = hands

    async def async_process(
        self,
        *,
        req: AsyncBoltRequest,
        resp: BoltResponse,
        next: Callable[[], Awaitable[BoltResponse]],  # noqa: A002  # Bolt passes it by this name
    ) -> BoltResponse:
        """Take one request, or leave it to the next."""
        del resp
        body, context = req.body, req.context
        if isinstance(body.get("event"), Mapping):
            self._event(body, body["event"], context)
            return BoltResponse(status=200, body="")
        if body.get("command") is not None:  # whatever it is called: an app for trying out has its own name
            self._hand(read_command(body), context)
            return BoltResponse(status=200, body="")
        kind = body.get("type")
        if kind == "block_actions":
            self._hand(read_action(body), context)
            return BoltResponse(status=200, body="")
        if kind == "view_submission":
            return self._form(body, context)
        return await next()

    def _form(self, body: Mapping[str, Any], context: AsyncBoltContext) -> BoltResponse:
        asked = read_submission(body)
        wrong = faults(asked, self._hands.language) if asked is not None else {}
        if wrong:
            return BoltResponse(status=200, body={"response_action": "errors", "errors": wrong})
        self._hand(asked, context)
        return BoltResponse(status=200, body="")

    def _event(self, body: Mapping[str, Any], event: Mapping[str, Any], context: AsyncBoltContext) -> None:
        kind = event.get("type")
        if kind in ("app_mention", "message"):
            self._hand(read_event(body, own_id=context.bot_user_id, own_bot=context.bot_id), context)
        elif isinstance(kind, str):
            self._hands.event(kind, body, context)

    def _hand(self, asked: Asked | None, context: AsyncBoltContext) -> None:
        if asked is not None:
            self._hands.asked(in_team(asked, word(context.team_id), word(context.enterprise_id)))


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
    app.use(Intake(hands))
    return app
