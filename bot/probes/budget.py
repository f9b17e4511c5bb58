"""Politeness: how many connections at once, and to whom.

A server sees at most 8 connections of ours at once while a person waits (one per port), 3 in scheduled
runs, and at most 2 to one port of one address, whoever asked. A probe's second connection (the other
TLS mode) counts like its first, and a connection counts until it is closed, goodbye included.
"""

from __future__ import annotations

import asyncio
from collections import Counter

from bot.model.outcome import Endpoint
from bot.model.value import frozen
from bot.ports import Connection, Dialer, TlsFacts

PER_ADDRESS_INTERACTIVE = 8
PER_ADDRESS_SCHEDULED = 3
PER_PORT = 2


@frozen
class _Waiter:
    endpoint: Endpoint
    per_address: int
    turn: asyncio.Future[None]


class Budget:
    """Counts the connections of one process, per address and per port of an address."""

    def __init__(self) -> None:
        self._addresses: Counter[str] = Counter()
        self._ports: Counter[tuple[str, int]] = Counter()
        self._waiting: list[_Waiter] = []

    def open_to(self, address: str) -> int:
        """Places taken at an address now."""
        return self._addresses[address]

    async def take(self, endpoint: Endpoint, per_address: int) -> None:
        """Take a place, waiting until one is free; first come, first served."""
        if self._has_room(endpoint, per_address):
            self._count(endpoint)
            return
        waiter = _Waiter(endpoint, per_address, asyncio.get_running_loop().create_future())
        self._waiting.append(waiter)
        try:
            await waiter.turn
        except asyncio.CancelledError:
            if waiter in self._waiting:
                self._waiting.remove(waiter)
            if waiter.turn.done() and not waiter.turn.cancelled():
                # The place was given at the very moment of leaving.
                self.give_back(endpoint)
            raise

    def give_back(self, endpoint: Endpoint) -> None:
        """Give a place back and let the next ones in; never waits."""
        self._addresses -= Counter({endpoint.address: 1})
        self._ports -= Counter({(endpoint.address, endpoint.port): 1})
        for waiter in tuple(self._waiting):
            if self._has_room(waiter.endpoint, waiter.per_address):
                self._waiting.remove(waiter)
                if not waiter.turn.done():
                    self._count(waiter.endpoint)
                    waiter.turn.set_result(None)

    def _has_room(self, endpoint: Endpoint, per_address: int) -> bool:
        return (
            self._addresses[endpoint.address] < per_address
            and self._ports[endpoint.address, endpoint.port] < PER_PORT
        )

    def _count(self, endpoint: Endpoint) -> None:
        self._addresses[endpoint.address] += 1
        self._ports[endpoint.address, endpoint.port] += 1


class PoliteDialer:
    """A dialer that keeps to a budget.

    A probe's first place is taken before it starts (`prepay`): waiting for a place must never count as
    waiting for the server, or a busy minute would make servers look filtered.
    """

    def __init__(self, dialer: Dialer, budget: Budget, per_address: int) -> None:
        self._dialer = dialer
        self._budget = budget
        self._per_address = per_address
        self._prepaid: Counter[tuple[str, int]] = Counter()

    async def prepay(self, endpoint: Endpoint) -> None:
        """Take the place of the probe's first connection, waiting for it."""
        await self._budget.take(endpoint, self._per_address)
        self._prepaid[endpoint.address, endpoint.port] += 1

    def refund(self, endpoint: Endpoint) -> None:
        """Give back what was prepaid and never dialled."""
        if self._spend(endpoint):
            self._budget.give_back(endpoint)

    def _spend(self, endpoint: Endpoint) -> bool:
        key = (endpoint.address, endpoint.port)
        if not self._prepaid[key]:
            return False
        self._prepaid[key] -= 1
        return True

    async def dial(self, endpoint: Endpoint) -> Connection:
        """Connect; see `Dialer.dial`."""
        if not self._spend(endpoint):
            await self._budget.take(endpoint, self._per_address)
        try:
            connection = await self._dialer.dial(endpoint)
        except BaseException:
            self._budget.give_back(endpoint)
            raise
        return _CountedConnection(connection, self._budget, endpoint)

    def has_route(self, family: int) -> bool:
        """See `Dialer.has_route`."""
        return self._dialer.has_route(6 if family == 6 else 4)


class _CountedConnection:
    """A connection that gives its place back when it is closed."""

    def __init__(self, connection: Connection, budget: Budget, endpoint: Endpoint) -> None:
        self._connection = connection
        self._budget = budget
        self._endpoint = endpoint
        self._closed = False

    async def read(self) -> bytes:
        return await self._connection.read()

    async def write(self, data: bytes) -> None:
        await self._connection.write(data)

    async def start_tls(self, server_name: str | None, *, old: bool = False) -> TlsFacts:
        return await self._connection.start_tls(server_name, old=old)

    async def close(self) -> None:
        try:
            await self._connection.close()
        finally:
            if not self._closed:
                self._closed = True
                self._budget.give_back(self._endpoint)
