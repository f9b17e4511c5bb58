"""Ports beyond the table: what is expected of their number, and what their servers turn out to be."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from adapters.net.clock import SystemClock
from bot.advice.rules import findings_of
from bot.advice.situation import Situation
from bot.model.outcome import Endpoint, EndpointOutcome
from bot.model.services import Service, service_for, service_seen
from bot.probes.run import probe_endpoint, wait_for_goodbyes
from tests.bot.probes.test_misbehaving_servers import SHORT
from tests.support.bad_servers import Body, good, rest
from tests.support.misbehaving import Peer, Server
from tests.support.probing import EHLO, HOST, network_for


@pytest.mark.parametrize(
    ("port", "name", "mode", "role", "told"),
    [
        pytest.param(25, "smtp", "starttls", "delivery", "all", id="in the table"),
        pytest.param(10025, "smtp", "starttls", "delivery", "mode", id="thousands added to 25"),
        pytest.param(1143, "imap", "starttls", "retrieval", "mode", id="Proton Bridge reading"),
        pytest.param(3993, "imaps", "implicit", "retrieval", "mode", id="GreenMail imaps"),
        pytest.param(8465, "submissions", "implicit", "submission", "mode", id="SMTP2GO over TLS"),
        pytest.param(588, "other", "starttls", "submission", "nothing", id="any other number"),
        pytest.param(41697, "other", "starttls", "submission", "nothing", id="picked by the system"),
    ],
)
def test_what_a_number_tells(port: int, name: str, mode: str, role: str, told: str) -> None:
    service = service_for(port)
    assert (service.name, service.port, service.mode, service.role, service.told) == (
        name,
        port,
        mode,
        role,
        told,
    )


def test_a_registered_port_stays_what_it_is_whatever_speaks_there() -> None:
    assert service_seen(service_for(465), "imap", "starttls") == service_for(465)


def test_a_wrong_mode_on_a_telling_number_stays_a_promise_broken() -> None:
    assert service_seen(service_for(10465), "smtp", "starttls").mode == "implicit"


async def implicit_smtp(peer: Peer, tls: ssl.SSLContext) -> None:
    await peer.starttls(tls)
    await peer.send(b"220 mx ESMTP\r\n")
    await rest(peer)


async def imap(peer: Peer, tls: ssl.SSLContext) -> None:
    await peer.send(b"* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] ready\r\n")
    await peer.line()
    await peer.send(b"a2 OK go\r\n")
    await peer.starttls(tls)
    await peer.line()
    await peer.send(b"* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\na3 OK\r\n")
    await peer.until_quit()


async def implicit_pop3(peer: Peer, tls: ssl.SSLContext) -> None:
    await peer.starttls(tls)
    await peer.send(b"+OK ready\r\n")
    await peer.line()
    await peer.send(b"+OK\r\nUSER\r\nSASL PLAIN\r\n.\r\n")
    await peer.until_quit()


async def sieve(peer: Peer, tls: ssl.SSLContext) -> None:
    await peer.send(b'"IMPLEMENTATION" "x"\r\n"SASL" ""\r\n"STARTTLS"\r\nOK "ready"\r\n')
    await peer.line()
    await peer.send(b"OK\r\n")
    await peer.starttls(tls)
    await peer.send(b'"IMPLEMENTATION" "x"\r\n"SASL" "PLAIN"\r\nOK "ready"\r\n')
    await peer.until_quit()


async def ssh(peer: Peer, tls: ssl.SSLContext) -> None:
    await peer.send(b"SSH-2.0-OpenSSH_9.2\r\n")
    await peer.until_quit()


async def meet(body: Body, tls: ssl.SSLContext, ca_file: Path) -> EndpointOutcome:
    async with Server(lambda peer: body(peer, tls)) as server:
        network = network_for([server.port], str(ca_file))
        service = service_for(server.port)
        if service.told != "nothing":  # the system picked a telling number by chance
            service = Service("other", server.port, "smtp", "starttls", "submission", told="nothing")
        endpoint = Endpoint(host=HOST, address="127.0.0.1", family=4, service=service)
        outcome = await probe_endpoint(endpoint, network, SystemClock(), SHORT, EHLO)
        await wait_for_goodbyes()
    return outcome


@pytest.mark.parametrize(
    ("body", "name", "mode", "logins", "connections"),
    [
        pytest.param(good, "submission", "starttls", ("PLAIN", "LOGIN"), 1, id="SMTP in clear first"),
        pytest.param(implicit_smtp, "submissions", "implicit", ("PLAIN", "LOGIN"), 2, id="SMTP under TLS"),
        pytest.param(imap, "imap", "starttls", ("PLAIN",), 1, id="IMAP in clear first"),
        pytest.param(implicit_pop3, "pop3s", "implicit", ("PLAIN",), 2, id="POP3 under TLS"),
        pytest.param(sieve, "sieve", "starttls", ("PLAIN",), 1, id="ManageSieve"),
    ],
)
async def test_a_port_that_promises_nothing_is_told_by_what_it_speaks(
    body: Body,
    name: str,
    mode: str,
    logins: tuple[str, ...],
    connections: int,
    tls: ssl.SSLContext,
    ca_file: Path,
) -> None:
    outcome = await meet(body, tls, ca_file)
    assert (outcome.endpoint.service.name, outcome.tls) == (name, mode)
    assert outcome.auth_after == logins
    assert outcome.connections == connections
    assert not outcome.signs
    assert not findings_of((outcome,), Situation(asked=frozenset({outcome.endpoint.port})))


async def test_what_is_no_mail_is_said_without_guessing_a_protocol(
    tls: ssl.SSLContext, ca_file: Path
) -> None:
    outcome = await meet(ssh, tls, ca_file)
    (finding,) = findings_of((outcome,), Situation())
    assert finding.id == "protocol-error"
    assert finding.details["protocol"] == "SMTP/IMAP/POP3"
