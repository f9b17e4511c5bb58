"""Slack's HTTP mode: `/slack/events`, and the OAuth pages `/slack/install`, `/slack/oauth_redirect`.

Whatever is not signed by Slack, too old, too large or no request of Slack's gets a 4xx in one line.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Sequence
from urllib.parse import parse_qsl

from aiohttp import ClientError, ClientPayloadError, web
from aiohttp.http import HttpProcessingError
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.signature import SignatureVerifier
from sqlalchemy.exc import SQLAlchemyError

EVENTS = "/slack/events"
INSTALL = "/slack/install"
REDIRECT = "/slack/oauth_redirect"
MAX_BODY_BYTES = 1_000_000
MAX_FIELDS = 100
# Slack itself gives up after three.
BODY_S = 5.0
_LOG = logging.getLogger(__name__)


class SlackWeb:
    """Handlers for the web server to mount.

    Args:
        secret: Signing secret; None in Socket Mode, then no events are taken here.
    """

    def __init__(self, secret: str | None) -> None:
        self._verifier = SignatureVerifier(secret) if secret else None
        self._app: AsyncApp | None = None

    def serve(self, app: AsyncApp | None) -> None:
        """From now on requests go to this app; None stops them."""
        self._app = app

    def routes(self) -> list[web.RouteDef]:
        """The three routes."""
        return [
            web.post(EVENTS, self.events),
            web.get(INSTALL, self.install),
            web.get(REDIRECT, self.redirect),
        ]

    async def events(self, request: web.Request) -> web.Response:
        """Everything that Slack sends: events, commands, buttons, forms."""
        if self._verifier is None:
            return _refuse(404, "Slack reaches this Mailport by Socket Mode, not here")
        try:
            async with asyncio.timeout(BODY_S):
                raw = await _read(request)
            body = raw.decode("utf-8")
        except TimeoutError:
            return _refuse(408, "the body does not come")
        except (
            web.HTTPRequestEntityTooLarge,
            web.RequestPayloadError,
            HttpProcessingError,
            ClientPayloadError,
            UnicodeDecodeError,
            OSError,
        ) as problem:
            return _refuse(413 if isinstance(problem, web.HTTPRequestEntityTooLarge) else 400, "bad body")
        headers = request.headers
        if not self.signed(
            body, headers.get("X-Slack-Request-Timestamp", ""), headers.get("X-Slack-Signature", "")
        ):
            return _refuse(401, "not signed by Slack, or too old")
        if not understood(body, request.content_type):
            return _refuse(400, "no request of Slack's")
        challenge = _challenge(body)
        if (
            challenge is not None
        ):  # asked while the app is being set up, when Slack itself may be out of reach
            return web.json_response({"challenge": challenge})
        if self._app is None:
            return _refuse(503, "starting or ending")
        return await self._dispatch(self._app, request, body)

    def signed(self, body: str, timestamp: str, signature: str) -> bool:
        """Whether Slack signed this body within the last five minutes."""
        if self._verifier is None or not timestamp.isascii() or not timestamp.isdigit():
            return False
        if len(timestamp) > 12 or not signature.isascii():
            return False
        return bool(self._verifier.is_valid(body, timestamp, signature))

    async def _dispatch(self, app: AsyncApp, request: web.Request, body: str) -> web.Response:
        try:
            asked = AsyncBoltRequest(body=body, query=request.query_string, headers=_headers(request))
        except (AttributeError, TypeError, ValueError, KeyError, IndexError) as problem:
            # Signed, but not shaped as documented: Bolt reads ids out of it without looking.
            _LOG.warning("a signed request has an odd shape (%s)", type(problem).__name__)
            return _refuse(400, "no request of Slack's")
        answer = await app.async_dispatch(asked)
        if answer.status == 404:
            answer.status = 200  # an event or button that is none of ours: taken, so not sent again
        if answer.status >= 500:
            _LOG.warning("a signed request could not be taken")
            return _refuse(400, "no request of Slack's")
        return await to_aiohttp_response(answer)

    async def install(self, request: web.Request) -> web.Response:
        """The page with "Add to Slack"."""
        flow = self._app.oauth_flow if self._app is not None else None
        if flow is None:
            return _refuse(
                404, "installing by OAuth is off: SLACK_CLIENT_ID and SLACK_CLIENT_SECRET are unset"
            )
        return await _page(flow.handle_installation(await to_bolt_request(request)))

    async def redirect(self, request: web.Request) -> web.Response:
        """Where Slack sends the browser back to."""
        flow = self._app.oauth_flow if self._app is not None else None
        if flow is None:
            return _refuse(
                404, "installing by OAuth is off: SLACK_CLIENT_ID and SLACK_CLIENT_SECRET are unset"
            )
        return await _page(flow.handle_callback(await to_bolt_request(request)))


async def _page(making: Awaitable[BoltResponse]) -> web.Response:
    try:
        return await to_aiohttp_response(await making)
    except (ClientError, SQLAlchemyError, OSError, TimeoutError) as problem:
        _LOG.warning("installing by OAuth failed: %s", type(problem).__name__)
        return _refuse(503, "Slack or the database does not answer; please try again")


async def _read(request: web.Request) -> bytes:
    if (request.content_length or 0) > MAX_BODY_BYTES:
        raise web.HTTPRequestEntityTooLarge(MAX_BODY_BYTES, request.content_length or 0)
    return await request.read()


def _headers(request: web.Request) -> dict[str, str | Sequence[str]]:
    return {name: request.headers.getall(name) for name in request.headers}


def understood(body: str, content_type: str) -> bool:
    """Whether a body is an object in one of the two forms that Slack uses."""
    try:
        if content_type == "application/json" or body.lstrip().startswith("{"):
            return isinstance(json.loads(body), dict)
        if "payload=" in body:
            fields = dict(parse_qsl(body, keep_blank_values=True, max_num_fields=MAX_FIELDS))
            return "payload" not in fields or isinstance(json.loads(fields["payload"]), dict)
    except (ValueError, RecursionError):
        return False
    return "=" in body and body.count("&") < MAX_FIELDS  # a slash command; Bolt reads its fields


def _challenge(body: str) -> str | None:
    """The word to send back when Slack verifies the address."""
    if '"url_verification"' not in body:
        return None
    asked = json.loads(body) if body.lstrip().startswith("{") else {}
    challenge = asked.get("challenge") if asked.get("type") == "url_verification" else None
    return challenge if isinstance(challenge, str) else None


def _refuse(status: int, why: str) -> web.Response:
    return web.json_response({"error": why}, status=status)
