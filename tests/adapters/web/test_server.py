"""The web server over real HTTP: health, the page, who may post to it, and hostile text."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator, Mapping

import aiohttp
import pytest

from adapters.web.server import WebParts, WebServer
from bot.commands.rate import Limiter
from bot.errors import TargetRefused
from bot.model.verdict import CheckResult
from bot.settings import Settings
from tests.support.core import make_test_tools

WORDS: dict[str, str] = {}


async def _ready() -> Mapping[str, str]:
    return {"database": "ok", "slack": "off", **WORDS}


async def _refuse(_: str) -> CheckResult:
    raise TargetRefused("target-forbidden", target="x", why="loopback")


@pytest.fixture
async def base() -> AsyncIterator[str]:
    WORDS.clear()
    tools = dataclasses.replace(make_test_tools(Settings(http_port=0)), status=dict)
    limiter = Limiter(per_person=5, per_channel=100, per_workspace=100)
    server = WebServer(
        tools, limiter, WebParts(ready=_ready, metrics=lambda: b"mailport_x 1\n", check=_refuse)
    )
    yield await server.start()
    await server.stop()


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as made:
        yield made


async def test_health_and_readiness(base: str, session: aiohttp.ClientSession) -> None:
    async with session.get(f"{base}/healthz") as answer:
        assert (answer.status, await answer.text()) == (200, "ok\n")
    async with session.get(f"{base}/readyz") as answer:
        assert (answer.status, (await answer.json())["ready"]) == (200, True)
    WORDS["slack"] = "invalid_auth"
    async with session.get(f"{base}/readyz") as answer:
        assert (answer.status, (await answer.json())["parts"]["slack"]) == (503, "invalid_auth")


async def test_metrics_and_a_refused_probe(base: str, session: aiohttp.ClientSession) -> None:
    async with session.get(f"{base}/metrics") as answer:
        assert (answer.status, await answer.text()) == (200, "mailport_x 1\n")
    async with session.get(f"{base}/probe", params={"target": "127.0.0.1"}) as answer:
        assert (answer.status, await answer.text()) == (400, "target-forbidden\n")


async def test_the_page_works_without_script(base: str, session: aiohttp.ClientSession) -> None:
    async with session.get(f"{base}/try", params={"lang": "es"}) as answer:
        page = await answer.text()
        assert 'lang="es"' in page
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    async with session.post(f"{base}/try", data={"text": "help check"}) as answer:
        assert "check example.com" in await answer.text()


async def test_answers_stream_as_events(base: str, session: aiohttp.ClientSession) -> None:
    async with session.post(f"{base}/try/stream", data={"text": "which port should I use?"}) as answer:
        assert answer.content_type == "text/event-stream"
        assert "465" in await answer.text()


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"Host": "evil.example"}, id="a foreign host name: DNS rebinding"),
        pytest.param({"Origin": "https://evil.example"}, id="a foreign origin"),
        pytest.param({"Sec-Fetch-Site": "cross-site"}, id="a cross-site request"),
    ],
)
async def test_other_sites_cannot_ask(
    base: str, session: aiohttp.ClientSession, headers: dict[str, str]
) -> None:
    async with session.post(f"{base}/try", data={"text": "help"}, headers=headers) as answer:
        assert answer.status == 404


async def test_what_was_typed_is_never_markup(base: str, session: aiohttp.ClientSession) -> None:
    async with session.post(f"{base}/try", data={"text": "<script>alert(1)</script> \u202e port"}) as answer:
        page = await answer.text()
    assert "<script>alert" not in page


async def test_the_page_changes_nothing(base: str, session: aiohttp.ClientSession) -> None:
    async with session.post(f"{base}/try", data={"text": "settings language es"}) as answer:
        assert "does not do" in await answer.text()


async def test_too_many_questions_are_refused_kindly(base: str, session: aiohttp.ClientSession) -> None:
    for _ in range(6):
        async with session.post(f"{base}/try", data={"text": "help check"}) as answer:
            page = await answer.text()
    assert "Please wait" in page
