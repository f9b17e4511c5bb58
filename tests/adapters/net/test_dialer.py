"""The dialer: what TCP says, what may be reached, and no byte in clear taken for TLS."""

from __future__ import annotations

import asyncio
import errno
import socket
from typing import NoReturn

import pytest

from adapters.net.dialer import TcpDialer
from bot.errors import TargetRefused
from bot.model.outcome import Endpoint
from bot.ports import Network
from bot.probes.limits import Limits
from bot.settings import Settings
from tests.support.misbehaving import Peer, Server
from tests.support.probing import LOOPBACK, endpoint_at, network_for, probe_at

FORBIDDEN = [
    "127.0.0.1",
    "::1",
    "::ffff:127.0.0.1",
    "10.0.0.1",
    "169.254.169.254",
    "100.64.0.1",
    "fe80::1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "0.0.0.0",
    "224.0.0.1",
    "localhost",
]


async def greet(peer: Peer) -> None:
    await peer.send(b"220 hi\r\n")
    await peer.until_quit()


@pytest.mark.parametrize("address", FORBIDDEN)
async def test_no_packet_goes_to(address: str) -> None:
    async with Server(greet) as server:
        dialer = TcpDialer(Settings(extra_ports=frozenset({server.port})))
        with pytest.raises(TargetRefused) as refused:
            await dialer.dial(endpoint_at(server.port, address=address))
        assert refused.value.key == "target-forbidden"
        assert server.connections == 0


async def test_no_packet_goes_to_other_ports() -> None:
    async with Server(greet) as server:
        dialer = TcpDialer(Settings(allowed_networks=LOOPBACK))
        with pytest.raises(TargetRefused) as refused:
            await dialer.dial(endpoint_at(server.port))
        assert (refused.value.key, server.connections) == ("port-refused", 0)


async def test_a_forbidden_target_is_an_outcome() -> None:
    outcome = await probe_at(25, network=bare_network(Settings()))
    assert (outcome.state, outcome.detail, outcome.connections) == ("forbidden", "loopback", 0)


def bare_network(settings: Settings) -> Network:
    made = network_for()
    return Network(dialer=TcpDialer(settings), resolver=made.resolver, fetcher=made.fetcher, trust=made.trust)


async def test_refused() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        outcome = await probe_at(bound.getsockname()[1])
    assert (outcome.state, outcome.state_reason, outcome.tls) == ("refused", "refused", "unknown")
    assert outcome.connections == 0


async def test_dropped_packets_are_no_no() -> None:
    """A listener whose queue is full does not answer, as a filter does."""
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        fillers = [socket.socket() for _ in range(3)]
        try:
            for filler in fillers:
                filler.setblocking(False)
                filler.connect_ex(("127.0.0.1", port))
            await asyncio.sleep(0.05)
            outcome = await probe_at(port, limits=Limits(connect_s=0.4))
        finally:
            for filler in fillers:
                filler.close()
    assert (outcome.state, outcome.state_reason) == ("filtered", "no-answer")
    assert outcome.tls == "unknown"
    assert 390 < outcome.total_ms < 900


class Failing(TcpDialer):
    """A dialer whose connects fail with one errno."""

    def __init__(self, number: int, *, route: bool) -> None:
        super().__init__(Settings())
        self.number = number
        self.route = route

    async def dial(self, endpoint: Endpoint) -> NoReturn:
        raise OSError(self.number, "made up")

    def has_route(self, family: int) -> bool:
        return self.route


@pytest.mark.parametrize(
    ("number", "route", "state", "reason"),
    [
        (errno.EHOSTUNREACH, True, "unreachable", "no-route"),
        (errno.ENETUNREACH, False, "unreachable", "no-route-here"),
        (errno.EACCES, True, "filtered", "filtered-here"),
        (errno.EPERM, True, "filtered", "filtered-here"),
        (errno.ETIMEDOUT, True, "filtered", "no-answer"),
        (errno.ECONNREFUSED, True, "refused", "refused"),
        # A closed port answers with "refused"; a reset came after the connection stood.
        (errno.ECONNRESET, True, "open", ""),
        (errno.EMFILE, True, "unreachable", "local-trouble"),
    ],
)
async def test_errno(number: int, *, route: bool, state: str, reason: str) -> None:
    made = network_for()
    network = Network(
        dialer=Failing(number, route=route), resolver=made.resolver, fetcher=made.fetcher, trust=made.trust
    )
    outcome = await probe_at(25, network=network)
    assert (outcome.state, outcome.state_reason) == (state, reason)
    assert ("no-route-here" in outcome.signs) is (reason == "no-route-here")


async def test_nothing_resolved() -> None:
    outcome = await probe_at(25, address="")
    assert (outcome.state, outcome.state_reason, outcome.connections) == ("unreachable", "not-resolved", 0)


async def test_tls_is_not_begun_on_waiting_bytes() -> None:
    async with Server(greet) as server:
        dialer = TcpDialer(Settings(allowed_networks=LOOPBACK, extra_ports=frozenset({server.port})))
        connection = await dialer.dial(endpoint_at(server.port))
        await asyncio.sleep(0.05)
        with pytest.raises(BufferError):
            await connection.start_tls("mx.example.test")
        assert await connection.read() == b"220 hi\r\n"
        await connection.close()
        await connection.close()
        with pytest.raises(ConnectionError):
            await connection.read()


def test_no_certificate_bundle_is_loaded_into_a_context() -> None:
    dialer = TcpDialer(Settings())
    assert dialer.modern.cert_store_stats()["x509"] == 0
    assert dialer.lenient.cert_store_stats()["x509"] == 0
    assert dialer.modern is dialer.modern
