"""Discord's REST calls that Mailport makes, over discord.py's client: deadlines, 429, errors as few kinds.

discord.py keeps the rate limit buckets. It waits for a 429 only when Discord's own proxies sent it
(`Via`); here every 429 is waited for, as the documentation has it. Nothing that we send may mention
anybody: `allowed_mentions` is set on the client and once more in every body.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping, Sequence
from typing import Any, Literal, cast

import aiohttp
import discord
from discord.http import HTTPClient, Route

Json = dict[str, Any]
Failure = Literal["expired", "taken", "gone", "missing", "bad", "rate", "token", "unreachable", "other"]

DEFAULT_API = "https://discord.com/api/v10"
CALL_S = 20.0
# The first response is worth nothing after three seconds.
FIRST_RESPONSE_S = 6.0
RATE_TRIES = 5
LONGEST_WAIT_S = 30.0
NOBODY: Json = {"parse": [], "replied_user": False}
EPHEMERAL = 1 << 6
_ORIGINAL = "/messages/@original"
_LOG = logging.getLogger("mailport.discord")

# Discord's JSON error codes by what to do about them.
_KINDS: Mapping[int, Failure] = {
    10062: "expired",  # Unknown interaction
    10015: "expired",  # Unknown webhook: the token's 15 minutes are over
    50027: "expired",  # Invalid webhook token
    40060: "taken",  # Interaction has already been acknowledged
    10003: "gone",  # Unknown channel
    10004: "gone",  # Unknown guild
    50001: "gone",  # Missing access
    50013: "gone",  # Missing permissions
    50007: "gone",  # Cannot send messages to this user
    50008: "gone",  # Cannot send messages in a channel of this kind
    50083: "gone",  # Thread is archived
    160005: "gone",  # Thread is locked
    10008: "missing",  # Unknown message
    50005: "missing",  # A message of somebody else cannot be edited
    50006: "bad",  # Empty message
    50035: "bad",  # Invalid form body
    40005: "bad",  # Request entity too large
}


class DiscordFailed(Exception):
    """A call did not work.

    Attributes:
        kind: What to do about it.
        error: Discord's own words, or the network's.
        retry_after_s: Seconds to wait, when Discord said so.
    """

    def __init__(self, kind: Failure, error: str, retry_after_s: float | None = None) -> None:
        super().__init__(error)
        self.kind = kind
        self.error = error
        self.retry_after_s = retry_after_s


def use_address(api_url: str | None) -> None:
    """Where all calls of this process go."""
    Route.BASE = (api_url or DEFAULT_API).rstrip("/")


def failure_of(problem: BaseException) -> DiscordFailed:
    """What went wrong, as one of the few kinds."""
    if isinstance(problem, DiscordFailed):
        return problem
    if isinstance(problem, discord.RateLimited):
        return DiscordFailed("rate", "rate limited", problem.retry_after)
    if isinstance(problem, discord.LoginFailure):
        return DiscordFailed("token", "401 Unauthorized")
    if isinstance(problem, discord.HTTPException):
        code, text = _said(problem)
        words = " ".join(f"{code or problem.status} {text}".split())[:200]
        return DiscordFailed(_kind(problem.status, code), words)
    if isinstance(problem, TimeoutError):
        return DiscordFailed("unreachable", "no answer in time")
    return DiscordFailed("unreachable", (str(problem) or type(problem).__name__)[:200])


def _said(problem: discord.HTTPException) -> tuple[int, str]:
    """Discord's code and words; discord.py reads them only under exactly its own content type."""
    if not problem.code and problem.text.lstrip().startswith("{"):
        said = object_of(problem.text)
        code = said.get("code")
        return code if isinstance(code, int) else 0, str(said.get("message") or problem.text)
    return problem.code, problem.text or ""


def _kind(status: int, code: int) -> Failure:
    if code in _KINDS:
        return _KINDS[code]
    by_status: Mapping[int, Failure] = {401: "token", 403: "gone", 404: "missing", 400: "bad", 429: "rate"}
    return "unreachable" if status >= 500 else by_status.get(status, "other")


class DiscordApi:
    """The calls. One per signed-in client.

    Args:
        application: Our application's id, for interactions that do not name it.
    """

    def __init__(self, http: HTTPClient, application: str) -> None:
        self._http = http
        self.application = application
        self._used: dict[str, list[Route]] = {}

    # ---- interactions: their routes take no part in our own rate limit, one bucket per token

    async def respond(self, interaction: str, token: str, body: Json, files: Files = ()) -> None:
        """The first response; must come within three seconds of the interaction."""
        route = self._callback(interaction, token)
        await self._run(route, body, files, deadline_s=FIRST_RESPONSE_S)

    async def edit_response(self, application: str, token: str, body: Json, files: Files = ()) -> None:
        """Change the first response."""
        await self._run(self._webhook("PATCH", application, token, _ORIGINAL), body, files)

    async def delete_response(self, application: str, token: str) -> None:
        """Take the first response back."""
        await self._run(self._webhook("DELETE", application, token, _ORIGINAL))

    async def follow_up(self, application: str, token: str, body: Json, files: Files = ()) -> None:
        """Another message of the same interaction."""
        await self._run(self._webhook("POST", application, token, ""), body, files)

    def done_with(self, token: str) -> None:
        """Forget the rate limits of an interaction: its routes are never used again.

        discord.py keeps each for five minutes and looks through all of them at every new one.
        """
        for route in self._used.pop(token, ()):
            bucket = self._http._bucket_hashes.get(route.key, route.key)
            for name in {bucket, route.key}:
                self._http._buckets.pop(f"{name}:{route.major_parameters}", None)

    def _callback(self, interaction: str, token: str) -> Route:
        path = "/interactions/{webhook_id}/{webhook_token}/callback"
        return self._noted(Route("POST", path, webhook_id=interaction, webhook_token=token), token)

    def _noted(self, route: Route, token: str) -> Route:
        self._used.setdefault(token, []).append(route)
        return route

    def _webhook(self, method: str, application: str, token: str, path: str) -> Route:
        route = Route(
            method,
            "/webhooks/{webhook_id}/{webhook_token}" + path,
            webhook_id=application or self.application,
            webhook_token=token,
        )
        return self._noted(route, token)

    # ---- messages

    async def send(self, channel: str, body: Json, files: Files = ()) -> Json:
        """Post into a channel."""
        route = Route("POST", "/channels/{channel_id}/messages", channel_id=channel)
        return object_of(await self._run(route, body, files))

    async def edit(self, channel: str, message: str, body: Json, files: Files = ()) -> None:
        """Change one of our messages."""
        await self._run(self._message("PATCH", channel, message), body, files)

    async def delete(self, channel: str, message: str) -> None:
        """Remove one of our messages."""
        await self._run(self._message("DELETE", channel, message))

    def _message(self, method: str, channel: str, message: str) -> Route:
        path = "/channels/{channel_id}/messages/{message_id}"
        return Route(method, path, channel_id=channel, message_id=message)

    async def open_direct(self, person: str) -> str:
        """The channel of direct messages with a person."""
        found = object_of(await self._run(Route("POST", "/users/@me/channels"), {"recipient_id": person}))
        return str(found.get("id") or "")

    # ---- about us and where we are

    async def guild(self, guild: str) -> Json:
        """A server with its roles and owner."""
        return object_of(await self._run(Route("GET", "/guilds/{guild_id}", guild_id=guild)))

    async def own_application(self) -> Json:
        """Our application."""
        return object_of(await self._run(Route("GET", "/oauth2/applications/@me")))

    async def current_application(self) -> Json:
        """Our application, by its newer address."""
        return object_of(await self._run(Route("GET", "/applications/@me")))

    async def gateway(self) -> Json:
        """Where the gateway is, and how many shards Discord wants."""
        return object_of(await self._run(Route("GET", "/gateway/bot")))

    async def put_commands(self, guild: str | None, commands: Sequence[Mapping[str, Any]]) -> None:
        """Make these the application's commands, everywhere or in one server."""
        path = "/applications/{application_id}/guilds/{guild_id}/commands"
        if guild is None:
            path = "/applications/{application_id}/commands"
        route = Route("PUT", path, application_id=self.application, **({"guild_id": guild} if guild else {}))
        await self._run(route, list(commands))

    # ---- one call

    async def _run(
        self, route: Route, body: Any = None, files: Files = (), *, deadline_s: float = CALL_S
    ) -> Any:
        """Do one call, waiting for what Discord says when it is too busy.

        Raises:
            DiscordFailed: Whatever went wrong.
        """
        for tried in range(RATE_TRIES):
            try:
                async with asyncio.timeout(deadline_s):
                    return await self._http.request(route, **_arguments(body, files))
            except discord.HTTPException as problem:
                if problem.status != 429 or tried == RATE_TRIES - 1:
                    raise failure_of(problem) from None
                seconds = await _wait_of(problem)
                if seconds > LONGEST_WAIT_S:
                    raise DiscordFailed("rate", "429 Too Many Requests", seconds) from None
                _LOG.info("Discord asks to wait %.2f s (%s %s)", seconds, route.method, route.path)
                await asyncio.sleep(seconds)
            except (discord.DiscordException, aiohttp.ClientError, OSError, TimeoutError) as problem:
                raise failure_of(problem) from None
        raise AssertionError("the last try raises")  # pragma: no cover


Files = Sequence[discord.File]


def _arguments(body: Any, files: Files) -> Json:
    if body is None:
        return {}
    if not files:
        return {"json": body}
    form: list[Json] = [{"name": "payload_json", "value": json.dumps(body)}]
    form += [
        {
            "name": f"files[{number}]",
            "value": file.fp,
            "filename": file.filename,
            "content_type": "application/octet-stream",
        }
        for number, file in enumerate(files)
    ]
    return {"form": form, "files": files}


async def _wait_of(problem: discord.HTTPException) -> float:
    """Seconds to wait after a 429: the body says it most precisely, then the header."""
    try:
        response = cast("aiohttp.ClientResponse", problem.response)
        said = json.loads(await response.text())  # read already; aiohttp keeps it
        return max(0.0, float(said["retry_after"]))
    except (ValueError, TypeError, KeyError, AttributeError, aiohttp.ClientError):
        pass
    try:
        return max(0.0, float(problem.response.headers["Retry-After"]))
    except (ValueError, TypeError, KeyError):
        return 1.0


def object_of(value: Any) -> Json:
    """The JSON object that Discord sent; discord.py gives text for any other content type than its own."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return {}
    return value if isinstance(value, dict) else {}


def attachment_list(files: Files) -> list[Json]:
    """What a body says of the files that come with it."""
    return [
        {"id": str(number), "filename": file.filename}
        | ({"description": file.description} if file.description else {})
        for number, file in enumerate(files)
    ]
