"""A DNS server on loopback that answers as a script says, over UDP and TCP."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import TracebackType
from typing import cast

import dns.flags
import dns.message
import dns.rcode
import dns.rrset

from tests.support.loopback import free_port

# A question in, an answer out; None stays silent.
Script = Callable[[dns.message.Message], dns.message.Message | None]


class ScriptedDns:
    """Serves a script.

    Attributes:
        asked: "name TYPE" of every question, with " tcp", " cd" or " no-edns" where it was so.
    """

    def __init__(self, script: Script) -> None:
        self.script = script
        self.asked: list[str] = []
        self.address = ("127.0.0.1", free_port())
        self._transport: asyncio.DatagramTransport | None = None
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> ScriptedDns:
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: _Udp(self), local_addr=self.address)
        self._server = await asyncio.start_server(self._tcp, *self.address)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._transport is not None
        assert self._server is not None
        self._transport.close()
        self._server.close()
        await asyncio.sleep(0)

    def answer(self, wire: bytes, *, tcp: bool) -> bytes | None:
        """Answer one message."""
        query = dns.message.from_wire(wire)
        question = query.question[0]
        words = [question.name.to_text(omit_final_dot=True), dns.rdatatype.to_text(question.rdtype)]
        words += ["tcp"] if tcp else []
        words += ["cd"] if query.flags & dns.flags.CD else []
        words += ["no-edns"] if query.edns < 0 else []
        self.asked.append(" ".join(words))
        reply = self.script(query)
        if reply is None:
            return None
        if not tcp and reply.flags & dns.flags.TC:
            reply.answer.clear()
        elif tcp:
            reply.flags &= ~dns.flags.TC
        return reply.to_wire()

    async def _tcp(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(EOFError, OSError):
            (length,) = struct.unpack("!H", await reader.readexactly(2))
            wire = self.answer(await reader.readexactly(length), tcp=True)
            if wire is not None:
                writer.write(struct.pack("!H", len(wire)) + wire)
                await writer.drain()
        writer.close()


class _Udp(asyncio.DatagramProtocol):
    def __init__(self, server: ScriptedDns) -> None:
        self._server = server
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str | object, int]) -> None:
        wire = self._server.answer(data, tcp=False)
        if wire is not None and self._transport is not None:
            self._transport.sendto(wire, addr)


def silent(_: dns.message.Message) -> None:
    """Never answers."""


def says(*records: str, rcode: str = "NOERROR", flags: int = 0) -> Script:
    """The same answer to every question; records as "name ttl IN TYPE data"."""

    def script(query: dns.message.Message) -> dns.message.Message:
        reply = dns.message.make_response(query, recursion_available=True)
        reply.set_rcode(dns.rcode.from_text(rcode))
        reply.flags |= flags
        reply.answer.extend(rrsets(records))
        return reply

    return script


def rrsets(records: Sequence[str]) -> list[dns.rrset.RRset]:
    """Lines of a zone file as record sets."""
    made: dict[tuple[str, str], dns.rrset.RRset] = {}
    for record in records:
        name, ttl, rdclass, kind, data = record.split(" ", 4)
        one = dns.rrset.from_text(name, int(ttl), rdclass, kind, data)
        known = made.setdefault((name, kind), one)
        if known is not one:
            for rdata in one:
                known.add(rdata)
    return list(made.values())
