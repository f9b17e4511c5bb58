"""Looking at the hosts and ports of a search: each name looked up once, addresses within reach first."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from bot.model.discovery import Published
from bot.model.names import IPAddress
from bot.model.outcome import Endpoint, EndpointOutcome
from bot.ports import Addresses, Network
from bot.probes.candidates import Look, Spot, service_of

MAX_ADDRESSES = 2

Probe = Callable[[Endpoint], Awaitable[EndpointOutcome]]


class Spots:
    """The hosts and ports of one search.

    Attributes:
        refused: Why an address of a host must not be probed, by host and address.
    """

    def __init__(self, network: Network, probe: Probe, lifetime_s: float) -> None:
        self._network = network
        self._probe = probe
        self._lifetime_s = lifetime_s
        self._names: dict[str, asyncio.Task[Addresses]] = {}
        self.refused: dict[tuple[str, str], str] = {}

    async def addresses(self, host: str) -> Addresses:
        """The addresses of a host, asked for once."""
        if host not in self._names:
            self._names[host] = asyncio.create_task(
                self._network.resolver.addresses(host, lifetime=self._lifetime_s)
            )
        return await asyncio.shield(self._names[host])

    async def look(self, spot: Spot, claims: Sequence[Published]) -> Look:
        """What is there.

        Args:
            claims: What is published, which says what to speak there: looked at when the addresses are
                known, for meanwhile there may be more of it.
        """
        found = await self.addresses(spot.host)
        for address, why in found.refused:
            self.refused[spot.host, str(address)] = why
        if not found.allowed:
            return _without_address(found)
        chosen = self._choose(found.allowed)
        service = service_of(spot, [claim for claim in claims if claim.host == spot.host])
        outcomes: list[EndpointOutcome] = []
        for address in chosen:
            endpoint = Endpoint(
                host=spot.host,
                address=str(address),
                family=4 if address.version == 4 else 6,
                service=service,
            )
            outcomes.append(await self._probe(endpoint))
            if outcomes[-1].state == "open":
                break
        return Look(tuple(outcomes))

    def _choose(self, allowed: Sequence[IPAddress]) -> list[IPAddress]:
        """The address to try, and one to fall back on: families that this machine can reach first."""
        ordered = sorted(
            allowed,
            key=lambda one: (not self._network.dialer.has_route(4 if one.version == 4 else 6), one.version),
        )
        first = ordered[0]
        other = [one for one in ordered[1:] if one.version != first.version] or ordered[1:]
        return [first, *other[: MAX_ADDRESSES - 1]]

    def cancel(self) -> None:
        """End look-ups that are still under way."""
        for task in self._names.values():
            task.cancel()


def is_absent(found: Addresses) -> bool:
    """Whether it is certain that a name has no address at all."""
    told = found.v4.status in ("ok", "nodata", "nxdomain") and found.v6.status in ("ok", "nodata", "nxdomain")
    return told and not found.allowed and not found.refused


def _without_address(found: Addresses) -> Look:
    if found.refused:
        address, why = found.refused[0]
        return Look(problem="forbidden", detail=f"{address} ({why})")
    return Look(problem="no-address" if is_absent(found) else "dns-unclear")
