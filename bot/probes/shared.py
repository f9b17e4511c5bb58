"""One address and port is probed once in a search, however many names lead there.

Small domains let `smtp.`, `imap.` and `mail.` lead to one machine. A server that sees three connections
for one question has a right to be annoyed. What a server does does not depend on the name, but for the
certificate that it shows: that is compared with each name here. A second connection is made only when the
first name's certificate does not cover the second name, which may have one of its own (SNI).
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence

from bot.model.certificate import Certificate
from bot.model.names import parse_address
from bot.model.outcome import Endpoint, EndpointOutcome
from bot.model.value import replace
from bot.probes.tls import matches

Probe = Callable[[Endpoint], Awaitable[EndpointOutcome]]
MAX_CONNECTIONS = 2


class SharedProbes:
    """A probe that remembers, for the life of one search."""

    def __init__(self, probe: Probe) -> None:
        self._probe = probe
        self._known: dict[tuple[str, int], list[EndpointOutcome]] = defaultdict(list)
        self._turns: dict[tuple[str, int], asyncio.Lock] = defaultdict(asyncio.Lock)

    async def __call__(self, endpoint: Endpoint) -> EndpointOutcome:
        """The outcome for the endpoint's name: probed, or what is known of its address and port."""
        place = (endpoint.address, endpoint.port)
        async with self._turns[place]:
            known = self._known[place]
            if known and not _worth_another(known, endpoint.host):
                return as_seen_by(_best_for(known, endpoint.host), endpoint)
            outcome = await self._probe(endpoint)
            known.append(outcome)
            return outcome


def _worth_another(known: Sequence[EndpointOutcome], host: str) -> bool:
    """Whether a certificate of its own may be shown to this name, and the server can bear to be asked."""
    if sum(max(1, outcome.connections) for outcome in known) >= MAX_CONNECTIONS:
        return False
    first = known[0]
    return first.state == "open" and first.certificate is not None and not _covers(first.certificate, host)


def _best_for(known: Sequence[EndpointOutcome], host: str) -> EndpointOutcome:
    """The outcome whose certificate is for this name, else the first."""
    fitting = [one for one in known if one.certificate is not None and _covers(one.certificate, host)]
    same = [one for one in known if one.endpoint.host == host]
    return (same or fitting or list(known))[0]


def _covers(certificate: Certificate, host: str) -> bool:
    return any(matches(name, host) for name in certificate.names)


def as_seen_by(outcome: EndpointOutcome, endpoint: Endpoint) -> EndpointOutcome:
    """The outcome as it is for a program that was given this name."""
    certificate = outcome.certificate
    if certificate is not None and parse_address(endpoint.host) is None:
        others = tuple(fault for fault in certificate.faults if fault != "wrong-host")
        wrong = () if _covers(certificate, endpoint.host) else ("wrong-host",)
        certificate = replace(certificate, faults=(*others, *wrong), name_checked=True)
    return replace(
        outcome, endpoint=replace(endpoint, service=outcome.endpoint.service), certificate=certificate
    )
