"""Which servers a domain's users should type into their programs: discovered, then proven.

Theory of operation. All sources are asked at once: SRV records, the domain's autoconfiguration, the
provider database, the built-in provider table. What the operator of the MX publishes counts only
when the domain itself says nothing (as in Thunderbird). Every host and port is probed as soon as it is
known, each once. Only where nothing published works are the usual names tried, and only those that
exist. One deadline holds for all of it, and what was found until then survives it.

Guarded by: ports that are no mail ports are never touched, addresses that are not public are refused by
the resolver, and there are limits on how much strangers' files can make us probe.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Literal

from bot.model.discovery import (
    SERVICES_OF_CLIENTS,
    SOURCE_ORDER,
    ClientService,
    Discovery,
    Published,
    SourceReport,
    sort_candidates,
)
from bot.model.names import parse_name
from bot.model.organisation import organisational_domain
from bot.model.services import service_for
from bot.model.value import field, frozen, mutable, replace
from bot.ports import Clock, DnsAnswer, Network
from bot.probes.autoconfig import Config, Place, fetch_config, fill_in, places
from bot.probes.candidates import Look, Spot, guesses, judge_candidate, why_ignored
from bot.probes.shared import SharedProbes
from bot.probes.spots import Probe, Spots, is_absent
from bot.probes.srv import look_up_srv

# Together they stay below the connections that one check of a domain may cost.
MAX_PUBLISHED = 12
MAX_GUESSES = 12
MAX_MX = 4
SOURCES_S = 3.5
DEADLINE_S = 8.0

OnStep = Callable[[str, int, int], Awaitable[None]]


def _nobody(_: str) -> tuple[Published, ...]:
    return ()


async def _unwatched(_: str, done: int, total: int) -> None:
    """Steps that nobody watches."""


@frozen(kw_only=True)
class Wish:
    """What is looked for.

    Attributes:
        domain: In ASCII form.
        local_part: Of the address, when one was given.
        port: Only this port of the name itself is of interest.
        ispdb_url: Base of the provider database; "" leaves it out.
        provider: What the built-in table says about the domain.
        provider_of_mx: What the table says about the operator of an MX host.
        extra_ports: Ports that may be probed beside the mail ports.
        sources_s: Seconds for each look into a source.
        deadline_s: Seconds for everything.
    """

    domain: str
    local_part: str | None = None
    port: int | None = None
    ispdb_url: str = ""
    provider: tuple[Published, ...] = ()
    provider_of_mx: Callable[[str], tuple[Published, ...]] = _nobody
    extra_ports: Collection[int] = frozenset()
    sources_s: float = SOURCES_S
    deadline_s: float = DEADLINE_S


async def discover_settings(
    wish: Wish, network: Network, clock: Clock, probe: Probe, on_step: OnStep = _unwatched
) -> Discovery:
    """Find and prove the settings of a domain. Never raises for what others do.

    Args:
        wish: What is looked for.
        network: `resolver`, `fetcher` and `dialer.has_route` are used.
        clock: For the duration.
        probe: Probes one endpoint within the caller's budget, such as a `probe_endpoint` with its
            arguments filled in; a caller who probed it already may hand out what he knows.
        on_step: Told (host:port, how many looks are done, how many there are).
    """
    search = _Search(wish, network, Spots(network, SharedProbes(probe), wish.sources_s), on_step)
    started = clock.monotonic()
    try:
        async with asyncio.timeout(wish.deadline_s):
            await search.run()
    except TimeoutError:
        search.cut_off()
    return search.result((clock.monotonic() - started) * 1000)


@mutable
class _Search:
    """The search under way."""

    wish: Wish
    network: Network
    spots: Spots
    on_step: OnStep
    claims: list[Published] = field(default_factory=list)
    ignored: list[tuple[Published, str]] = field(default_factory=list)
    reports: list[SourceReport] = field(default_factory=list)
    not_offered: frozenset[ClientService] = frozenset()
    looks: dict[Spot, Look | None] = field(default_factory=dict)
    mx_asked: asyncio.Task[None] | None = None
    mx: DnsAnswer = field(default_factory=lambda: DnsAnswer("timeout"))
    mx_hosts: tuple[str, ...] = ()
    unfinished: bool = False

    async def run(self) -> None:
        self.mx_asked = asyncio.create_task(self._ask_mx())
        async with asyncio.TaskGroup() as group:
            if self.wish.port is not None:
                self._look_at(group, Spot(_client_service(self.wish.port), self.wish.domain, self.wish.port))
            else:
                await self._ask_everybody(group)
        await self.mx_asked
        if wanted := self._still_wanted():
            async with asyncio.TaskGroup() as group:
                await self._guess(group, wanted)

    async def _ask_everybody(self, group: asyncio.TaskGroup) -> None:
        self._adopt(group, self.wish.provider)
        by_operator = group.create_task(self._ask_operator())
        await asyncio.gather(self._ask_srv(group), self._ask_own_places(group))
        if self.claims:
            by_operator.cancel()
            return
        claims, reports = await by_operator
        self.reports.extend(reports)
        self._adopt(group, claims)

    async def _ask_srv(self, group: asyncio.TaskGroup) -> None:
        found = await look_up_srv(self.wish.domain, self.network.resolver, lifetime_s=self.wish.sources_s)
        self.not_offered = found.not_offered
        self.reports.extend(found.reports)
        self._adopt(group, found.published)

    async def _ask_own_places(self, group: asyncio.TaskGroup) -> None:
        address = f"{self.wish.local_part or 'postmaster'}@{self.wish.domain}"
        asked = places(self.wish.domain, address, self.wish.ispdb_url or "https://none.invalid")
        asked = asked if self.wish.ispdb_url else asked[:2]
        for next_one in asyncio.as_completed([self._fetch(place) for place in asked]):
            config, report = await next_one
            self.reports.append(report)
            if config is not None:
                self._adopt(group, config.servers)

    async def _fetch(self, place: Place) -> tuple[Config | None, SourceReport]:
        return await fetch_config(
            place, self.wish.domain, self.network.fetcher, deadline_s=self.wish.sources_s
        )

    async def _ask_mx(self) -> None:
        self.mx = await self.network.resolver.query(self.wish.domain, "MX", lifetime=self.wish.sources_s)
        self.mx_hosts = read_mx(self.mx.records)

    async def _ask_operator(self) -> tuple[list[Published], list[SourceReport]]:
        """What those publish who run the MX. Nothing is adopted here."""
        if self.mx_asked is not None:
            await asyncio.shield(self.mx_asked)
        for host in self.mx_hosts:
            if claims := self.wish.provider_of_mx(host):
                return list(claims), []
        asked = self._operator_places()
        answers = await asyncio.gather(*(self._fetch(place) for place in asked))
        found = [config.servers for config, _ in answers if config is not None]
        return (list(found[0]) if found else []), [report for _, report in answers]

    def _operator_places(self) -> list[Place]:
        own = organisational_domain(self.wish.domain)
        asked: dict[str, Place] = {}
        for host in self.mx_hosts[:2]:
            organisation = organisational_domain(host)
            if organisation == own:
                continue
            address = f"{self.wish.local_part or 'postmaster'}@{self.wish.domain}"
            for place in places(organisation, address, self.wish.ispdb_url or "https://none.invalid"):
                asked.setdefault(place.url, place)
            parent = host.partition(".")[2]
            if parent != organisation and "." in parent and self.wish.ispdb_url:
                place = Place(f"{self.wish.ispdb_url.rstrip('/')}/{parent}", "ispdb")
                asked.setdefault(place.url, place)
        return [place for place in asked.values() if "none.invalid" not in place.url]

    def _adopt(self, group: asyncio.TaskGroup, found: Sequence[Published]) -> None:
        for each in found:
            name = fill_in(each.username, self.wish.local_part, self.wish.domain)
            claim = replace(each, username=name)
            if _same_claim(claim, self.claims):
                continue
            self.claims.append(claim)
            if why := why_ignored(claim, self.wish.extra_ports):
                self.ignored.append((claim, why))
                continue
            spot = Spot(claim.service, claim.host, claim.port)
            if spot in self.looks or len(self.looks) < MAX_PUBLISHED:
                self._look_at(group, spot)
            else:
                self.ignored.append((claim, "too-many"))

    def _look_at(self, group: asyncio.TaskGroup, spot: Spot) -> None:
        if spot not in self.looks:
            self.looks[spot] = None
            group.create_task(self._look(spot))

    async def _look(self, spot: Spot) -> None:
        self.looks[spot] = await self.spots.look(spot, self.claims)
        done = sum(look is not None for look in self.looks.values())
        await self.on_step(f"{spot.host}:{spot.port}", done, len(self.looks))

    def _still_wanted(self) -> set[ClientService]:
        """Services for which nothing published works, so that guessing is fair."""
        if self.mx.status == "nxdomain" or self.wish.port is not None or self._is_null_mx():
            return set()
        served = {spot.service for spot, look in self.looks.items() if self._may_serve(spot, look)}
        wanted: set[ClientService] = {"submission", "imap"} if served else set(SERVICES_OF_CLIENTS)
        return wanted - served - self.not_offered

    def _is_null_mx(self) -> bool:
        return not self.mx_hosts and any(record.split()[1:] == ["."] for record in self.mx.records)

    def _may_serve(self, spot: Spot, look: Look | None) -> bool:
        claims = [claim for claim in self.claims if (claim.host, claim.port) == (spot.host, spot.port)]
        return judge_candidate(spot, claims, look or Look()).usable

    async def _guess(self, group: asyncio.TaskGroup, wanted: Collection[ClientService]) -> None:
        spots = guesses(self.wish.domain, self.mx_hosts, organisational_domain(self.wish.domain), wanted)
        found = await asyncio.gather(
            *(self.spots.addresses(host) for host in dict.fromkeys(s.host for s in spots))
        )
        there = dict(zip(dict.fromkeys(spot.host for spot in spots), found, strict=True))
        # A name that does not exist is no candidate; one that could not be looked up leaves it open.
        real = [spot for spot in spots if not is_absent(there[spot.host]) and spot not in self.looks]
        for spot in real[:MAX_GUESSES]:
            self._look_at(group, spot)

    def cut_off(self) -> None:
        """The deadline came: what is still open stays "could not tell"."""
        self.unfinished = True
        self.spots.cancel()
        if self.mx_asked is not None:
            self.mx_asked.cancel()

    def result(self, duration_ms: float) -> Discovery:
        candidates = [
            judge_candidate(spot, self._claims_for(spot), look or Look(problem="deadline"))
            for spot, look in self.looks.items()
        ]
        reports = list(self.reports)
        if self.unfinished and not any(report.state == "unclear" for report in reports):
            reports.append(
                SourceReport(source="probe", place=self.wish.domain, state="unclear", detail="deadline")
            )
        return Discovery(
            name=self.wish.domain,
            domain=self._domain_state(),
            published=tuple(sorted(self.claims, key=_by_source)),
            not_offered=self.not_offered,
            candidates=sort_candidates(candidates),
            ignored=tuple(self.ignored),
            refused_hosts=tuple((host, address, why) for (host, address), why in self.spots.refused.items()),
            mx_hosts=self.mx_hosts,
            null_mx="yes" if self._is_null_mx() else "no" if self.mx.status in _TOLD else "unclear",
            sources=tuple(reports),
            duration_ms=duration_ms,
        )

    def _claims_for(self, spot: Spot) -> list[Published]:
        return [
            claim
            for claim in self.claims
            if (claim.service, claim.host, claim.port) == (spot.service, spot.host, spot.port)
        ]

    def _domain_state(self) -> Literal["exists", "missing", "unclear"]:
        if self.mx.status == "nxdomain":
            return "missing"
        return "exists" if self.mx.status in _TOLD or self.claims else "unclear"


_TOLD = frozenset({"ok", "nodata"})


def _by_source(claim: Published) -> tuple[int, int, int]:
    return SOURCE_ORDER.index(claim.source), SERVICES_OF_CLIENTS.index(claim.service), claim.rank


def _same_claim(claim: Published, known: Sequence[Published]) -> bool:
    shape = (claim.source, claim.service, claim.host, claim.port, claim.security)
    return any(shape == (one.source, one.service, one.host, one.port, one.security) for one in known)


def _client_service(port: int) -> ClientService:
    protocol = service_for(port).protocol
    return "imap" if protocol == "imap" else "pop3" if protocol == "pop3" else "submission"


def read_mx(records: Sequence[str]) -> tuple[str, ...]:
    """MX hosts by preference; the null MX (RFC 7505) and what is no name are left out."""
    found: list[tuple[int, str]] = []
    for record in records[:50]:
        preference, _, host = record.partition(" ")
        name = parse_name(host)
        if name is not None and preference.isascii() and preference.isdigit():
            found.append((int(preference), name))
    return tuple(dict.fromkeys(name for _, name in sorted(found)))[:MAX_MX]
