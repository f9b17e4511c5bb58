"""`mailport doctor` as a process: each look, its three outcomes, how to mend it, and no secret shown."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from adapters.slack.manifest import BOT_SCOPES
from tests.support.loopback import free_port

ROOT = Path(__file__).resolve().parents[3]
TOKEN, APP_TOKEN, DISCORD = "xoxb-secret-1", "xapp-secret-2", "discord-secret-3"


@pytest.fixture
async def platforms() -> AsyncIterator[str]:
    """Slack's and Discord's answers to whom they know and whom they don't."""

    async def auth_test(request: web.Request) -> web.Response:
        good = request.headers.get("Authorization") == f"Bearer {TOKEN}"
        body = {"ok": True, "team": "Acme"} if good else {"ok": False, "error": "invalid_auth"}
        return web.json_response(body, headers={"x-oauth-scopes": ",".join(BOT_SCOPES)})

    async def open_socket(request: web.Request) -> web.Response:
        good = request.headers.get("Authorization") == f"Bearer {APP_TOKEN}"
        return web.json_response({"ok": good, "url": "wss://x", "error": "not_allowed_token_type"})

    async def me(request: web.Request) -> web.Response:
        good = request.headers.get("Authorization") == f"Bot {DISCORD}"
        return web.json_response(
            {"username": "Mailport"} if good else {"message": "401"}, status=200 if good else 401
        )

    app = web.Application()
    app.router.add_post("/api/auth.test", auth_test)
    app.router.add_post("/api/apps.connections.open", open_socket)
    app.router.add_get("/api/users/@me", me)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/api"
    await runner.cleanup()


async def examined(home: Path, *words: str, **settings: str) -> tuple[int, str]:
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "MAILPORT_HTTP_PORT": "0",
        "MAILPORT_CONTROL_TARGETS": "off",
        "MAILPORT_DNS_SERVERS": "127.0.0.1:9",
        **settings,
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "adapters.main.cli",
        "doctor",
        *words,
        cwd=ROOT,
        env=environment,
        stdout=-1,
        stderr=-1,
    )
    out, err = await process.communicate()
    assert b"Traceback" not in err
    assert process.returncode is not None
    return process.returncode, out.decode()


async def lines(home: Path, **settings: str) -> dict[str, Any]:
    _, out = await examined(home, "--json", **settings)
    document = json.loads(out)
    assert document["schema"] == "mailport.doctor/1"
    return {line["name"]: line for line in document["checks"]}


async def test_tokens_that_work(platforms: str, tmp_path: Path) -> None:
    seen = await lines(
        tmp_path, SLACK_BOT_TOKEN=TOKEN, SLACK_APP_TOKEN=APP_TOKEN, MAILPORT_SLACK_API_URL=f"{platforms}/",
        DISCORD_TOKEN=DISCORD, MAILPORT_DISCORD_API_URL=platforms,
    )  # fmt: skip
    assert (seen["slack"]["state"], seen["slack"]["detail"]) == ("ok", "Socket Mode works")
    assert (seen["discord"]["state"], seen["discord"]["detail"]) == ("ok", "the token works: Mailport")


@pytest.mark.parametrize(
    ("settings", "state", "said"),
    [
        pytest.param({"SLACK_BOT_TOKEN": "xoxb-wrong", "SLACK_APP_TOKEN": APP_TOKEN}, "broken", "invalid_auth", id="a wrong bot token"),
        pytest.param({"SLACK_BOT_TOKEN": TOKEN, "SLACK_APP_TOKEN": "xoxb-no"}, "broken", "not_allowed_token_type", id="a wrong app token"),
        pytest.param({"SLACK_BOT_TOKEN": TOKEN}, "broken", "is missing", id="no way from Slack to us"),
        pytest.param({"SLACK_BOT_TOKEN": TOKEN, "SLACK_SIGNING_SECRET": "s"}, "ok", "HTTP mode", id="HTTP mode"),
        pytest.param({"SLACK_CLIENT_ID": "1", "SLACK_CLIENT_SECRET": "s"}, "ok", "OAuth", id="OAuth"),
        pytest.param({}, "off", "off", id="nothing"),
    ],
)  # fmt: skip
async def test_slack_tokens(
    settings: dict[str, str], state: str, said: str, platforms: str, tmp_path: Path
) -> None:
    line = (await lines(tmp_path, MAILPORT_SLACK_API_URL=platforms, **settings))["slack"]
    assert (line["state"], said in line["detail"]) == (state, True), line
    assert (line["mend"] is None) == (state == "ok")


async def test_a_platform_out_of_reach_is_no_bad_token(tmp_path: Path) -> None:
    nowhere = f"http://127.0.0.1:{free_port()}/"
    seen = await lines(
        tmp_path, SLACK_BOT_TOKEN=TOKEN, SLACK_APP_TOKEN=APP_TOKEN, MAILPORT_SLACK_API_URL=nowhere,
        DISCORD_TOKEN=DISCORD, MAILPORT_DISCORD_API_URL=nowhere,
    )  # fmt: skip
    assert {seen["slack"]["state"], seen["discord"]["state"]} == {"unknown"}
    assert "firewall" in seen["discord"]["mend"]


async def test_no_secret_is_shown(platforms: str, tmp_path: Path) -> None:
    settings = {
        "SLACK_BOT_TOKEN": TOKEN, "SLACK_APP_TOKEN": "xapp-wrong-9", "DISCORD_TOKEN": "wrong-secret-8",
        "MAILPORT_SLACK_API_URL": platforms, "MAILPORT_DISCORD_API_URL": platforms,
        "MAILPORT_DATABASE_URL": "postgresql://user:pw-secret-7@127.0.0.1:9/x",
    }  # fmt: skip
    for words in ((), ("--json",)):
        status, out = await examined(tmp_path, *words, **settings)
        assert status == 1
        assert not [one for one in ("secret", "xapp-wrong-9", "pw-") if one in out]
        assert "********" in out


async def test_a_dead_resolver_an_occupied_port_and_a_closed_folder(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        seen = await lines(
            tmp_path,
            MAILPORT_HTTP_PORT=str(taken.getsockname()[1]),
            MAILPORT_DATABASE_URL="sqlite:////proc/nowhere/x.db",
        )
    assert (seen["dns"]["state"], "127.0.0.1:9" in seen["dns"]["detail"]) == ("broken", True)
    assert "MAILPORT_DNS_SERVERS" in seen["dns"]["mend"]
    assert (seen["web"]["state"], "in use" in seen["web"]["detail"].lower()) == ("broken", True)
    assert seen["database"]["state"] == "broken"
    assert seen["egress"]["state"] == "off"


async def test_a_mistyped_name_is_noticed_in_both_languages(tmp_path: Path) -> None:
    _, out = await examined(tmp_path, "--lang", "es", MAILPORT_HTTP_PROT="80")
    assert "¿querías decir MAILPORT_HTTP_PORT?" in out
    assert "MAILPORT_LANG                       es  (--lang)" in out


async def test_every_setting_is_listed_with_its_source(tmp_path: Path) -> None:
    from bot.settings import SETTINGS

    _, out = await examined(tmp_path, "--json", MAILPORT_MIN_INTERVAL="5s")
    listed = {one["name"]: one for one in json.loads(out)["settings"]}
    assert list(listed) == [one.name for one in SETTINGS]
    assert (listed["MAILPORT_MIN_INTERVAL"]["value"], listed["MAILPORT_MIN_INTERVAL"]["source"]) == (
        "5s",
        "environment",
    )
    assert listed["MAILPORT_DNS_TRUST_AD"] == {
        "name": "MAILPORT_DNS_TRUST_AD",
        "value": "false",
        "source": "default",
    }
