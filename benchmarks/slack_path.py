"""The way of one Slack message in this process: signature, Bolt, core, Block Kit as JSON; no network."""

from __future__ import annotations

import asyncio
import itertools
import json
import statistics
import time
from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import urlencode

from multidict import CIMultiDict
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.signature import SignatureVerifier

from adapters.slack.adapter import SlackAdapter
from adapters.slack.api import SlackApi
from adapters.slack.blocks import Json
from adapters.slack.parts import Parts, open_parts
from adapters.slack.web import SlackWeb, understood
from benchmarks.measure import row
from bot.settings import Settings
from tests.support.core import make_test_tools

SECRET = "benchmark"
WARM, COUNT, ROUNDS = 300, 200, 60
QUESTIONS = (
    "which port should I use to send mail?", "what is STARTTLS?", "is port 25 blocked?", "465 or 587?",
    "¿qué puerto uso para enviar correo?", "what is DANE?", "which port is IMAP over TLS?", "what is SPF?",
    "how do I test TLS on port 587?", "what does 550 5.7.1 mean?",
)  # fmt: skip
NUMBERS = itertools.count()  # over all rows: what comes twice is answered once
Message = tuple[str, dict[str, str]]


class SilentApi(SlackApi):
    """Makes the JSON of every call, as the client would, and sends nothing."""

    def __init__(self) -> None:
        self.sent = asyncio.Event()
        self.bytes = 0

    async def respond(self, address: str, body: Mapping[str, object]) -> None:
        self.bytes += len(json.dumps(body))
        self.sent.set()

    async def call(self, method: str, token: str, **arguments: object) -> Json:
        self.bytes += len(json.dumps(arguments))
        self.sent.set()
        return {"ok": True, "ts": "1.1"}


def messages(texts: tuple[str, ...]) -> Callable[[], Message]:
    """Signed slash commands, each with names of its own, as Slack sends them."""
    numbers = NUMBERS
    signer = SignatureVerifier(SECRET)

    def make() -> Message:
        number = next(numbers)
        body = urlencode({
            "token": "old", "team_id": "T1", "team_domain": "bench", "channel_id": f"C{number % 50}",
            "channel_name": "general", "user_id": f"U{number % 20}", "user_name": "x", "command": "/mailport",
            "text": texts[number % len(texts)], "api_app_id": "A1", "is_enterprise_install": "false",
            "response_url": f"https://hooks.slack.com/commands/T1/{number}/x", "trigger_id": f"{number}.1.a",
        })  # fmt: skip
        stamp = str(int(time.time()))
        signature = signer.generate_signature(timestamp=stamp, body=body) or ""
        return body, {
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Slack-Request-Timestamp": stamp,
            "X-Slack-Signature": signature,
        }

    return make


async def measured(
    name: str, make: Callable[[], Message], handle: Callable[[Message], Awaitable[None]]
) -> None:
    """One message after the other; of many short rounds the quietest quarter, as other work shares the cores.

    The making of the messages is not counted.
    """
    for _ in range(WARM):
        await handle(make())
    rounds = sorted([await _round(make, handle) for _ in range(ROUNDS)])[: ROUNDS // 4]
    cpu = statistics.mean(used for used, _ in rounds)
    taken = sorted(one for _, all_ in rounds for one in all_)
    p50, p99 = statistics.median(taken), taken[int(len(taken) * 0.99)]
    row(name, f"{1e6 / cpu:.0f} /s", f"{cpu:.0f} us CPU each, p50 {p50:.0f} us, p99 {p99:.0f} us")


async def _round(
    make: Callable[[], Message], handle: Callable[[Message], Awaitable[None]]
) -> tuple[float, list[float]]:
    """CPU microseconds a message, and the wall time of each."""
    taken: list[float] = []
    cpu = 0.0
    for _ in range(COUNT):
        message = make()
        began, used = time.perf_counter(), time.process_time()
        await handle(message)
        cpu += time.process_time() - used
        taken.append((time.perf_counter() - began) * 1e6)
    return cpu / COUNT * 1e6, taken


async def bolt_alone(*, flag: bool) -> Callable[[Message], Awaitable[None]]:
    """slack-bolt with its own signature check, one command, a handler that only acknowledges."""

    async def authorize() -> AuthorizeResult:
        return AuthorizeResult(enterprise_id=None, team_id="T1", bot_token="xoxb", bot_user_id="U0")

    app = AsyncApp(signing_secret=SECRET, authorize=authorize, process_before_response=flag)

    @app.command("/mailport")
    async def acknowledge(ack: AsyncAck) -> None:
        await ack()

    async def handle(message: Message) -> None:
        body, headers = message
        answer = await app.async_dispatch(AsyncBoltRequest(body=body, headers=headers))
        assert answer.status == 200

    return handle


async def ours() -> tuple[Callable[[Message], Awaitable[None]], SlackAdapter]:
    """The adapter as it runs, with the network cut off behind it."""
    settings = Settings(slack_bot_token="xoxb-x", slack_signing_secret=SECRET)
    adapter = SlackAdapter(make_test_tools(settings))
    parts: Parts = await open_parts(adapter._tools, adapter, None)
    adapter._parts = parts
    api = SilentApi()
    object.__setattr__(parts.conversation._desk.ways, "api", api)
    web = SlackWeb(SECRET)

    async def handle(message: Message) -> None:
        body, headers = message
        held = CIMultiDict(headers)
        assert web.signed(body, held["X-Slack-Request-Timestamp"], held["X-Slack-Signature"])
        assert understood(body, held["Content-Type"])
        api.sent.clear()
        answer = await parts.app.async_dispatch(AsyncBoltRequest(body=body, headers=headers))
        assert answer.status == 200
        await api.sent.wait()

    return handle, adapter


def main() -> None:
    """Print the rows."""
    asyncio.run(_main())


async def _main() -> None:
    questions = messages(QUESTIONS)
    await measured("slack-bolt alone, acknowledges only", messages(("x",)), await bolt_alone(flag=True))
    handle, adapter = await ours()
    await measured("Mailport: ask, ten questions again and again", questions, handle)
    fresh = tuple(f"{question} ({number})" for number in range(2000) for question in QUESTIONS)
    await measured("Mailport: ask, every question new", messages(fresh), handle)
    await measured("Mailport: help check", messages(("help check",)), handle)
    await measured("Mailport: a refusal", messages(("check",)), handle)
    await adapter.stop(1.0)


if __name__ == "__main__":
    main()
