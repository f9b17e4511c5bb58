"""The Web API over one shared session: deadlines, 429 honoured, errors as the few kinds that matter."""

from __future__ import annotations

import asyncio
import io
import logging
import random
from collections.abc import Callable, Mapping
from typing import Any, Literal

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.http_retry import HttpRequest, HttpResponse, RetryState
from slack_sdk.http_retry.builtin_async_handlers import (
    AsyncConnectionErrorRetryHandler,
    AsyncRateLimitErrorRetryHandler,
    AsyncServerErrorRetryHandler,
)
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.blocks import Json

CALL_S = 30.0
RATE_LIMIT_RETRIES = 3
SPREAD_S = 0.2
# Written to ours alone: slack_sdk and Bolt write whole payloads at INFO and tracebacks of refused calls.
QUIET = logging.getLogger("mailport.slack.library")
QUIET.setLevel(logging.CRITICAL)

Failure = Literal["unreachable", "token", "gone", "blocks", "rate", "missing", "trigger", "other"]

_TOKEN_ERRORS = frozenset(
    {
        "invalid_auth",
        "not_authed",
        "account_inactive",
        "token_revoked",
        "token_expired",
        "not_allowed_token_type",
        "app_missing_action_url",
        "two_factor_setup_required",
    }
)
_GONE_ERRORS = frozenset(
    {
        "channel_not_found",
        "not_in_channel",
        "is_archived",
        "restricted_action",
        "restricted_action_read_only_channel",
        "restricted_action_thread_only_channel",
        "user_not_in_channel",
        "no_permission",
        "org_login_required",
        "team_access_not_granted",
    }
)
_BLOCK_ERRORS = frozenset({"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "msg_too_long"})
_MISSING_ERRORS = frozenset(
    {"message_not_found", "cant_update_message", "edit_window_closed", "thread_not_found"}
)
_TRIGGER_ERRORS = frozenset(
    {"expired_trigger_id", "invalid_trigger_id", "trigger_expired", "exchanged_trigger_id"}
)
# HTTP answers of something that speaks for Slack and does not know the method (a proxy, a test server).
_UNKNOWN_METHOD = frozenset({404, 405, 501})


class SlackFailed(Exception):
    """A call did not work.

    Attributes:
        kind: What to do about it.
        error: Slack's own word, or the network's.
        retry_after_s: Seconds to wait, when Slack said so.
        method: The Web API method; "" for other addresses.
    """

    method = ""

    def __init__(self, kind: Failure, error: str, retry_after_s: float | None = None) -> None:
        super().__init__(error)
        self.kind = kind
        self.error = error
        self.retry_after_s = retry_after_s


def open_session() -> aiohttp.ClientSession:
    """The one session that everything here uses: without it every call opens a connection of its own."""
    return aiohttp.ClientSession(
        timeout=aiohttp.ClientTimeout(total=CALL_S, connect=10.0),
        connector=aiohttp.TCPConnector(limit=100, keepalive_timeout=60.0),
    )


class RateLimited(AsyncRateLimitErrorRetryHandler):
    """Waits as long as Slack asks for (slack_sdk's own takes whole seconds only), and lets it be known."""

    def __init__(self, noticed: Callable[[], None]) -> None:
        super().__init__(max_retry_count=RATE_LIMIT_RETRIES)
        self._noticed = noticed

    async def prepare_for_next_attempt_async(
        self,
        *,
        state: RetryState,
        request: HttpRequest,
        response: HttpResponse | None = None,
        error: Exception | None = None,
    ) -> None:
        """Wait; the retry follows."""
        del request, error
        state.next_attempt_requested = True
        self._noticed()
        headers = response.headers if response is not None else {}
        named = [value for name, value in headers.items() if name.lower() == "retry-after"]
        wait_s = _seconds(str(named[0][0]) if named and named[0] else None)
        await asyncio.sleep(wait_s + random.random() * SPREAD_S)  # noqa: S311  # no secret
        state.increment_current_attempt()


def open_client(
    session: aiohttp.ClientSession, api_url: str | None, noticed: Callable[[], None] = lambda: None
) -> AsyncWebClient:
    """The Web API client of this session; tokens are given with each call.

    Args:
        noticed: Called whenever Slack asks to slow down.
    """
    return AsyncWebClient(
        base_url=api_url or AsyncWebClient.BASE_URL,
        session=session,
        logger=QUIET,
        retry_handlers=[
            RateLimited(noticed),
            # Only what surely never arrived is sent again by itself.
            AsyncConnectionErrorRetryHandler(
                max_retry_count=2, error_types=[aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError]
            ),
            AsyncServerErrorRetryHandler(max_retry_count=1),
        ],
    )


class SlackApi:
    """Calls Web API methods and response addresses.

    Args:
        client: Has the session and the base address.
    """

    def __init__(self, client: AsyncWebClient) -> None:
        self.client = client

    async def call(self, method: str, token: str, **arguments: object) -> Json:
        """Call a method that takes JSON.

        Raises:
            SlackFailed: Whatever went wrong.
        """
        return await self._run(method, token, json=_present(arguments))

    async def read(self, method: str, token: str, **arguments: object) -> Json:
        """Call a method that reads and takes its arguments in the query (`users.info`, ...).

        Raises:
            SlackFailed: Whatever went wrong.
        """
        return await self._run(method, token, http_verb="GET", params=_present(arguments))

    async def _run(self, method: str, token: str, **how: Any) -> Json:
        headers = {"Authorization": f"Bearer {token}"}
        try:
            answer = await self.client.api_call(method, headers=headers, **how)
        except (SlackClientError, aiohttp.ClientError, OSError, TimeoutError, ValueError) as problem:
            failure = failure_of(problem)
            failure.method = method
            raise failure from None
        data = answer.data
        return data if isinstance(data, dict) else {}

    async def respond(self, address: str, body: Mapping[str, object]) -> None:
        """Post to a response address, which needs no token.

        Raises:
            SlackFailed: `gone` when it is used up or too old.
        """
        for attempt in range(RATE_LIMIT_RETRIES + 1):
            try:
                status, text, wait_s = await self._post(address, body)
            except aiohttp.ClientConnectorError as problem:
                if attempt >= 2:
                    raise failure_of(problem) from None
                await asyncio.sleep(0.3 * (attempt + 1))
                continue
            except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as problem:
                raise failure_of(problem) from None
            if status == 429 and attempt < RATE_LIMIT_RETRIES:
                await asyncio.sleep(wait_s)
                continue
            _refuse_bad_response(status, text, wait_s)
            return

    async def _post(self, address: str, body: Mapping[str, object]) -> tuple[int, str, float]:
        session = self.client.session
        assert session is not None  # open_client gives one
        async with session.post(address, json=_present(body), allow_redirects=False) as answer:
            text = (await answer.content.read(2000)).decode("utf-8", "replace")
            return answer.status, text, _seconds(answer.headers.get("Retry-After"))

    async def upload(
        self, token: str, *, channel: str, thread: str | None, name: str, content: bytes, title: str, alt: str
    ) -> None:
        """Send a file into a channel: address, bytes, completion (`files.upload` ended in 2025).

        Raises:
            SlackFailed: Whatever went wrong.
        """
        ticket = await self.read(
            "files.getUploadURLExternal", token, filename=name, length=len(content), alt_txt=alt or None
        )
        session = self.client.session
        assert session is not None  # open_client gives one
        try:
            async with session.post(str(ticket.get("upload_url", "")), data=io.BytesIO(content)) as answer:
                await answer.content.read(2000)
                if answer.status != 200:
                    raise SlackFailed("other", f"upload answered {answer.status}")
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as problem:
            raise failure_of(problem) from None
        await self.call(
            "files.completeUploadExternal",
            token,
            files=[{"id": str(ticket.get("file_id", "")), "title": title}],
            channel_id=channel,
            thread_ts=thread,
        )


def failure_of(problem: Exception) -> SlackFailed:
    """What kind of failure an exception of the libraries is."""
    if not isinstance(problem, SlackApiError):
        name = type(problem).__name__
        return SlackFailed("unreachable", f"{name}: {problem}"[:200] if str(problem) else name)
    answer = problem.response
    data = getattr(answer, "data", None)
    error = str(data.get("error", "")) if isinstance(data, dict) else ""
    headers = getattr(answer, "headers", None) or {}
    status = getattr(answer, "status_code", getattr(answer, "status", 0))
    if not error and status in _UNKNOWN_METHOD:
        return SlackFailed("other", "unknown_method")
    if status == 429 or error in ("ratelimited", "rate_limited", "message_limit_exceeded"):
        return SlackFailed("rate", error or "ratelimited", _seconds(headers.get("Retry-After")))
    if status >= 500 or (not error and status != 200) or error in ("internal_error", "fatal_error"):
        return SlackFailed("unreachable", error or f"HTTP {status}")
    return SlackFailed(_kind(error), error or "no reason given")


def _kind(error: str) -> Failure:
    for kind, errors in (
        ("token", _TOKEN_ERRORS),
        ("gone", _GONE_ERRORS),
        ("blocks", _BLOCK_ERRORS),
        ("missing", _MISSING_ERRORS),
        ("trigger", _TRIGGER_ERRORS),
    ):
        if error in errors:
            return kind  # type: ignore[return-value]  # mypy widens the literals of the tuple
    return "other"


def _refuse_bad_response(status: int, text: str, wait_s: float) -> None:
    """Raise unless a response address took what we sent; its refusals are plain words or JSON."""
    if status < 300 and '"ok":false' not in text.replace(" ", ""):
        return
    if status == 429:
        raise SlackFailed("rate", "ratelimited", wait_s)
    if "block" in text or "msg_too_long" in text:
        raise SlackFailed("blocks", text[:100])
    if status >= 500 and "expired" not in text and "used" not in text:
        raise SlackFailed("unreachable", f"HTTP {status}")
    raise SlackFailed("gone", text[:100] or f"HTTP {status}")


def _present(arguments: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in arguments.items() if value is not None}


def _seconds(header: str | None) -> float:
    try:
        return min(max(float(header or "1"), 0.0), 300.0)
    except ValueError:
        return 1.0
