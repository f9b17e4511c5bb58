"""The domain half of `check`: its DNS policies and every MX host on port 25, all at once."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Awaitable, Callable, Collection, Coroutine, Iterable, Sequence
from functools import partial
from itertools import zip_longest
from typing import Any

from bot.advice.findings import by_severity
from bot.advice.judge import judge
from bot.advice.rules import findings_of
from bot.advice.rules_mail import judge_domain
from bot.advice.rules_settings import contradictions
from bot.advice.rules_uplink import reasons_with, with_uplinks
from bot.cards.mail import mail_document
from bot.model.discovery import SERVICES_OF_CLIENTS, Discovery
from bot.model.mail_policies import MailPolicies, MxFacts
from bot.model.outcome import Endpoint, EndpointOutcome
from bot.model.uplink import Uplink
from bot.model.verdict import CheckResult, Finding
from bot.ports import Clock, Network
from bot.probes.mail_policies import DEADLINE_S, look_up_mail, with_certificates
from bot.probes.plan import forbidden_outcomes, plan_endpoints
from bot.probes.together import Manner, Tell, probe_together

Explain = Callable[[Sequence[EndpointOutcome]], Awaitable[tuple[Uplink, ...]]]

DELIVERY_PORTS = (25,)
# Endpoints of one check: five MX hosts with IPv4 and IPv6, or two with three addresses each and room.
MAX_ENDPOINTS = 12


class Planned:
    """Endpoints that the check of the MX hosts looks at, so that the search for settings need not again.

    Only ports that somebody named can be in both: nobody's program sends to port 25.
    """

    def __init__(self) -> None:
        self._known = asyncio.Event()
        self._outcomes: dict[Endpoint, asyncio.Future[EndpointOutcome]] = {}

    def announce(self, endpoints: Iterable[Endpoint]) -> None:
        """Say which ones they are."""
        loop = asyncio.get_running_loop()
        self._outcomes = {endpoint: loop.create_future() for endpoint in endpoints}
        self._known.set()

    def finish(self, outcomes: Iterable[EndpointOutcome]) -> None:
        """Hand out what was found."""
        for outcome in outcomes:
            if not self._outcomes[outcome.endpoint].done():
                self._outcomes[outcome.endpoint].set_result(outcome)

    async def outcome_of(self, endpoint: Endpoint) -> EndpointOutcome | None:
        """The outcome of an endpoint that is looked at anyway; None for every other one."""
        await self._known.wait()
        waited_for = self._outcomes.get(endpoint)
        return None if waited_for is None else await asyncio.shield(waited_for)


async def check_domain(
    domain: str,
    network: Network,
    clock: Clock,
    manner: Manner,
    tell: Tell,
    *,
    vantage: str = "local",
    ports: Collection[int] = (),
    selectors: Sequence[str] = (),
    settings: Coroutine[Any, Any, Discovery] | None = None,
    explain: Explain | None = None,
    planned: Planned | None = None,
    deadline_s: float = DEADLINE_S,
) -> tuple[CheckResult, MailPolicies]:
    """Check a whole domain. Never raises for what the DNS or servers do.

    Probing begins as soon as the MX hosts are known, while the other policies are still being asked.

    Args:
        ports: Ports of the MX hosts beside 25 that somebody named.
        selectors: DKIM selectors that somebody named.
        settings: The search for what people type into their programs; awaited beside everything else.
        explain: Asks whose doing it is that ports were dropped.
        planned: Tells the search which endpoints are probed here.
        deadline_s: Seconds for the policies; what is not answered by then is "timeout".
    """
    checked_at, started = clock.now(), clock.monotonic()
    known: asyncio.Future[MxFacts | None] = asyncio.get_running_loop().create_future()

    def announce(mx: MxFacts | None) -> None:
        if not known.done():
            known.set_result(mx)

    look = partial(look_up_mail, domain, network, clock, selectors=selectors, deadline_s=deadline_s)
    async with asyncio.TaskGroup() as group:
        looking = group.create_task(look(on_mx=announce))
        searching = group.create_task(settings) if settings is not None else None
        looking.add_done_callback(lambda _: announce(None))
        mx = await known
        endpoints = plan_delivery(mx, ports or DELIVERY_PORTS) if mx else ()
        planned = planned or Planned()
        planned.announce(endpoints)
        probed = await probe_together(endpoints, network, clock, manner, tell) if endpoints else ()
        planned.finish(probed)
        uplinks = await explain(probed) if explain is not None else ()
    policies = with_certificates(looking.result(), probed)
    refused = _refused(policies.mx, ports or DELIVERY_PORTS, clock)
    discovery = searching.result() if searching is not None else None
    judged = judge_domain(policies, (*probed, *refused))
    published = (*judge_published(discovery), *contradictions(discovery)) if discovery else ()
    findings = (*with_uplinks(judged.findings, probed, uplinks), *published)
    telling = [outcome for outcome in judged.telling if outcome.state != "forbidden"]
    judgement = judge(telling, findings, asked=frozenset(ports), undetermined=judged.undetermined)
    result = CheckResult(
        target=domain,
        kind="domain",
        vantage=vantage,
        checked_at=checked_at,
        duration_ms=(clock.monotonic() - started) * 1000,
        verdict=judgement.verdict,
        outcomes=_each_once((*probed, *refused), discovery.outcomes if discovery else ()),
        findings=by_severity(findings),
        mail=mail_document(policies),
        recommended=discovery.recommended if discovery else dict.fromkeys(SERVICES_OF_CLIENTS),
        undetermined=reasons_with(judgement.undetermined, uplinks),
        uplinks=uplinks,
    )
    return result, policies


def _each_once(
    delivery: Sequence[EndpointOutcome], searched: Iterable[EndpointOutcome]
) -> tuple[EndpointOutcome, ...]:
    """Every MX host's endpoints, and of the search each address and port once, best names first."""
    seen = {(one.endpoint.address, one.endpoint.port) for one in delivery}
    found: dict[tuple[str, int], EndpointOutcome] = {}
    for one in searched:
        place = (one.endpoint.address, one.endpoint.port)
        if place not in seen:
            found.setdefault(place, one)
    return (*delivery, *found.values())


def judge_published(discovery: Discovery) -> tuple[Finding, ...]:
    """Findings on the servers that the domain publishes for its users; guesses prove nothing against it."""
    published = {(claim.host, claim.port) for claim in discovery.published}
    opened = [
        outcome
        for outcome in discovery.outcomes
        if outcome.state == "open" and (outcome.endpoint.host, outcome.endpoint.port) in published
    ]
    hosts = dict.fromkeys(outcome.endpoint.host for outcome in opened)
    return tuple(
        finding
        for host in hosts
        for finding in findings_of([outcome for outcome in opened if outcome.endpoint.host == host])
    )


def plan_delivery(mx: MxFacts, ports: Collection[int]) -> tuple[Endpoint, ...]:
    """Endpoints of the MX hosts: every host's first ones before any host's later ones, up to the limit."""
    per_host = [
        plan_endpoints(host.name, [ipaddress.ip_address(address) for address in host.addresses], ports)
        for host in mx.hosts
    ]
    in_turn = [endpoint for turn in zip_longest(*per_host) for endpoint in turn if endpoint is not None]
    chosen = set(in_turn[:MAX_ENDPOINTS])
    return tuple(endpoint for endpoints in per_host for endpoint in endpoints if endpoint in chosen)


def _refused(mx: MxFacts, ports: Collection[int], clock: Clock) -> tuple[EndpointOutcome, ...]:
    at = clock.now()
    return tuple(
        outcome
        for host in mx.hosts
        for outcome in forbidden_outcomes(
            host.name, [(ipaddress.ip_address(address), why) for address, why in host.refused[:2]], ports, at
        )
    )
