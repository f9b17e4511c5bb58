"""Real Postfix, Dovecot and Exim on loopback, told right from greeting to goodbye."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.model.certificate import CertificateFault
from bot.model.outcome import EndpointOutcome
from bot.model.services import SERVICES
from bot.model.value import fields
from bot.probes.run import SCHEDULED, wait_for_goodbyes
from tests.support.authority import Issued
from tests.support.loopback import own_address
from tests.support.probing import HOST, network_for, probe_at
from tests.support.servers import STANDARD, Running, Sandbox

pytestmark = [pytest.mark.live, pytest.mark.timeout(60)]
NAMES = {number: name for name, number in STANDARD.items()}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as made:
        yield made


@pytest.fixture(scope="module")
def good(sandbox: Sandbox) -> Issued:
    return sandbox.authority.intermediate("Sandbox Intermediate").issue(HOST, key="rsa2048")


@pytest.fixture(scope="module")
def postfix(sandbox: Sandbox, good: Issued) -> Running:
    return sandbox.postfix(good)


@pytest.fixture(scope="module")
def dovecot(sandbox: Sandbox, good: Issued) -> Running:
    return sandbox.dovecot(good, address=own_address())


@pytest.fixture(scope="module")
def exim(sandbox: Sandbox, good: Issued) -> Running:
    return sandbox.exim(good)


async def probe(sandbox: Sandbox, server: Running, name: str) -> EndpointOutcome:
    """Look once, and once more when that could not tell: the machine may be busy."""
    outcome = await look(sandbox, server, name)
    if outcome.tls == "unknown":
        print(f"could not tell at first: {whole(outcome, server)}")
        outcome = await look(sandbox, server, name)
    assert outcome.tls != "broken", whole(outcome, server)
    return outcome


def whole(outcome: EndpointOutcome, server: Running) -> str:
    """Everything that was seen, and what the server logged: pytest cuts long values short."""
    log = "".join(
        path.read_text("utf-8", "replace") for path in server.log.parent.rglob("*log") if path.is_file()
    )
    shown = {name: getattr(outcome, name) for name in fields(type(outcome))}
    seen = "\n".join(f"  {name}: {repr(value)[:800]}" for name, value in shown.items())
    return f"tls_reason {outcome.tls_reason!r}, detail {outcome.detail!r}\n{seen}\nlog of the server:\n{log[-4000:]}"


async def look(sandbox: Sandbox, server: Running, name: str) -> EndpointOutcome:
    port, expected = server.ports[name], SERVICES[STANDARD[name]]
    network = network_for([port], str(sandbox.ca_file))
    outcome = await probe_at(
        port, expected.protocol, expected.mode, network=network, address=server.address, limits=SCHEDULED
    )
    await wait_for_goodbyes()
    return outcome


SERVERS = [
    ("postfix", "smtp"),
    ("postfix", "submission"),
    ("postfix", "submissions"),
    ("dovecot", "imap"),
    ("dovecot", "imaps"),
    ("dovecot", "pop3"),
    ("dovecot", "pop3s"),
    ("exim", "smtp"),
    ("exim", "submissions"),
]


@pytest.mark.parametrize(("server", "name"), SERVERS)
async def test_a_good_server_is_told_good(
    server: str, name: str, sandbox: Sandbox, request: pytest.FixtureRequest
) -> None:
    outcome = await probe(sandbox, request.getfixturevalue(server), name)
    implicit = name.endswith("s")
    assert (outcome.state, outcome.tls) == ("open", "implicit" if implicit else "starttls")
    assert outcome.signs == frozenset()
    assert outcome.connections == 1
    assert outcome.certificate is not None
    assert outcome.certificate.faults == ()
    assert outcome.certificate.chain_length == 2
    assert outcome.tls_version == "TLSv1.3"
    assert outcome.reached == "hello_tls"
    assert outcome.phases_ms.keys() >= {"connect", "greeting", "tls", "hello_tls", "quit"}
    assert (outcome.capabilities_before is None) == implicit


async def test_auth_appears_only_under_tls(sandbox: Sandbox, exim: Running, dovecot: Running) -> None:
    for server, name in ((exim, "smtp"), (dovecot, "imap"), (dovecot, "pop3")):
        outcome = await probe(sandbox, server, name)
        assert outcome.auth_before == ()
        assert outcome.auth_after == ("PLAIN", "LOGIN")


async def test_auth_in_clear_is_seen(sandbox: Sandbox, good: Issued) -> None:
    open_exim = sandbox.exim(good, auth_in_clear=True)
    open_dovecot = sandbox.dovecot(good, address=own_address(), plain_passwords=True)
    for server, name in ((open_exim, "smtp"), (open_dovecot, "imap"), (open_dovecot, "pop3")):
        outcome = await probe(sandbox, server, name)
        assert outcome.auth_before == ("PLAIN", "LOGIN")


async def test_no_tls_at_all(sandbox: Sandbox) -> None:
    for plain in (sandbox.postfix(None, services=["smtp"]), sandbox.exim(None, services=["smtp"])):
        outcome = await probe(sandbox, plain, "smtp")
        assert (outcome.tls, outcome.tls_reason) == ("none", "starttls-not-offered")


async def test_modes_swapped(sandbox: Sandbox, postfix: Running) -> None:
    network = network_for(postfix.ports.values(), str(sandbox.ca_file))
    outcome = await probe_at(postfix.ports["smtp"], "smtp", "implicit", network=network)
    assert (outcome.tls, outcome.signs, outcome.connections) == ("starttls", frozenset({"mode-swapped"}), 2)
    outcome = await probe_at(postfix.ports["submissions"], "smtp", "starttls", network=network)
    assert (outcome.tls, outcome.signs, outcome.connections) == ("implicit", frozenset({"mode-swapped"}), 2)
    await wait_for_goodbyes()


async def test_standard_ports_on_an_address_of_its_own(sandbox: Sandbox, good: Issued) -> None:
    server = sandbox.postfix(good, address=own_address(), ports="standard")
    assert server.ports == {"smtp": 25, "submission": 587, "submissions": 465}
    assert (await probe(sandbox, server, "submission")).tls == "starttls"


BAD: list[tuple[str, tuple[CertificateFault, ...]]] = [
    ("expired", ("expired",)),
    ("other", ("wrong-host",)),
    ("gap", ("untrusted",)),
    ("expired other", ("expired", "wrong-host")),
]


@pytest.mark.parametrize(("kind", "faults"), BAD)
async def test_one_connection_names_every_fault(
    kind: str, faults: tuple[CertificateFault, ...], sandbox: Sandbox, tmp_path: Path
) -> None:
    authority = sandbox.authority
    issued = {
        "expired": authority.issue(HOST, days=-3, since_days=90),
        "other": authority.issue("other.example.test"),
        "gap": authority.intermediate("Forgotten").issue(HOST).bare(),
        "expired other": authority.issue("other.example.test", days=-3, since_days=90),
    }[kind]
    outcome = await probe(sandbox, sandbox.postfix(issued, services=["smtp"]), "smtp")
    assert outcome.certificate is not None
    assert outcome.certificate.faults == faults
    assert (outcome.tls, outcome.connections) == ("starttls", 1)
