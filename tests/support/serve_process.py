"""`mailport serve` as people run it: a process of its own, with its output and its web address."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
import time
from pathlib import Path
from types import TracebackType

import aiohttp

ROOT = Path(__file__).parents[2]


class Serving:
    """Runs while it is entered; ended by SIGTERM.

    Attributes:
        output: Lines of both streams.
        base: Address of the web server.
        started_s: Seconds until the web server answered.
    """

    def __init__(self, home: Path, **environment: str) -> None:
        self._environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "PYTHONPATH": str(ROOT),
            "PYTHONUNBUFFERED": "1",
            "MAILPORT_HTTP_PORT": "0",
            "MAILPORT_DATABASE_URL": f"sqlite:///{home}/mailport.db",
            "MAILPORT_DNS_SERVERS": "127.0.0.1:9",
            **environment,
        }
        self._home = home
        self.output: list[str] = []
        self.base = ""
        self.started_s = 0.0
        self.process: asyncio.subprocess.Process | None = None
        self._reading: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Serving:
        began = time.monotonic()
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "adapters.main.cli", "serve",
            env=self._environment, cwd=self._home, stdout=-1, stderr=-1,
        )  # fmt: skip
        for stream in (self.process.stdout, self.process.stderr):
            assert stream is not None
            self._reading.append(asyncio.create_task(self._read(stream)))
        end = began + 30
        while not self.base:
            assert time.monotonic() < end, self.output
            assert self.process.returncode is None, self.output
            await asyncio.sleep(0.02)
            found = re.search(r"http://127\.0\.0\.1:\d+", "\n".join(self.output))
            self.base = found[0] if found else ""
        self.started_s = time.monotonic() - began
        return self

    async def _read(self, stream: asyncio.StreamReader) -> None:
        while line := await stream.readline():
            self.output.append(line.decode().rstrip())

    async def ready(self, session: aiohttp.ClientSession) -> tuple[int, dict[str, str]]:
        """Status and words of `/readyz`."""
        async with session.get(f"{self.base}/readyz") as answer:
            return answer.status, (await answer.json())["parts"]

    def terminate(self) -> None:
        """Send SIGTERM."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)

    async def ended(self, seconds: float = 12.0) -> int:
        """Exit status, once it has ended."""
        assert self.process is not None
        status = await asyncio.wait_for(self.process.wait(), seconds)
        await asyncio.gather(*self._reading)
        return status

    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self.process is not None
        if self.process.returncode is None:
            self.terminate()
        try:
            await self.ended()
        except TimeoutError:
            self.process.kill()
            await self.ended()
