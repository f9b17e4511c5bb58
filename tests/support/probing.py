"""A network of our own for probes: loopback only, real sockets, no DNS."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import Literal, cast

from adapters.net.clock import SystemClock
from adapters.net.dialer import TcpDialer
from adapters.net.trust import PinnedTrust
from bot.model.outcome import Endpoint, EndpointOutcome
from bot.model.services import Mode, Protocol, Service
from bot.ports import Fetcher, Network, Resolver
from bot.probes.run import INTERACTIVE, Limits, OnPhase, probe_endpoint

HOST = "mx.example.test"
EHLO = "probe.example.org"
LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128"))


def network_for(ports: Iterable[int] = (), ca_file: str | None = None) -> Network:
    """The real dialer and trust store, allowed to reach loopback and these ports."""
    from bot.settings import Settings

    settings = Settings(allowed_networks=LOOPBACK, extra_ports=frozenset(ports), ca_file=ca_file)
    return Network(
        dialer=TcpDialer(settings),
        resolver=cast("Resolver", None),
        fetcher=cast("Fetcher", None),
        trust=PinnedTrust(ca_file),
    )


def endpoint_at(
    port: int,
    protocol: Protocol = "smtp",
    mode: Mode = "starttls",
    *,
    host: str = HOST,
    address: str = "127.0.0.1",
) -> Endpoint:
    """An endpoint on loopback under any port."""
    family: Literal[4, 6] = 6 if ":" in address else 4
    service = Service("test", port, protocol, mode, "submission")
    return Endpoint(host=host, address=address, family=family, service=service)


async def probe_at(
    port: int,
    protocol: Protocol = "smtp",
    mode: Mode = "starttls",
    *,
    limits: Limits = INTERACTIVE,
    network: Network | None = None,
    host: str = HOST,
    address: str = "127.0.0.1",
    on_phase: OnPhase | None = None,
) -> EndpointOutcome:
    """Probe a port on loopback."""
    endpoint = endpoint_at(port, protocol, mode, host=host, address=address)
    chosen = network or network_for([port])
    return await probe_endpoint(endpoint, chosen, SystemClock(), limits, EHLO, on_phase)
