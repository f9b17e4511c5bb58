"""The whole program against the stand-in: `mailport serve` in a process of its own, both ways in."""

from __future__ import annotations

import asyncio
import io
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlencode

import aiohttp
import pytest
from slack_sdk.signature import SignatureVerifier

from tests.support.misbehaving import Server, greets_late
from tests.support.serve_process import Serving
from tests.support.slack_blocks import living_texts, words_of
from tests.support.slack_standin import ADMIN, APP_TOKEN, BOT_TOKEN, DIRECT, SlackStandIn
from tests.support.waiting import until

SECRET = "s3cret-of-the-stand-in"
GREETING = (
    b"220 <!channel> @everyone \x1b[31mred\x1b[0m \xe2\x80\xaeevil <https://evil.example|bank> ESMTP\r\n"
)


@pytest.fixture
async def mail() -> AsyncIterator[Server]:
    async with Server(greets_late(GREETING, 2.0)) as server:
        yield server


def environment(slack: SlackStandIn, mail: Server, **more: str) -> dict[str, str]:
    return {
        "SLACK_BOT_TOKEN": BOT_TOKEN,
        "MAILPORT_SLACK_API_URL": slack.api_url,
        "MAILPORT_ALLOWED_NETWORKS": "127.0.0.0/8",
        "MAILPORT_EXTRA_PORTS": str(mail.port),
        **more,
    }


async def command(slack: SlackStandIn, text: str, **more: str) -> None:
    await slack.acked(await slack.deliver("slash_commands", slack.command(text, **more)))


async def test_socket_mode_from_start_to_sigterm(
    slack: SlackStandIn, mail: Server, session: aiohttp.ClientSession, tmp_path: Path
) -> None:
    async with Serving(tmp_path, **environment(slack, mail, SLACK_APP_TOKEN=APP_TOKEN)) as served:
        await slack.linked()
        await until(lambda: any("connected" in line for line in served.output))
        assert (await served.ready(session))[1]["slack"] == "ok"

        await command(slack, "which port should I use to send mail?")
        await until(lambda: slack.messages)
        assert slack.messages[0]["response_type"] == "in_channel"
        assert "587" in words_of(slack.messages[0])

        await command(slack, "check 10.0.0.1")
        await until(lambda: slack.ephemerals)
        assert len(slack.messages) == 1

        said = slack.said("¿qué puerto uso para enviar correo?", channel=DIRECT)
        await slack.deliver("events_api", slack.event(said))
        await until(lambda: len(slack.messages) == 2)
        assert "Puertos para enviar correo" in words_of(slack.messages[1])

        await command(slack, f"check 127.0.0.1:{mail.port}")
        await until(lambda: len(slack.messages) == 3)
        progress = slack.messages[2]["ts"]
        assert "⏳" in words_of(slack.messages[2])
        served.terminate()  # the answer under way is delivered before the process ends
        assert await served.ended() == 0
        assert [one["ts"] for one in slack.messages][2:] == [progress]
        assert "⏳" not in words_of(slack.messages[2])
        assert living_texts(slack.messages[2]) == []
    assert not any("Traceback" in line for line in served.output)
    assert BOT_TOKEN not in "\n".join(served.output)


async def test_changes_survive_a_restart_and_stand_in_the_audit_log(
    slack: SlackStandIn, mail: Server, tmp_path: Path
) -> None:
    settings = environment(slack, mail, SLACK_APP_TOKEN=APP_TOKEN)
    async with Serving(tmp_path, **settings):
        await slack.linked()
        await command(slack, "settings language es", person=ADMIN)
        await until(lambda: slack.messages)
    async with Serving(tmp_path, **settings):
        await slack.linked(2)
        await command(slack, "check")
        await until(lambda: slack.ephemerals)
        assert "falta" in words_of(slack.ephemerals[0])
        await command(slack, "audit", person=ADMIN)
        await until(lambda: len(slack.ephemerals) == 2)
        assert ADMIN in words_of(slack.ephemerals[1])
        assert "settings language" in words_of(slack.ephemerals[1])


async def test_http_mode(
    slack: SlackStandIn, mail: Server, session: aiohttp.ClientSession, tmp_path: Path
) -> None:
    signer = SignatureVerifier(SECRET)

    async def send(body: str, kind: str, **more: str) -> tuple[int, str]:
        stamp = str(int(time.time()))
        headers = {
            "Content-Type": kind,
            "X-Slack-Request-Timestamp": stamp,
            "X-Slack-Signature": signer.generate_signature(timestamp=stamp, body=body) or "",
            **more,
        }
        async with session.post(f"{served.base}/slack/events", data=body, headers=headers) as answer:
            return answer.status, await answer.text()

    async with Serving(tmp_path, **environment(slack, mail, SLACK_SIGNING_SECRET=SECRET)) as served:
        await until(lambda: any("connected" in line for line in served.output))
        verify = json.dumps({"type": "url_verification", "challenge": "c-1"})
        assert await send(verify, "application/json") == (200, '{"challenge": "c-1"}')
        form = "application/x-www-form-urlencoded"
        assert await send(urlencode(slack.command("which port?")), form) == (200, "")
        await until(lambda: slack.messages)
        event = json.dumps(slack.event(slack.mention("which port?")))
        for number in ("", "1", "2"):
            retry = {"X-Slack-Retry-Num": number, "X-Slack-Retry-Reason": "http_timeout"} if number else {}
            assert (await send(event, "application/json", **retry))[0] == 200
        await until(lambda: len(slack.messages) == 2)
        await asyncio.sleep(0.3)
        assert len(slack.messages) == 2
        async with session.post(f"{served.base}/slack/events", data=b"{}") as answer:
            assert answer.status == 401
        async with session.post(f"{served.base}/slack/events", data=io.BytesIO(b"x" * 1_500_000)) as answer:
            assert 400 <= answer.status < 500
    assert not any("Traceback" in line for line in served.output)


async def test_a_bad_token_is_one_line_and_the_web_page_works(
    slack: SlackStandIn, mail: Server, session: aiohttp.ClientSession, tmp_path: Path
) -> None:
    settings = environment(slack, mail, SLACK_APP_TOKEN=APP_TOKEN, SLACK_BOT_TOKEN="xoxb-wrong")
    async with Serving(tmp_path, **settings) as served:
        await until(lambda: slack.called()["auth.test"] >= 2)
        status, words = await served.ready(session)
        assert status == 503
        assert "invalid_auth" in words["slack"]
        async with session.get(f"{served.base}/try") as answer:
            assert answer.status == 200
        assert sum("invalid_auth" in line for line in served.output) == 1
        slack.tokens["xoxb-wrong"] = "T1"
        await until(lambda: any("connected" in line for line in served.output), 20.0)
        assert (await served.ready(session))[1]["slack"] == "ok"
