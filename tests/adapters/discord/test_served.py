"""The whole program against the stand-in: `mailport serve` in a process of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from tests.support.discord_standin import ADMIN, MEMBER, TOKEN, DiscordStandIn, words_of
from tests.support.misbehaving import Server, greets_late
from tests.support.serve_process import Serving
from tests.support.waiting import until

GREETING = b"220 @everyone <@400> \x1b[31mred\x1b[0m \xe2\x80\xaeevil [bank](https://evil.example) ESMTP\r\n"


@pytest.fixture
async def mail() -> AsyncIterator[Server]:
    async with Server(greets_late(GREETING, 2.0)) as server:
        yield server


def environment(discord: DiscordStandIn, mail: Server, **more: str) -> dict[str, str]:
    return {
        "DISCORD_TOKEN": TOKEN,
        "MAILPORT_DISCORD_API_URL": discord.api_url,
        "MAILPORT_DISCORD_GATEWAY_URL": discord.gateway_url,
        "MAILPORT_ALLOWED_NETWORKS": "127.0.0.0/8",
        "MAILPORT_EXTRA_PORTS": str(mail.port),
        **more,
    }


async def test_from_start_to_sigterm(
    discord: DiscordStandIn, mail: Server, session: aiohttp.ClientSession, tmp_path: Path
) -> None:
    async with Serving(tmp_path, **environment(discord, mail)) as served:
        await until(lambda: any("Discord: connected" in line for line in served.output), 20.0)
        await until(lambda: discord.puts == 1)
        assert (await served.ready(session))[1]["discord"] == "ok"

        asked = await discord.command("ask", options={"question": "which port should I use to send mail?"})
        await until(lambda: asked.first)
        assert "587" in words_of(asked.shown)

        refused = await discord.command("check", options={"target": "10.0.0.1"})
        await until(lambda: refused.first)
        assert refused.ephemeral

        await discord.direct("¿qué puerto uso para enviar correo?")
        await until(lambda: discord.messages)
        assert "Puertos para enviar correo" in words_of(discord.messages[0])

        check = await discord.command("check", options={"target": f"127.0.0.1:{mail.port}"})
        await until(lambda: check.edits)
        assert check.first == {"type": 5}
        assert "⏳" in words_of(check.shown)
        served.terminate()  # the answer under way is delivered before the process ends
        assert await served.ended() == 0
        assert "⏳" not in words_of(check.shown)
        assert "127.0.0.1" in words_of(check.shown)
    assert discord.faults == []
    assert discord.pinged == []
    assert not any("Traceback" in line or "PyNaCl" in line for line in served.output)
    assert TOKEN not in "\n".join(served.output)


async def test_changes_and_registered_commands_survive_a_restart(
    discord: DiscordStandIn, mail: Server, tmp_path: Path
) -> None:
    settings = environment(discord, mail)
    async with Serving(tmp_path, **settings):
        await until(lambda: discord.puts == 1, 20.0)
        made = await discord.command("settings", "language", options={"value": "es"}, person=ADMIN)
        await until(lambda: made.first)
    async with Serving(tmp_path, **settings) as served:
        await until(lambda: any("Discord: connected" in line for line in served.output), 20.0)
        made = await discord.command("settings", "timezone", options={"value": "Nowhere"}, person=MEMBER)
        await until(lambda: made.first)
        assert "zona" in words_of(made.shown)
        made = await discord.command("audit", person=ADMIN)
        await until(lambda: made.first)
        assert made.ephemeral
        assert "settings language" in words_of(made.shown)
    assert discord.puts == 1


async def test_a_bad_token_is_one_line_and_the_web_page_works(
    discord: DiscordStandIn, mail: Server, session: aiohttp.ClientSession, tmp_path: Path
) -> None:
    async with Serving(tmp_path, **environment(discord, mail, DISCORD_TOKEN="wrong.token")) as served:
        await until(lambda: discord.called()["GET /users/@me"] >= 2, 20.0)
        status, words = await served.ready(session)
        assert status == 503
        assert "DISCORD_TOKEN" in words["discord"]
        async with session.get(f"{served.base}/try") as answer:
            assert answer.status == 200
        assert sum("DISCORD_TOKEN" in line for line in served.output) == 1
        discord.tokens.add("wrong.token")
        await until(lambda: any("Discord: connected" in line for line in served.output), 30.0)
        assert (await served.ready(session))[1]["discord"] == "ok"
    assert not any("Traceback" in line for line in served.output)


async def test_a_watch_is_added_listed_completed_and_removed(
    discord: DiscordStandIn, mail: Server, tmp_path: Path
) -> None:
    async with Serving(tmp_path, **environment(discord, mail)) as served:
        await until(lambda: any("Discord: connected" in line for line in served.output), 20.0)
        target = f"127.0.0.1:{mail.port}"
        refused = await discord.command("watch", "add", options={"target": target})
        await until(lambda: refused.first)
        assert refused.ephemeral
        added = await discord.command("watch", "add", options={"target": target, "every": "1h"}, person=ADMIN)
        await until(lambda: added.first)
        await until(lambda: "#1" in words_of(added.shown))
        typing = await discord.command("watch", "show", options={"target": "127"}, focused="target")
        await until(lambda: typing.first)
        assert typing.first is not None
        assert typing.first["data"]["choices"] == [{"name": f"#1 {target}", "value": target}]
        elsewhere = await discord.command(
            "watch", "show", options={"target": ""}, focused="target", guild="201", channel="700"
        )
        await until(lambda: elsewhere.first)
        assert elsewhere.first is not None
        assert elsewhere.first["data"]["choices"] == []
        question = await discord.command("watch", "remove", options={"target": "#1"}, person=ADMIN)
        await until(lambda: question.first)
        button = question.shown["components"][0]["components"][0]
        assert button["style"] == 4
        gone = await discord.press(question.shown, person=ADMIN)
        await until(lambda: gone.first)
        assert gone.first is not None
        assert gone.first["type"] == 7
        assert discord.faults == []
