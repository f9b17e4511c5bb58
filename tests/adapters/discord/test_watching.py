"""A watched server breaks and works again: the channel on Discord hears of it, from the whole program."""

from __future__ import annotations

from pathlib import Path

from tests.support.discord_standin import ADMIN, MEMBER, TOKEN, DiscordStandIn, words_of
from tests.support.serve_process import Serving
from tests.support.serving import SmallSmtp
from tests.support.waiting import until


async def test_an_alert_is_told_taken_up_and_ended(discord: DiscordStandIn, tmp_path: Path) -> None:
    smtp = SmallSmtp(tmp_path)
    await smtp.start()
    environment = {
        "DISCORD_TOKEN": TOKEN,
        "MAILPORT_DISCORD_API_URL": discord.api_url,
        "MAILPORT_DISCORD_GATEWAY_URL": discord.gateway_url,
        "MAILPORT_ALLOWED_NETWORKS": "127.0.0.0/8",
        "MAILPORT_EXTRA_PORTS": str(smtp.port),
        "MAILPORT_CA_FILE": str(smtp.root),
        "MAILPORT_MIN_INTERVAL": "1s",
    }
    target = f"127.0.0.1:{smtp.port}"
    async with Serving(tmp_path, **environment) as served:
        await until(lambda: any("Discord: connected" in line for line in served.output), 20.0)
        added = await discord.command("watch", "add", options={"target": target, "every": "1s"}, person=ADMIN)
        await until(lambda: added.first)
        await smtp.stop()
        await until(lambda: discord.messages, 30.0)
        alert = discord.messages[0]
        assert alert["embeds"][0]["title"].startswith("🔴")
        assert alert["enforce_nonce"] is True
        not_allowed = await discord.press(alert, person=MEMBER)
        await until(lambda: not_allowed.first)
        assert not_allowed.ephemeral
        taken = await discord.press(alert, person=ADMIN)
        await until(lambda: taken.first)
        assert "@somebody is on it" in words_of(taken.shown)
        await smtp.start()
        await until(lambda: len(discord.messages) == 2 and discord.edits, 30.0)
        over = discord.messages[1]
        assert over["embeds"][0]["title"].startswith("🟢")
        assert over["message_reference"]["message_id"] == alert["id"]
        assert alert["embeds"][0]["title"].startswith("🟢")  # edited: nobody reads an old alert as a new one
    await smtp.stop()
    assert discord.faults == []
    assert discord.pinged == []
