"""A database that is full, read-only, locked or taken: said clearly, nothing lost, and it goes on by itself."""

from __future__ import annotations

import asyncio
import shutil
import signal
import sqlite3
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.watches.message import Message
from storage.open import open_stores
from tests.adapters.engine.test_serve import watch
from tests.support.postgres import stopped
from tests.support.serving import HERE, Served, SmallSmtp, running, settings_for
from tests.support.slack_standin import SlackStandIn
from tests.support.waiting import until


def root(*command: str) -> None:
    subprocess.run(command, check=True, timeout=20)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 4 MB of its own; needs root, as the other tests with namespaces do."""
    folder = tmp_path / "disk"
    folder.mkdir()
    root("mount", "-t", "tmpfs", "-o", "size=4m", "none", str(folder))
    yield folder
    root("umount", "--lazy", str(folder))


async def watching(served: Served, wanted: str, seconds: float = 25.0) -> str:
    """Wait for a word of the part that keeps watch; for "ok", until every part is."""
    async with asyncio.timeout(seconds):
        while True:
            status, parts = await served.ready()
            word = parts["watching"]
            if (status, word) == (200, "ok") if wanted == "ok" else (wanted in word):
                assert status == (200 if word == "ok" else 503)
                return word
            await asyncio.sleep(0.1)


async def test_a_full_disk_is_said_and_nothing_is_lost(
    disk: Path, slack: SlackStandIn, smtp: SmallSmtp
) -> None:
    database = f"sqlite:///{disk / 'm.db'}"
    await watch(database, f"127.0.0.1:{smtp.port}")
    async with running(settings_for(database, slack, smtp)) as served:
        await watching(served, "ok")
        await until(lambda: smtp.connections >= 2)
        room = shutil.disk_usage(disk).free
        with (disk / "fill").open("wb") as fill:
            fill.write(b"\0" * (room - room % 4096))
        word = await watching(served, "full")
        assert "disk" in word
        await smtp.stop()
        await asyncio.sleep(3)
        assert slack.messages == []
        (disk / "fill").unlink()
        await watching(served, "ok")
        await until(lambda: slack.messages, 15)
        assert len(slack.messages) == 1
        assert any("disk is full" in line for line in served.lines)
        assert not any("Traceback" in line for line in served.lines)


async def test_a_read_only_disk_is_said_and_it_goes_on_when_it_can_be_written(
    disk: Path, slack: SlackStandIn, smtp: SmallSmtp
) -> None:
    database = f"sqlite:///{disk / 'm.db'}"
    await watch(database, f"127.0.0.1:{smtp.port}")
    root("mount", "-o", "remount,ro", str(disk))
    async with running(settings_for(database, slack, smtp)) as served:
        await watching(served, "writable")
        before = smtp.connections
        root("mount", "-o", "remount,rw", str(disk))
        await watching(served, "ok")
        await until(lambda: smtp.connections > before)
        assert not any("Traceback" in line for line in served.lines)


async def test_a_locked_database_is_said_and_what_was_seen_meanwhile_is_told(
    tmp_path: Path, slack: SlackStandIn, smtp: SmallSmtp
) -> None:
    database = f"sqlite:///{tmp_path / 'm.db'}"
    await watch(database, f"127.0.0.1:{smtp.port}")
    async with running(settings_for(database, slack, smtp)) as served:
        await until(lambda: smtp.connections >= 2)
        holder = sqlite3.connect(tmp_path / "m.db", isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        await smtp.stop()
        await watching(served, "no answer for")
        assert slack.messages == []
        holder.execute("COMMIT")
        holder.close()
        await watching(served, "ok")
        await until(lambda: slack.messages, 15)
        assert len(slack.messages) == 1


async def test_a_second_server_on_the_same_file_is_refused_in_one_line(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path / 'm.db'}"
    async with running(settings_for(database)):
        for command in ("serve", "worker"):
            async with running(settings_for(database), (command,), until="works on this database") as second:
                assert await second.process.wait() == 3
                assert len(second.lines) == 1


async def test_serve_goes_on_without_a_database_and_starts_watching_when_it_comes(
    postgres_url: str, slack: SlackStandIn, smtp: SmallSmtp
) -> None:
    """The chat works; /readyz says why watching does not."""
    away = postgres_url.replace("/postgres", "/not_yet")
    async with running(settings_for(away, slack, smtp)) as served:
        word = await watching(served, "not_yet")
        assert "does not exist" in word
        await slack.linked()
        root("psql", "-qd", postgres_url, "-c", "CREATE DATABASE not_yet")
        await watching(served, "ok")


async def test_a_postgresql_that_goes_away_comes_back_and_what_broke_meanwhile_is_told(
    postgres_url: str, slack: SlackStandIn, smtp: SmallSmtp
) -> None:
    await watch(postgres_url, f"127.0.0.1:{smtp.port}")
    async with running(settings_for(postgres_url, slack, smtp)) as served:
        await until(lambda: smtp.connections >= 2, 20)
        with stopped(postgres_url):
            await smtp.stop()
            # A question that was under way is told "closed" first; the next ones are refused.
            assert "connection" in await watching(served, "refused")
            assert slack.messages == []
        await watching(served, "ok")
        await until(lambda: slack.messages, 20)
        assert len(slack.messages) == 1
        assert not any("Traceback" in line for line in served.lines)


async def test_two_workers_on_postgresql_one_killed_and_serve_tells_what_they_saw(
    postgres_url: str, slack: SlackStandIn, smtp: SmallSmtp
) -> None:
    targets = [f"127.0.0.1:{smtp.port}"]
    await watch(postgres_url, *targets, interval_s=1.0, vantage="eu")
    environment = settings_for(postgres_url, slack, smtp)
    worker = ("worker", "--vantage", "eu", "--json")
    async with running(environment) as served:
        async with (
            running(environment, worker, until="from `eu`") as first,
            running(environment, worker, until="from `eu`") as second,
        ):
            await until(lambda: smtp.connections >= 3, 20)
            await first.end(signal.SIGKILL)
            seen = smtp.connections
            await until(lambda: smtp.connections >= seen + 3, 20)
            await smtp.stop()
            await until(lambda: slack.messages, 20)
            await asyncio.sleep(2)
            assert len(slack.messages) == 1
            assert "eu" in str(slack.messages[0])
            assert await second.end() == 0
        assert 'mailport_workers_alive{vantage="eu"}' in await served.metrics()


async def test_a_second_serve_on_postgresql_takes_over_slack_when_the_first_is_killed(
    postgres_url: str, slack: SlackStandIn
) -> None:
    async with running(settings_for(postgres_url, slack)) as first:
        await slack.linked()
        async with running(settings_for(postgres_url, slack)) as second:
            await watching(second, "ok")
            await asyncio.sleep(1)
            assert (slack.opened_links, (await second.ready())[1]["slack"]) == (1, "off")
            await first.end(signal.SIGKILL)
            await until(lambda: slack.opened_links == 2, 20)
            stores = await open_stores(postgres_url)
            message = Message(
                key="alert-1-1", workspace=HERE.workspace, channel=HERE.channel, type="uplink",
                payload={"kind": "lost", "vantage": "eu", "since": datetime.now(UTC).isoformat(),
                         "at": datetime.now(UTC).isoformat(), "watches": 3},
            )  # fmt: skip
            await stores.outbox.put([message], datetime.now(UTC))
            await until(lambda: slack.messages, 10)
            await stores.close()
            assert (await second.ready())[1]["slack"] == "ok"
