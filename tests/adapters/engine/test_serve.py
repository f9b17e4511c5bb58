"""`mailport serve` as a process: a watched server breaks, the channel hears of it once; kill -9 loses nothing."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from bot.watches.watch import Draft
from storage.open import open_stores
from tests.support.serving import HERE, SmallSmtp, running, settings_for
from tests.support.slack_standin import SlackStandIn
from tests.support.waiting import until


async def watch(database: str, *targets: str, interval_s: float = 1.0, vantage: str = "local") -> None:
    stores = await open_stores(database)
    drafts = [Draft(target=one, kind="host", interval_s=interval_s, vantage=vantage) for one in targets]
    await stores.watches.add(HERE, drafts, person="U1", now=datetime.now(UTC))
    await stores.close()


async def test_a_watched_server_breaks_and_recovers_and_the_channel_hears_of_it(
    tmp_path: Path, slack: SlackStandIn, smtp: SmallSmtp
) -> None:
    database = f"sqlite:///{tmp_path / 'm.db'}"
    await watch(database, f"127.0.0.1:{smtp.port}")
    environment = settings_for(database, slack, smtp)
    async with running(environment) as served:
        await until(lambda: smtp.connections >= 2)
        assert slack.messages == []
        await smtp.stop()
        await until(lambda: slack.messages, 15)
        (alert,) = slack.messages
        assert f"127.0.0.1:{smtp.port}" in alert["text"]
        await smtp.start()
        await until(lambda: len(slack.messages) == 2 and slack.edits, 15)
        assert slack.messages[1]["thread_ts"] == alert["ts"]
        assert (await served.ready())[1]["watching"] == "ok"
        text = await served.metrics()
        assert 'mailport_alerts_total{kind="broke"} 1.0' in text
        await asyncio.sleep(1.5)
        assert len(slack.messages) == 2
        assert await served.end() == 0


async def test_four_servers_that_go_down_together_are_one_message_and_so_is_their_return(
    tmp_path: Path, slack: SlackStandIn
) -> None:
    database = f"sqlite:///{tmp_path / 'm.db'}"
    servers = [SmallSmtp(tmp_path) for _ in range(4)]
    for server in servers:
        await server.start()
    roots = tmp_path / "roots.pem"
    roots.write_bytes(b"".join(server.root_pem for server in servers))
    # Seconds apart: on a busy machine one would otherwise be looked at twice before another's turn comes.
    await watch(database, *(f"127.0.0.1:{server.port}" for server in servers), interval_s=3.0)
    ports = ",".join(str(server.port) for server in servers)
    environment = settings_for(database, slack, MAILPORT_EXTRA_PORTS=ports, MAILPORT_CA_FILE=str(roots))
    async with running(environment):
        await until(lambda: all(server.connections >= 2 for server in servers), 40)
        for server in servers:
            await server.stop()
        await until(lambda: slack.messages, 40)
        await asyncio.sleep(4)
        assert len(slack.messages) == 1
        assert all(str(server.port) in str(slack.messages[0]) for server in servers)
        for server in servers:
            await server.start()
        await until(lambda: len(slack.messages) == 2, 40)
        await asyncio.sleep(4)
        assert len(slack.messages) == 2
        assert slack.messages[1]["thread_ts"] == slack.messages[0]["ts"]
    for server in servers:
        await server.stop()


async def test_when_our_own_network_is_gone_that_is_the_only_message(
    tmp_path: Path, slack: SlackStandIn, smtp: SmallSmtp
) -> None:
    database = f"sqlite:///{tmp_path / 'm.db'}"
    await watch(database, f"127.0.0.1:{smtp.port}")
    control = f"127.0.0.1:{smtp.port}"
    async with running(settings_for(database, slack, smtp, MAILPORT_CONTROL_TARGETS=control)):
        await until(lambda: smtp.connections >= 4, 20)
        await smtp.stop()
        await until(lambda: slack.messages, 20)
        await asyncio.sleep(4)
        assert len(slack.messages) == 1
        await smtp.start()
        await until(lambda: len(slack.messages) == 2, 20)
        await asyncio.sleep(3)
        assert len(slack.messages) == 2
        assert "network" in str(slack.messages[1]["text"])
    await smtp.stop()
