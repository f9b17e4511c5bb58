"""Never more connections at once than is polite, whoever asks, and no place is ever lost."""

from __future__ import annotations

import asyncio

import pytest

from bot.model.outcome import Endpoint
from bot.ports import Connection, TlsFacts
from bot.probes.budget import Budget, PoliteDialer
from tests.support.outcomes import endpoint


class _Wire:
    async def read(self) -> bytes:
        return b""

    async def write(self, data: bytes) -> None:
        """Swallow it."""

    async def start_tls(self, server_name: str | None, *, old: bool = False) -> TlsFacts:
        return TlsFacts("TLSv1.3", "x", ())

    async def close(self) -> None:
        """Nothing to close."""


class _Dialer:
    """Counts what is open; refuses when told to."""

    def __init__(self, *, refuse: bool = False) -> None:
        self.dialled: list[int] = []
        self.refuse = refuse

    async def dial(self, endpoint: Endpoint) -> Connection:
        self.dialled.append(endpoint.port)
        if self.refuse:
            raise ConnectionRefusedError
        return _Wire()

    def has_route(self, family: int) -> bool:
        return family == 4


async def _settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_no_more_than_the_limit_per_address() -> None:
    budget = Budget()
    for port in (25, 465, 587):
        await budget.take(endpoint(port), 3)
    late = asyncio.create_task(budget.take(endpoint(993), 3))
    await _settle()
    assert not late.done()
    assert budget.open_to("192.0.2.25") == 3
    budget.give_back(endpoint(25))
    await late
    assert budget.open_to("192.0.2.25") == 3


async def test_another_address_has_places_of_its_own() -> None:
    budget = Budget()
    await budget.take(endpoint(25), 1)
    await asyncio.wait_for(budget.take(endpoint(25, "192.0.2.26"), 1), 1)


async def test_at_most_two_to_one_port() -> None:
    budget = Budget()
    await budget.take(endpoint(25), 8)
    await budget.take(endpoint(25), 8)
    third = asyncio.create_task(budget.take(endpoint(25), 8))
    await _settle()
    assert not third.done()
    await asyncio.wait_for(budget.take(endpoint(465), 8), 1)
    third.cancel()
    with pytest.raises(asyncio.CancelledError):
        await third
    assert budget.open_to("192.0.2.25") == 3


async def test_a_place_given_to_somebody_who_left_is_not_lost() -> None:
    budget = Budget()
    await budget.take(endpoint(25), 1)
    waiting = asyncio.create_task(budget.take(endpoint(465), 1))
    await _settle()
    budget.give_back(endpoint(25))
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert budget.open_to("192.0.2.25") == 0


async def test_a_place_freed_just_after_somebody_left_is_counted_once() -> None:
    budget = Budget()
    await budget.take(endpoint(25), 2)
    await budget.take(endpoint(587), 2)
    waiting = asyncio.create_task(budget.take(endpoint(465), 2))
    await _settle()
    waiting.cancel()
    budget.give_back(endpoint(25))
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert budget.open_to("192.0.2.25") == 1


async def test_a_connection_counts_until_it_is_closed_and_only_once() -> None:
    budget = Budget()
    dialer = PoliteDialer(_Dialer(), budget, 8)
    await dialer.prepay(endpoint(25))
    first = await dialer.dial(endpoint(25))
    second = await dialer.dial(endpoint(25))
    dialer.refund(endpoint(25))
    assert budget.open_to("192.0.2.25") == 2
    await first.close()
    await first.close()
    assert budget.open_to("192.0.2.25") == 1
    await second.close()
    assert budget.open_to("192.0.2.25") == 0


async def test_what_was_prepaid_and_never_dialled_comes_back() -> None:
    budget = Budget()
    dialer = PoliteDialer(_Dialer(), budget, 8)
    await dialer.prepay(endpoint(25))
    dialer.refund(endpoint(25))
    dialer.refund(endpoint(25))
    assert budget.open_to("192.0.2.25") == 0


async def test_a_refused_connection_gives_its_place_back() -> None:
    budget = Budget()
    dialer = PoliteDialer(_Dialer(refuse=True), budget, 8)
    await dialer.prepay(endpoint(25))
    with pytest.raises(ConnectionRefusedError):
        await dialer.dial(endpoint(25))
    dialer.refund(endpoint(25))
    assert budget.open_to("192.0.2.25") == 0
    assert dialer.has_route(4)
    assert not dialer.has_route(6)


async def test_a_counted_connection_is_the_connection() -> None:
    dialer = PoliteDialer(_Dialer(), Budget(), 8)
    connection = await dialer.dial(endpoint(25))
    await connection.write(b"QUIT\r\n")
    assert await connection.read() == b""
    assert (await connection.start_tls(None)).version == "TLSv1.3"
    await connection.close()
