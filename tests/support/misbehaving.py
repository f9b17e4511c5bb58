"""Scripted servers that do what real ones should not. Each script is a coroutine over one peer."""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from tests.support.authority import Issued


class Peer:
    """The server's side of one connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, server: Server) -> None:
        self.reader = reader
        self.writer = writer
        self.server = server

    async def send(self, data: bytes) -> None:
        """Send exactly these bytes."""
        self.writer.write(data)
        await self.writer.drain()

    async def dribble(self, data: bytes, pause_s: float) -> None:
        """One byte at a time."""
        for number in range(len(data)):
            await self.send(data[number : number + 1])
            await asyncio.sleep(pause_s)

    async def line(self) -> bytes:
        """The client's next line; b"" at the end."""
        line = await self.reader.readline()
        if line:
            self.server.said.append(line.rstrip(b"\r\n"))
        return line

    async def starttls(self, context: ssl.SSLContext) -> None:
        """Do the server's side of the handshake."""
        await self.writer.start_tls(context)

    def reset(self) -> None:
        """Close with RST rather than FIN."""
        raw = self.writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()

    async def until_quit(self, farewell: bytes = b"221 bye\r\n") -> None:
        """Swallow what comes, answer QUIT."""
        while line := await self.line():
            if b"QUIT" in line or b"LOGOUT" in line:
                await self.send(farewell)
                return


Script = Callable[[Peer], Awaitable[None]]


def greets_late(greeting: bytes, seconds: float) -> Script:
    """A server without extensions that keeps its greeting back for so long."""

    async def script(peer: Peer) -> None:
        await asyncio.sleep(seconds)
        await peer.send(greeting)
        while line := await peer.line():
            await peer.send(b"221 bye\r\n" if line.startswith(b"QUIT") else b"250 mx.example.com\r\n")

    return script


class Server:
    """Serves one script on a free loopback port and counts.

    Attributes:
        connections: How many came.
        said: Every line that clients said.
    """

    def __init__(self, script: Script, tls: ssl.SSLContext | None = None, address: str = "127.0.0.1") -> None:
        self.script = script
        self.tls = tls
        self.address = address
        self.connections = 0
        self.said: list[bytes] = []
        self.port = 0
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._transports: list[asyncio.WriteTransport] = []

    async def __aenter__(self) -> Server:
        self._server = await asyncio.start_server(self._serve, self.address, 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._transports.append(writer.transport)
        with suppress(OSError, ssl.SSLError, EOFError, asyncio.CancelledError):
            if self.tls is not None:
                await writer.start_tls(self.tls)
            await self.script(Peer(reader, writer, self))
        writer.close()
        self._tasks.discard(task)

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._server is not None
        # Connections that were accepted a moment ago get their task first.
        await asyncio.sleep(0.01)
        self._server.close()
        await asyncio.sleep(0.01)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for transport in self._transports:
            transport.abort()
        await asyncio.sleep(0.01)


def server_context(issued: Issued, folder: Path) -> ssl.SSLContext:
    """A server's TLS context with that certificate."""
    chain, key = issued.write(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.load_cert_chain(chain, key)
    return context
