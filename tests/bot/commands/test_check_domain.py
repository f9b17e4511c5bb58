"""The domain half of `check` without any network: what goes into the plan and into the verdict."""

from __future__ import annotations

from datetime import timedelta
from typing import cast

import pytest

from bot.commands.check_domain import MAX_ENDPOINTS, _each_once, check_domain, plan_delivery
from bot.model.certificate import Certificate
from bot.model.discovery import Candidate, Discovery, Published
from bot.model.mail_policies import MxFacts, MxHost
from bot.model.outcome import Endpoint, EndpointOutcome
from bot.model.services import service_for
from bot.ports import Dialer, Fetcher, Network, TrustStore
from bot.probes.budget import Budget
from bot.probes.limits import INTERACTIVE
from bot.probes.together import Manner, Step
from tests.support.core import FixedClock
from tests.support.zone_table import ZoneTable

CLOCK = FixedClock()
MANNER = Manner(limits=INTERACTIVE, per_address=8, budget=Budget(), ehlo_name="probe.example.org")


async def _nobody(_: Step) -> None:
    """Nobody watches."""


def _expired(host: str) -> EndpointOutcome:
    certificate = Certificate(
        faults=("expired",),
        subject=f"CN={host}",
        issuer="CN=CA",
        names=(host,),
        not_before=CLOCK.now() - timedelta(days=90),
        not_after=CLOCK.now() - timedelta(days=1),
        days_left=-1,
        key="EC P-256",
        sha256="00",
    )
    endpoint = Endpoint(host=host, address="192.0.2.9", family=4, service=service_for(993))
    return EndpointOutcome(
        endpoint=endpoint, checked_at=CLOCK.now(), state="open", tls="implicit", certificate=certificate
    )


def _discovery(outcome: EndpointOutcome, *, published: bool) -> Discovery:
    host, port = outcome.endpoint.host, outcome.endpoint.port
    claim = Published(source="srv", service="imap", host=host, port=port, security="implicit")
    claims = (claim,) if published else ()
    candidate = Candidate(
        service="imap",
        host=host,
        port=port,
        grade="bad-certificate",
        security="implicit",
        claims=claims,
        outcomes=(outcome,),
    )
    return Discovery(name="example.com", domain="exists", published=claims, candidates=(candidate,))


@pytest.mark.parametrize(
    ("published", "verdict"),
    [
        pytest.param(True, "fail", id="what the domain publishes has to work"),
        pytest.param(False, "pass", id="a guess proves nothing against the domain"),
    ],
)
async def test_settings_for_people_come_into_the_check(published: bool, verdict: str) -> None:
    table = ZoneTable(
        {
            "example.com": {"MX": ["0 ."], "TXT": ["v=spf1 -all"]},
            "_dmarc.example.com": {"TXT": ["v=DMARC1; p=reject; rua=mailto:d@example.com"]},
        }
    )
    network = Network(cast(Dialer, None), table, cast(Fetcher, None), cast(TrustStore, None))
    found = _discovery(_expired("imap.example.com"), published=published)

    async def search() -> Discovery:
        return found

    result, _ = await check_domain("example.com", network, CLOCK, MANNER, _nobody, settings=search())
    assert result.verdict == verdict
    assert [outcome.endpoint.port for outcome in result.outcomes] == [993]
    assert result.recommended == found.recommended


def test_many_mail_hosts_are_looked_at_in_turn_and_within_the_limit() -> None:
    hosts = tuple(
        MxHost(
            name=f"mx{number}.test",
            preference=number,
            status="ok",
            addresses=tuple(f"192.0.2.{10 * number + last}" for last in range(4)),
        )
        for number in range(9)
    )
    plan = plan_delivery(MxFacts(status="ok", hosts=hosts), (25,))
    assert len(plan) == MAX_ENDPOINTS
    assert {endpoint.host for endpoint in plan} == {host.name for host in hosts}


def _seen(host: str, address: str, port: int) -> EndpointOutcome:
    endpoint = Endpoint(host=host, address=address, family=4, service=service_for(port))
    return EndpointOutcome(endpoint=endpoint, checked_at=CLOCK.now(), state="open")


def test_every_mail_host_is_listed_and_a_searched_place_once_under_its_best_name() -> None:
    delivery = [_seen("mx1.test", "192.0.2.1", 25), _seen("mx2.test", "192.0.2.1", 25)]
    searched = [
        _seen("mail.test", "192.0.2.1", 465),
        _seen("smtp.test", "192.0.2.1", 465),
        _seen("mx1.test", "192.0.2.1", 25),
        _seen("mail.test", "192.0.2.2", 465),
    ]
    listed = [
        (one.endpoint.host, one.endpoint.address, one.endpoint.port) for one in _each_once(delivery, searched)
    ]
    assert listed == [
        ("mx1.test", "192.0.2.1", 25),
        ("mx2.test", "192.0.2.1", 25),
        ("mail.test", "192.0.2.1", 465),
        ("mail.test", "192.0.2.2", 465),
    ]
