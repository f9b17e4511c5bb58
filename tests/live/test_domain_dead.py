"""A dead resolver: nothing can be told, and nothing is."""

from __future__ import annotations

import socket

import pytest

from adapters.net.clock import SystemClock
from adapters.net.dialer import TcpDialer
from adapters.net.fetcher import HttpsFetcher
from adapters.net.resolver import DnsResolver
from adapters.net.trust import PinnedTrust
from bot.commands.check_domain import check_domain
from bot.ports import Network
from bot.probes.budget import Budget
from bot.probes.limits import INTERACTIVE
from bot.probes.together import Manner, Step
from bot.settings import Settings
from tests.support.loopback import free_port

pytestmark = pytest.mark.live


async def _nobody(_: Step) -> None:
    """Nobody watches."""


@pytest.mark.parametrize(
    "mute", [True, False], ids=["two resolvers that swallow questions", "nobody listens"]
)
async def test_a_dead_resolver_is_could_not_tell(mute: bool) -> None:
    sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2)]
    for one in sockets:
        one.bind(("127.0.0.1", free_port()))
    servers = tuple(("127.0.0.1", one.getsockname()[1]) for one in sockets)
    if not mute:
        for one in sockets:
            one.close()
    settings = Settings(dns_servers=servers)
    resolver = DnsResolver(settings)
    network = Network(
        dialer=TcpDialer(settings),
        resolver=resolver,
        fetcher=HttpsFetcher(settings, resolver),
        trust=PinnedTrust(),
    )
    manner = Manner(limits=INTERACTIVE, per_address=8, budget=Budget(), ehlo_name="probe.example.org")
    try:
        result, _ = await check_domain("example.com", network, SystemClock(), manner, _nobody)
    finally:
        for one in sockets:
            one.close()
    assert result.verdict == "unknown"
    assert result.undetermined == ("dns-timeout",)
    assert [finding.id for finding in result.findings] == ["dns-timeout"]
    assert result.mail is not None
    assert {result.mail[name]["status"] for name in ("mx", "spf", "dmarc")} == {"timeout"}
    assert {result.mail[name]["status"] for name in ("mta_sts", "tls_rpt")} == {None}
    assert (result.mail["dkim"]["status"], result.mail["dane"]["status"]) == ("unknown", "unknown")
    assert result.mail["dnssec"] == "unknown"
    assert result.duration_ms < 8000
