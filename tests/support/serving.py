"""`mailport serve` and `mailport worker` as real processes, and a small server for them to watch."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import ssl
import sys
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from bot.model.request import Place
from tests.support.authority import Authority
from tests.support.loopback import free_port
from tests.support.slack_standin import APP_TOKEN, BOT_TOKEN, CHANNEL, TEAM, SlackStandIn

ROOT = Path(__file__).resolve().parents[2]
_ANSWERS = {b"STARTTLS": b"220 go ahead\r\n"}
HERE = Place(platform="slack", workspace=f"slack:{TEAM}", channel=CHANNEL)


@dataclass
class SmallSmtp:
    """An MTA that greets, says EHLO and speaks TLS; it can be broken and mended at the same port.

    Attributes:
        folder: For its certificate, which is vouched for by `<folder>/root.pem`.
    """

    folder: Path
    port: int = 0
    connections: int = 0
    root_pem: bytes = b""
    _server: asyncio.Server | None = None
    _context: ssl.SSLContext | None = None

    @property
    def root(self) -> Path:
        return self.folder / "root.pem"

    async def start(self) -> None:
        if self._context is None:
            authority = Authority()
            authority.write_root(self.root)
            self.root_pem = authority.root_pem()
            chain, key = authority.issue("127.0.0.1").write(self.folder, "small")
            self._context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            self._context.load_cert_chain(chain, key)
        self.port = self.port or free_port()
        self._server = await asyncio.start_server(self._talk, "127.0.0.1", self.port)

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        with contextlib.suppress(OSError):
            writer.write(b"220 small.example.test ESMTP\r\n")
            while line := await reader.readline():
                word = line.strip().upper()
                if word == b"QUIT":
                    writer.write(b"221 bye\r\n")
                    break
                writer.write(_ANSWERS.get(word, b"250-small.example.test\r\n250 STARTTLS\r\n"))
                if word == b"STARTTLS" and self._context is not None:
                    await writer.drain()
                    await writer.start_tls(self._context)
        writer.close()


@dataclass
class Served:
    """A running process of ours.

    Attributes:
        lines: What it printed and logged.
    """

    process: Process
    base: str
    lines: list[str] = field(default_factory=list)

    async def ready(self) -> tuple[int, Mapping[str, str]]:
        async with aiohttp.ClientSession() as session, session.get(f"{self.base}/readyz") as answer:
            return answer.status, (await answer.json())["parts"]

    async def metrics(self) -> str:
        async with aiohttp.ClientSession() as session, session.get(f"{self.base}/metrics") as answer:
            return await answer.text()

    async def end(self, number: int = signal.SIGTERM) -> int:
        if self.process.returncode is None:
            self.process.send_signal(number)
        return await self.process.wait()

    async def said(self, words: str, seconds: float = 30.0) -> None:
        async with asyncio.timeout(seconds):
            while not any(words in line for line in self.lines):
                if self.process.returncode is not None:
                    raise AssertionError(f"ended with {self.process.returncode}: {self.lines}")
                await asyncio.sleep(0.01)


def settings_for(
    database: str, standin: SlackStandIn | None = None, smtp: SmallSmtp | None = None, **more: str
) -> dict[str, str]:
    """The environment of a process that may probe loopback."""
    found = {
        "MAILPORT_DATABASE_URL": database,
        "MAILPORT_HTTP_PORT": str(free_port()),
        "MAILPORT_ALLOWED_NETWORKS": "127.0.0.0/8,::1/128",
        "MAILPORT_DNS_SERVERS": "127.0.0.1:9",
        "MAILPORT_MIN_INTERVAL": "1s",
        "MAILPORT_EHLO_NAME": "probe.example.org",
        **more,
    }
    if smtp is not None:
        found |= {"MAILPORT_EXTRA_PORTS": str(smtp.port), "MAILPORT_CA_FILE": str(smtp.root)}
    if standin is not None:
        found |= {
            "SLACK_BOT_TOKEN": BOT_TOKEN,
            "SLACK_APP_TOKEN": APP_TOKEN,
            "MAILPORT_SLACK_API_URL": standin.api_url,
        }
    return found


@contextlib.asynccontextmanager
async def running(
    environment: Mapping[str, str], command: Sequence[str] = ("serve",), *, until: str = "Web:"
) -> AsyncIterator[Served]:
    """Start it, wait until it says so, kill it at the end."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "adapters.main.cli", *command,
        cwd=ROOT, env={"PATH": os.environ["PATH"], "HOME": "/nonexistent", **environment},
        stdout=PIPE, stderr=STDOUT,
    )  # fmt: skip
    served = Served(process, f"http://127.0.0.1:{environment['MAILPORT_HTTP_PORT']}")
    reading = asyncio.create_task(_read(process, served.lines))
    try:
        await served.said(until)
        yield served
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        await reading


async def _read(process: Process, lines: list[str]) -> None:
    assert process.stdout is not None
    async for line in process.stdout:
        lines.append(line.decode("utf-8", "replace").rstrip())
