"""Many names of one machine cost it one connection, and each name is judged on its own."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from bot.model.certificate import Certificate
from bot.model.outcome import Endpoint, EndpointOutcome, State
from bot.model.services import service_for
from bot.model.value import replace
from bot.probes.shared import SharedProbes
from bot.probes.tls import matches
from tests.support.core import FixedClock

CLOCK = FixedClock()


def endpoint(host: str, port: int = 465, address: str = "192.0.2.1") -> Endpoint:
    return Endpoint(host=host, address=address, family=4, service=service_for(port))


class Server:
    """Answers every probe; shows each name in `own` a certificate of its own, everybody else the first."""

    def __init__(
        self, *names: str, own: tuple[str, ...] = (), state: State = "open", connections: int = 1
    ) -> None:
        self.names, self.own, self.state, self.connections = names, own, state, connections
        self.probed: Counter[tuple[str, int]] = Counter()

    async def probe(self, place: Endpoint) -> EndpointOutcome:
        self.probed[place.address, place.port] += 1
        await asyncio.sleep(0)
        names = (place.host,) if place.host in self.own else self.names
        certificate = Certificate(
            faults=() if any(matches(name, place.host) for name in names) else ("wrong-host",),
            subject="CN=x",
            issuer="CN=CA",
            names=names,
            not_before=CLOCK.now(),
            not_after=CLOCK.now(),
            days_left=60,
            key="EC P-256",
            sha256="00",
        )
        opened = self.state == "open"
        return EndpointOutcome(
            endpoint=place,
            checked_at=CLOCK.now(),
            state=self.state,
            tls="implicit" if opened else "unknown",
            certificate=certificate if opened else None,
            connections=self.connections if opened else 0,
        )


async def ask(server: Server, *hosts: str) -> list[EndpointOutcome]:
    shared = SharedProbes(server.probe)
    return list(await asyncio.gather(*(shared(endpoint(host)) for host in hosts)))


async def test_names_that_the_certificate_covers_share_one_connection() -> None:
    server = Server("smtp.a.test", "mail.a.test", "imap.a.test")
    found = await ask(server, "smtp.a.test", "mail.a.test", "imap.a.test", "smtp.a.test")
    assert server.probed.total() == 1
    assert [one.endpoint.host for one in found] == [
        "smtp.a.test",
        "mail.a.test",
        "imap.a.test",
        "smtp.a.test",
    ]
    assert all(one.certificate and one.certificate.authenticates for one in found)


async def test_a_wildcard_counts() -> None:
    server = Server("*.a.test")
    found = await ask(server, "smtp.a.test", "x.y.a.test", "imap.a.test")
    assert [one.certificate and one.certificate.faults for one in found] == [(), ("wrong-host",), ()]
    assert server.probed.total() == 2, "the name it does not cover may have a certificate of its own"


async def test_a_name_may_have_a_certificate_of_its_own_but_no_server_is_asked_thrice() -> None:
    server = Server("smtp.a.test", own=("mail.a.test",))
    found = await ask(server, "smtp.a.test", "mail.a.test", "imap.a.test", "pop.a.test")
    assert server.probed.total() == 2
    assert [one.certificate and one.certificate.status for one in found] == [
        "valid",
        "valid",
        "wrong-host",
        "wrong-host",
    ]


async def test_a_probe_that_took_two_connections_is_not_repeated() -> None:
    server = Server("smtp.a.test", own=("mail.a.test",), connections=2)
    found = await ask(server, "smtp.a.test", "mail.a.test")
    assert server.probed.total() == 1
    assert found[1].certificate is not None
    assert found[1].certificate.status == "wrong-host"


@pytest.mark.parametrize("state", ["refused", "filtered", "unreachable"])
async def test_what_tcp_said_holds_for_every_name(state: State) -> None:
    server = Server("a.test", state=state)
    found = await ask(server, "smtp.a.test", "mail.a.test")
    assert server.probed.total() == 1
    assert {one.state for one in found} == {state}


async def test_other_ports_and_addresses_are_other_places() -> None:
    server = Server("a.test")
    shared = SharedProbes(server.probe)
    for place in (
        endpoint("a.test"),
        endpoint("a.test", 993),
        replace(endpoint("a.test"), address="192.0.2.2"),
    ):
        await shared(place)
    assert set(server.probed.values()) == {1}
    assert server.probed.total() == 3
