"""`mailport serve` as a process: it stays up, says what is wrong in one line, and ends when told to."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import socket
import sqlite3
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest

from tests.support.serving import SmallSmtp

ROOT = Path(__file__).resolve().parents[2]
SLOW = "no answer within 2 s"  # of a database, on a machine that is busy
pytestmark = [pytest.mark.live, pytest.mark.timeout(90)]


@dataclass
class Serving:
    """A running `mailport serve`."""

    process: asyncio.subprocess.Process
    base: str
    said: str

    async def end(self) -> tuple[int, str, str]:
        """Tell it to stop; status, output and errors. It has ten seconds."""
        self.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(15):
            out, err = await self.process.communicate()
        assert self.process.returncode is not None
        return self.process.returncode, self.said + out.decode(), err.decode()


async def started(home: Path, **settings: str) -> asyncio.subprocess.Process:
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), "MAILPORT_HTTP_PORT": "0", **settings}
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "adapters.main.cli", "serve", cwd=ROOT, env=environment, stdout=-1, stderr=-1
    )


@asynccontextmanager
async def serving(home: Path, **settings: str) -> AsyncIterator[Serving]:
    process = await started(home, **settings)
    assert process.stdout is not None
    said = ""
    try:
        async with asyncio.timeout(30):
            while not (found := re.search(r"Web: (http://\S+)", said)):
                line = await process.stdout.readline()
                assert line, f"it ended: {said}{(await process.communicate())[1].decode()}"
                said += line.decode()
        yield Serving(process, found[1], said)
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()


async def database_word(session: aiohttp.ClientSession, base: str, wanted: str) -> dict[str, str]:
    """The words of all parts once the database has that one; something does not work, so that it is 503."""
    async with asyncio.timeout(20):
        while True:
            async with session.get(f"{base}/readyz") as answer:
                parts: dict[str, str] = (await answer.json())["parts"]
                assert answer.status == 503
            if wanted in parts["database"]:
                return parts
            assert SLOW in parts["database"]
            await asyncio.sleep(0.1)


@contextlib.contextmanager
def late_mail_server(wait_s: float) -> Iterator[int]:
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with contextlib.suppress(OSError):
            peer, _ = listener.accept()
            with peer:
                threading.Event().wait(wait_s)
                peer.sendall(b"220 mx.example.test late\r\n")
                while data := peer.recv(1024):
                    peer.sendall(b"221 bye\r\n" if b"QUIT" in data else b"250 mx.example.test\r\n")

    threading.Thread(target=serve, daemon=True).start()
    yield listener.getsockname()[1]
    listener.close()


async def test_it_says_what_is_off_and_ends_quietly(tmp_path: Path) -> None:
    async with serving(tmp_path) as serve, aiohttp.ClientSession() as session:
        async with asyncio.timeout(20):
            while True:  # the database is made first
                async with session.get(f"{serve.base}/readyz") as answer:
                    if answer.status == 200:
                        assert (await answer.json())["parts"]["database"] == "ok"
                        break
                await asyncio.sleep(0.1)
        async with session.get(f"{serve.base}/metrics") as answer:
            assert 'mailport_part_ready{part="database"} 1.0' in await answer.text()
        async with session.get(f"{serve.base}/probe", params={"target": "127.0.0.1:22"}) as answer:
            assert (answer.status, "port-refused" in await answer.text()) == (400, True)
        status, said, complaints = await serve.end()
    assert (status, complaints) == (0, "")
    assert "Slack: off. Set SLACK_BOT_TOKEN" in said
    assert "Discord: off. Set DISCORD_TOKEN" in said


async def test_an_answer_under_way_is_delivered_before_the_end(tmp_path: Path) -> None:
    with late_mail_server(3.0) as port:
        settings = {"MAILPORT_ALLOWED_NETWORKS": "127.0.0.0/8", "MAILPORT_EXTRA_PORTS": str(port)}
        async with serving(tmp_path, **settings) as serve, aiohttp.ClientSession() as session:
            asked = {"text": f"check 127.0.0.1:{port}"}
            async with session.post(f"{serve.base}/try/stream", data=asked) as answer:
                await answer.content.readuntil(b"event: progress")
                ending = asyncio.create_task(serve.end())
                text = (await answer.content.read()).decode()
            assert "event: answer" in text
            assert f"127.0.0.1:{port}" in text
            assert (await ending)[0] == 0


async def test_a_locked_database_stops_neither_answers_nor_the_end(tmp_path: Path) -> None:
    path = tmp_path / "locked.db"
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE somebody (elses)")
    other.commit()
    other.execute("BEGIN EXCLUSIVE")
    settings = {"MAILPORT_DATABASE_URL": f"sqlite:///{path}"}
    async with serving(tmp_path, **settings) as serve, aiohttp.ClientSession() as session:
        async with session.get(f"{serve.base}/readyz") as answer:
            assert (answer.status, (await answer.json())["parts"]["database"]) == (
                503,
                "no answer within 2 s",
            )
        async with session.post(f"{serve.base}/try", data={"text": "which port should I use?"}) as answer:
            assert "RFC 8314 prefers 465" in await answer.text()
        status, said, _ = await serve.end()
    other.close()
    assert status == 0
    assert "Database: does not work now" in said


@pytest.mark.parametrize(
    ("url", "why"),
    [
        pytest.param(
            "sqlite:////proc/nowhere/mailport.db", "No such file", id="a folder that cannot be made"
        ),
        pytest.param("sqlite:///{folder}", "unable to open", id="a folder instead of a file"),
        pytest.param("sqlite:///{folder}/noise", "not a database", id="a file that is no database"),
        pytest.param("postgresql://user:secret@127.0.0.1:9/x", "refused", id="no PostgreSQL there"),
    ],
)
async def test_a_database_that_does_not_work_is_one_line(url: str, why: str, tmp_path: Path) -> None:
    (tmp_path / "noise").write_bytes(b"noise" * 2000)
    settings = {"MAILPORT_DATABASE_URL": url.format(folder=tmp_path)}
    async with serving(tmp_path, **settings) as serve, aiohttp.ClientSession() as session:
        await database_word(session, serve.base, why)
        async with session.get(f"{serve.base}/healthz") as answer:
            assert answer.status == 200
        status, said, complaints = await serve.end()
    assert status == 0
    (line,) = [line for line in said.splitlines() if line.startswith("Database:")]
    assert why in line or SLOW in line
    assert "Traceback" not in complaints
    assert "secret" not in said + complaints


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        pytest.param({"MAILPORT_HTTP_HOST": "203.0.113.9"}, "Cannot assign requested address", id="not our address"),
        pytest.param({"MAILPORT_HTTP_HOST": "no.such.invalid"}, "no.such.invalid", id="no such name"),
        pytest.param({"MAILPORT_HTTP_PORT": "99999"}, "0 to 65535", id="no port"),
    ],
)  # fmt: skip
async def test_a_start_that_fails_is_one_line(settings: dict[str, str], said: str, tmp_path: Path) -> None:
    process = await started(tmp_path, **settings)
    _, complaints = await process.communicate()
    assert process.returncode in (2, 3)
    assert (said in complaints.decode(), len(complaints.splitlines())) == (True, 1), complaints


async def test_two_on_one_port_and_two_on_one_database(tmp_path: Path) -> None:
    async with serving(tmp_path / "one") as first:
        port = first.base.rsplit(":", 1)[1]
        for settings, said in (
            ({"HOME": str(tmp_path / "two"), "MAILPORT_HTTP_PORT": port}, "Address already in use"),
            ({}, "Another Mailport works on this database"),
        ):
            process = await started(tmp_path / "one", **settings)
            _, complaints = await process.communicate()
            assert process.returncode == 3
            assert (said in complaints.decode(), len(complaints.splitlines())) == (True, 1), complaints


async def test_platforms_out_of_reach_stop_nothing(tmp_path: Path) -> None:
    settings = {
        "SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1", "MAILPORT_SLACK_API_URL": "http://127.0.0.1:9/api/",
        "DISCORD_TOKEN": "x.y.z", "MAILPORT_DISCORD_API_URL": "http://127.0.0.1:9/api/v10",
    }  # fmt: skip
    async with serving(tmp_path, **settings) as serve, aiohttp.ClientSession() as session:
        parts = await database_word(session, serve.base, "ok")
        assert all(parts[name] not in ("ok", "off") for name in ("slack", "discord")), parts
        async with session.post(f"{serve.base}/try", data={"text": "status"}) as answer:
            assert answer.status == 200
        status, _, complaints = await serve.end()
    assert status == 0
    assert "Traceback" not in complaints


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        pytest.param({}, "for this machine only", id="closed to others"),
        pytest.param({"MAILPORT_TRY_PAGE": "on"}, "Keep strangers out", id="opened"),
        pytest.param({"MAILPORT_LANG": "es", "MAILPORT_TRY_PAGE": "off"}, "/try está apagada", id="off, in Spanish"),
    ],
)  # fmt: skip
async def test_an_address_that_others_reach_is_warned_of(
    settings: dict[str, str], said: str, tmp_path: Path
) -> None:
    async with serving(tmp_path, MAILPORT_HTTP_HOST="0.0.0.0", **settings) as serve:
        _, output, _ = await serve.end()
    assert said in output


async def test_a_probe_of_a_real_server_has_what_dashboards_ask_for(tmp_path: Path) -> None:
    from prometheus_client.parser import text_string_to_metric_families as parse

    smtp = SmallSmtp(tmp_path)
    await smtp.start()
    settings = {
        "MAILPORT_ALLOWED_NETWORKS": "127.0.0.0/8",
        "MAILPORT_EXTRA_PORTS": str(smtp.port),
        "MAILPORT_CA_FILE": str(smtp.root),
    }
    async with serving(tmp_path, **settings) as serve, aiohttp.ClientSession() as session:
        for _ in range(2):  # each scrape is a probe of its own
            async with session.get(
                f"{serve.base}/probe", params={"target": f"127.0.0.1:{smtp.port}"}
            ) as answer:
                assert answer.status == 200
                families = {one.name: one.samples for one in parse(await answer.text())}
    await smtp.stop()
    assert smtp.connections == 2
    assert families["probe_success"][0].value == 1
    assert families["probe_tls_version_info"][0].labels == {"version": "TLS 1.3"}
    assert families["probe_ssl_earliest_cert_expiry"][0].value > 1_790_000_000
    phases = {one.labels["phase"] for one in families["probe_phase_duration_seconds"]}
    assert {"connect", "greeting", "starttls", "tls"} <= phases
