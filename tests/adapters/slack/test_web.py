"""HTTP mode: signed requests are taken, everything else is a 4xx without a traceback; OAuth installs."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from aiohttp import ClientSession, web
from slack_sdk.signature import SignatureVerifier

from bot.ports import Post
from tests.adapters.slack.conftest import ScriptedAdapter, make_adapter, settings_for
from tests.support.scripted import said
from tests.support.slack_standin import CHANNEL, SlackStandIn
from tests.support.waiting import until

# slack_sdk 3.48 still uses it for oauth.v2.access.
pytestmark = pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning")

SECRET = "s3cret-of-the-stand-in"
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


@dataclass
class Served:
    slack: SlackStandIn
    adapter: ScriptedAdapter
    base: str
    session: ClientSession

    async def send(self, body: bytes | str, kind: str = JSON, **headers: str) -> tuple[int, str]:
        raw = body.encode() if isinstance(body, str) else body
        stamp = headers.pop("stamp", str(int(time.time())))
        signature = headers.pop("signature", None)
        if signature is None:
            made = SignatureVerifier(SECRET).generate_signature(
                timestamp=stamp, body=raw.decode("utf-8", "replace")
            )
            signature = made or ""
        sent = {
            "Content-Type": kind,
            "X-Slack-Request-Timestamp": stamp,
            "X-Slack-Signature": signature,
            **headers,
        }
        async with self.session.post(f"{self.base}/slack/events", data=raw, headers=sent) as answer:
            return answer.status, await answer.text()


async def _serve(slack: SlackStandIn, **settings: Any) -> AsyncIterator[Served]:
    adapter = make_adapter(settings_for(slack, slack_app_token=None, slack_signing_secret=SECRET, **settings))
    app = web.Application(client_max_size=1_000_000)
    app.router.add_routes(adapter.routes())
    runner = web.AppRunner(app, auto_decompress=False)  # as the web server has it
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    await adapter.start()
    await until(lambda: adapter.status() == "ok")
    async with ClientSession() as session:
        yield Served(slack, adapter, f"http://127.0.0.1:{runner.addresses[0][1]}", session)
    await adapter.stop(1.0)
    await runner.cleanup()


@pytest.fixture
async def served(slack: SlackStandIn) -> AsyncIterator[Served]:
    async for one in _serve(slack):
        yield one


@pytest.fixture
async def oauth(slack: SlackStandIn) -> AsyncIterator[Served]:
    settings = {"slack_client_id": "1.2", "slack_client_secret": "x", "slack_bot_token": None}
    async for one in _serve(slack, **settings):
        yield one


async def test_a_signed_command_is_acknowledged_empty_and_answered(served: Served) -> None:
    status, text = await served.send(urlencode(served.slack.command("help")), FORM)
    assert (status, text) == (200, "")
    await until(lambda: served.slack.messages)


async def test_slack_may_verify_the_address(served: Served) -> None:
    body = json.dumps({"type": "url_verification", "challenge": "c-1", "token": "t"})
    assert await served.send(body) == (200, '{"challenge": "c-1"}')


async def test_an_event_that_is_none_of_ours_is_taken(served: Served) -> None:
    status, _ = await served.send(json.dumps(served.slack.event({"type": "team_rename", "name": "x"})))
    assert status == 200


async def test_a_form_post_with_a_payload_is_read(served: Served) -> None:
    actions = [{"type": "button", "action_id": "another.app", "block_id": "b", "value": "x"}]
    pressed = {"type": "block_actions", "user": {"id": "U1"}, "team": {"id": "T1"}, "actions": actions}
    assert (await served.send(urlencode({"payload": json.dumps(pressed)}), FORM))[0] == 200


BROKEN = [
    pytest.param(b"{}", {"signature": "v0=00"}, id="a wrong signature"),
    pytest.param(b"{}", {"signature": ""}, id="no signature"),
    pytest.param(b"{}", {"signature": "v0=ü"}, id="a signature that is no ASCII"),
    pytest.param(b"{}", {"stamp": "1"}, id="a time long past"),
    pytest.param(b"{}", {"stamp": "soon"}, id="a time that is no number"),
    pytest.param(b"{}", {"stamp": "9" * 400}, id="a time of 400 digits"),
    pytest.param(b"{}", {"stamp": "-5"}, id="a negative time"),
    pytest.param(b"ssl_check=1&token=x", {"signature": "v0=00"}, id="an unsigned ssl_check"),
    pytest.param(b"\xff\xfe\x00", {}, id="bytes that are no UTF-8"),
    pytest.param(b"{not json", {}, id="signed, broken JSON"),
    pytest.param(b"[]", {}, id="signed, a list"),
    pytest.param(b"null", {}, id="signed, null"),
    pytest.param(b"", {}, id="signed, empty"),
    pytest.param(b"[" * 100_000, {}, id="signed, very deep"),
    pytest.param(b'{"team":[],"user":5,"event":"x","type":"event_callback"}', {}, id="signed, odd types"),
    pytest.param(b'{"authorizations":[7]}', {}, id="signed, odd authorizations"),
    pytest.param(b"x" * 1_000_001, {}, id="too large"),
]


@pytest.mark.parametrize(("body", "headers"), BROKEN)
async def test_whatever_is_not_slacks_gets_a_4xx(
    served: Served, body: bytes, headers: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        status, text = await served.send(body, **headers)
    assert 400 <= status < 500
    assert "Traceback" not in caplog.text + text
    assert served.slack.messages == []


async def test_a_payload_that_is_no_json_gets_a_4xx(served: Served) -> None:
    assert (await served.send("payload=%7Bnope", FORM))[0] == 400


async def test_in_socket_mode_no_event_is_taken_over_http(slack: SlackStandIn) -> None:
    adapter = make_adapter(settings_for(slack, slack_signing_secret=SECRET))
    app = web.Application()
    app.router.add_routes(adapter.routes())
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    address = f"http://127.0.0.1:{runner.addresses[0][1]}"
    async with ClientSession() as session, session.post(f"{address}/slack/events", data=b"{}") as answer:
        assert answer.status == 404
    await runner.cleanup()


async def test_without_oauth_there_is_no_install_page(served: Served) -> None:
    for page in ("install", "oauth_redirect?code=x&state=y"):
        async with served.session.get(f"{served.base}/slack/{page}") as answer:
            assert answer.status == 404


async def test_a_second_workspace_installs_and_is_told_apart(oauth: Served) -> None:
    async with oauth.session.get(f"{oauth.base}/slack/install") as answer:
        assert answer.status == 200
        page = await answer.text()
        cookie = answer.headers["Set-Cookie"].partition(";")[0]
    link = "https://slack.com/oauth" + page.partition("https://slack.com/oauth")[2].partition('"')[0]
    link = link.replace("&amp;", "&")
    query = parse_qs(urlsplit(link).query)
    assert "chat:write" in query["scope"][0]
    assert query["client_id"] == ["1.2"]
    redirect = f"{oauth.base}/slack/oauth_redirect?code=good-code&state={query['state'][0]}"
    async with oauth.session.get(redirect, headers={"Cookie": cookie}) as answer:
        assert answer.status == 200, await answer.text()
    oauth.adapter.script = None
    payload = oauth.slack.command("help")
    payload["team_id"] = "T2"
    assert (await oauth.send(urlencode(payload), FORM))[0] == 200
    await until(lambda: oauth.slack.messages)
    await oauth.adapter.post(Post(key="k1", workspace="slack:T2", channel=CHANNEL, card=said("alert")))
    assert oauth.slack.messages[-1]["team"] == "T2"


async def test_a_forged_state_does_not_install(oauth: Served) -> None:
    async with oauth.session.get(f"{oauth.base}/slack/oauth_redirect?code=good-code&state=forged") as answer:
        assert 400 <= answer.status < 500
    assert "oauth.v2.access" not in oauth.slack.called()


async def test_an_uninstalled_workspace_is_forgotten(oauth: Served) -> None:
    await test_a_second_workspace_installs_and_is_told_apart(oauth)
    event = {**oauth.slack.event({"type": "app_uninstalled"}), "team_id": "T2"}
    event["authorizations"] = [{"team_id": "T2", "enterprise_id": None, "user_id": "U", "is_bot": True}]
    assert (await oauth.send(json.dumps(event)))[0] == 200
    await until(lambda: not oauth.adapter._tasks)
    parts = oauth.adapter._parts
    assert parts is not None
    assert await parts.installations.find("T2", fresh=True) is None


async def test_a_workspace_that_never_installed_gets_no_answer(oauth: Served) -> None:
    payload = {**oauth.slack.command("help"), "response_url": ""}
    payload["team_id"] = "T9"
    assert (await oauth.send(urlencode(payload), FORM))[0] < 500
    assert oauth.slack.messages == []


@pytest.mark.parametrize(
    ("head", "body", "status"),
    [
        pytest.param(b"Content-Length: 100\r\n", b"abc", 408, id="a body that does not come"),
        pytest.param(b"Content-Length: 3\r\nContent-Encoding: gzip\r\n", b"abc", 401, id="no gzip"),
        pytest.param(b"Content-Length: 3\r\nContent-Encoding: deflate\r\n", b"abc", 401, id="no deflate"),
        pytest.param(b"Content-Length: nope\r\n", b"abc", 400, id="a length that is no number"),
        pytest.param(b"Transfer-Encoding: chunked\r\n", b"zz\r\nabc\r\n0\r\n\r\n", 400, id="a broken chunk"),
        pytest.param(b"Content-Length: 2\r\nContent-Type: x/;;=\r\n", b"{}", 401, id="an odd content type"),
        pytest.param(
            b"Content-Length: 2\r\nX-Slack-Signature: \xff\xfe\r\n", b"{}", 401, id="a header of odd bytes"
        ),
    ],
)
async def test_what_http_allows_or_not_is_never_a_5xx(
    served: Served, head: bytes, body: bytes, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.slack.web.BODY_S", 0.3)
    parts = urlsplit(served.base)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    writer.write(b"POST /slack/events HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + head + b"\r\n" + body)
    answer = await asyncio.wait_for(reader.readline(), 5.0)
    assert int(answer.split()[1]) == status
    writer.close()
    await writer.wait_closed()


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "OPTIONS"])
async def test_other_methods_are_refused(served: Served, method: str) -> None:
    async with served.session.request(method, f"{served.base}/slack/events") as answer:
        assert 400 <= answer.status < 500
