"""One DNS question to one server and its answer, over UDP and, when that was cut short, over TCP.

dnspython writes and reads the messages. The sockets are our own because they have to be connected:
only then does the kernel report that nobody listens (ICMP port unreachable), so that a dead resolver
on a living machine costs a millisecond instead of the whole waiting time.
"""

from __future__ import annotations

import asyncio
import struct
from typing import cast

import dns.exception
import dns.flags
import dns.message
import dns.rcode

from adapters.net.nameservers import Server

# Fits every path without fragments (dnsflagday.net/2020).
UDP_PAYLOAD = 1232
_WITHOUT_EDNS = (dns.rcode.FORMERR, dns.rcode.NOTIMP, dns.rcode.BADVERS)


class NoReply(Exception):
    """The server gave nothing usable; the text says why."""


def make_query(
    name: dns.name.Name, kind: str, *, checking_disabled: bool = False
) -> dns.message.QueryMessage:
    """A recursive question with the DO and AD bits, so that a validating resolver tells its result.

    Args:
        checking_disabled: Ask for the data even if they fail validation (CD, RFC 4035 section 3.2.2).
    """
    query = dns.message.make_query(name, kind, use_edns=0, want_dnssec=True, payload=UDP_PAYLOAD)
    query.flags |= dns.flags.AD
    if checking_disabled:
        query.flags |= dns.flags.CD
    return query


async def exchange(query: dns.message.QueryMessage, server: Server) -> dns.message.QueryMessage:
    """Ask one server. The caller sets the deadline by cancelling.

    Raises:
        NoReply: Nobody listens there, the connection broke, or what came was no answer.
    """
    reply = await _exchange_once(query, server)
    if reply.rcode() in _WITHOUT_EDNS and not reply.answer:
        query.use_edns(edns=-1)
        reply = await _exchange_once(query, server)
    return reply


async def _exchange_once(query: dns.message.QueryMessage, server: Server) -> dns.message.QueryMessage:
    try:
        reply = await _by_udp(query, server)
        return await _by_tcp(query, server) if reply.flags & dns.flags.TC else reply
    except (OSError, EOFError, dns.exception.DNSException) as problem:
        raise NoReply(f"{type(problem).__name__}: {problem}") from problem


class _Datagrams(asyncio.DatagramProtocol):
    """Waits for the one datagram that answers the question; anything else is ignored."""

    def __init__(
        self, query: dns.message.QueryMessage, reply: asyncio.Future[dns.message.QueryMessage]
    ) -> None:
        self._query = query
        self._reply = reply

    def datagram_received(self, data: bytes, addr: object) -> None:
        try:
            message = read_message(data)
            answers = self._query.is_response(message)
        except (dns.exception.DNSException, ValueError):
            return
        if answers and not self._reply.done():
            self._reply.set_result(message)

    def error_received(self, exc: Exception) -> None:
        if not self._reply.done():
            self._reply.set_exception(exc)


async def _by_udp(query: dns.message.QueryMessage, server: Server) -> dns.message.QueryMessage:
    loop = asyncio.get_running_loop()
    reply: asyncio.Future[dns.message.QueryMessage] = loop.create_future()
    transport, _ = await loop.create_datagram_endpoint(lambda: _Datagrams(query, reply), remote_addr=server)
    try:
        transport.sendto(query.to_wire())
        return await reply
    finally:
        transport.close()


async def _by_tcp(query: dns.message.QueryMessage, server: Server) -> dns.message.QueryMessage:
    reader, writer = await asyncio.open_connection(*server)
    try:
        wire = query.to_wire()
        writer.write(struct.pack("!H", len(wire)) + wire)
        await writer.drain()
        (length,) = struct.unpack("!H", await reader.readexactly(2))
        message = read_message(await reader.readexactly(length))
    finally:
        writer.transport.abort()
    if not query.is_response(message):
        raise NoReply("the reply does not belong to the question")
    return message


def read_message(wire: bytes) -> dns.message.QueryMessage:
    """Read a message. One malformed record does not spoil the others: see its `errors`."""
    return cast(dns.message.QueryMessage, dns.message.from_wire(wire, continue_on_error=True))
