"""`mailport serve` as a process: a watched server breaks, the channel hears of it once; kill -9 loses nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.watches.watch import Draft
from storage.open import open_stores
from tests.support.serving import HERE, SmallSmtp, running, settings_for
from tests.support.slack_standin import SlackStandIn, until


@pytest.fixture
async def slack() -> AsyncIterator[SlackStandIn]:
    standin = SlackStandIn()
    await standin.start()
    yield standin
    await standin.stop()


@pytest.fixture
async def smtp(tmp_path: Path) -> AsyncIterator[SmallSmtp]:
    server = SmallSmtp(tmp_path)
    await server.start()
    yield server
    await server.stop()


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
