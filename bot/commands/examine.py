"""From a target to a judged result: decide what it is, probe it, judge it. No words, no cards.

`check`, watches, reports and the HTTP probe all come through here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Literal

from bot.advice.findings import by_severity
from bot.advice.judge import judge
from bot.advice.rules import findings_of
from bot.advice.rules_dns import judge_addresses
from bot.advice.rules_uplink import reasons_with, with_uplinks
from bot.advice.situation import Situation
from bot.commands.recommend import recommended_from
from bot.errors import TargetRefused
from bot.model.outcome import EndpointOutcome
from bot.model.target import Target
from bot.model.uplink import Uplink
from bot.model.value import frozen, replace
from bot.model.verdict import CheckResult
from bot.ports import Addresses, DnsAnswer, Network, Tools
from bot.probes.budget import PER_ADDRESS_INTERACTIVE, PER_ADDRESS_SCHEDULED, Budget
from bot.probes.limits import INTERACTIVE, SCHEDULED, Limits
from bot.probes.plan import (
    PortPlan,
    forbidden_outcomes,
    plan_endpoints,
    plan_ports,
    refuse_forbidden,
)
from bot.probes.together import Manner, Tell, probe_together

if TYPE_CHECKING:
    from bot.model.mail_policies import MailPolicies

Kind = Literal["domain", "host"]
# A dead host is told within 8 s, its DNS included; a server that took the connection may take its time.
REACH_S = 7.5
DNS_S = 4.0
# The search for what people type in must not hold up the verdict on the mail itself.
SETTINGS_S = 6.0
MIN_CONNECT_S = 2.0
# Left for a domain's policies when deciding what it is has used up the time.
MIN_POLICIES_S = 2.0


@frozen(kw_only=True)
class Examination:
    """What to examine.

    Attributes:
        kind: As what; None decides by what the DNS says.
        ports: Ports somebody named, beside the target's own.
        selectors: DKIM selectors somebody named.
        scheduled: Nobody waits: longer patience, fewer connections at once.
    """

    target: Target
    kind: Kind | None = None
    ports: tuple[int, ...] = ()
    selectors: tuple[str, ...] = ()
    scheduled: bool = False


@frozen
class Examined:
    """A result, and for a domain the policies that it was judged by."""

    result: CheckResult
    policies: MailPolicies | None = None


async def examine(wanted: Examination, tools: Tools, tell: Tell) -> Examined:
    """Probe and judge a target. What servers and DNS do is in the result.

    Raises:
        TargetRefused: It may not be probed; nothing was sent to it.
    """
    plan = plan_ports(wanted.target, wanted.ports, tools.settings.extra_ports)
    address = wanted.target.address
    network = tools.network()  # built on first use; its time is not the target's
    if address is not None:
        refuse_forbidden(str(address), address, tools.settings.allowed_networks)
        answer = DnsAnswer("ok")
        return await _host(wanted, plan, Addresses((address,), (), answer, answer), tools, tell)
    started = tools.clock.monotonic()
    kind, addresses = await _decide(wanted, plan, network)
    if kind == "domain" or addresses is None:
        return await _domain(wanted, plan, tools, tell, started)
    return await _host(wanted, plan, addresses, tools, tell, started)


async def _decide(wanted: Examination, plan: PortPlan, network: Network) -> tuple[Kind, Addresses | None]:
    """Domain or host, and the addresses when it is a host; both questions go out at once."""
    name, resolver = wanted.target.name, network.resolver
    if wanted.kind == "domain" or (wanted.kind is None and wanted.target.local_part is not None):
        return "domain", None
    if wanted.kind == "host" or plan.asked:
        return "host", await resolver.addresses(name, lifetime=DNS_S)
    mx, addresses = await asyncio.gather(
        resolver.query(name, "MX", lifetime=DNS_S), resolver.addresses(name, lifetime=DNS_S)
    )
    # Only a clear "no MX" makes a host. SERVFAIL and broken signatures are the domain's fault and judged
    # as such; where nobody answered, whether it takes mail is the question that stays open.
    if mx.records or mx.status not in ("ok", "nodata", "nxdomain"):
        return "domain", None
    return "host", addresses


async def _host(
    wanted: Examination,
    plan: PortPlan,
    addresses: Addresses,
    tools: Tools,
    tell: Tell,
    started: float | None = None,
) -> Examined:
    """Probe the ports of a host at each of its addresses."""
    clock, name = tools.clock, wanted.target.name
    checked_at, began = clock.now(), clock.monotonic() if started is None else started
    if addresses.refused and not addresses.allowed:
        address, why = addresses.refused[0]
        raise TargetRefused("target-forbidden", target=f"{name} ({address})", why=why)
    resolved = judge_addresses(name, addresses)
    endpoints = plan_endpoints(name, addresses.allowed, plan.ports)
    manner = make_manner(tools, scheduled=wanted.scheduled, spent_s=clock.monotonic() - began)
    probed = await probe_together(endpoints, tools.network(), clock, manner, tell) if endpoints else ()
    # One port stands for all of them: a forbidden address was not touched on any.
    beside = forbidden_outcomes(name, addresses.refused, plan.ports[:1], checked_at)
    situation = Situation(asked=plan.asked)
    uplinks = await explain_dropped(probed, tools)
    found = (*resolved.findings, *findings_of((*probed, *beside), situation))
    findings = with_uplinks(found, probed, uplinks)
    judgement = judge(probed, findings, asked=plan.asked, undetermined=resolved.undetermined)
    result = CheckResult(
        target=str(wanted.target),
        kind="host",
        vantage=tools.settings.vantage,
        checked_at=checked_at,
        duration_ms=(clock.monotonic() - began) * 1000,
        verdict=judgement.verdict,
        outcomes=(*probed, *beside),
        findings=by_severity(findings),
        recommended=recommended_from(probed),
        undetermined=reasons_with(judgement.undetermined, uplinks),
        uplinks=uplinks,
    )
    return Examined(result)


async def _domain(wanted: Examination, plan: PortPlan, tools: Tools, tell: Tell, started: float) -> Examined:
    """The domain's policies, its MX hosts, and what its people type into their programs.

    Args:
        started: When the answer began to be waited for; what is gone since is not spent twice.
    """
    # Imported here, because a host's check needs none of it.
    from bot.commands.check_domain import Planned, check_domain
    from bot.commands.discover import wish_for
    from bot.model.outcome import Endpoint
    from bot.probes.discovery import discover_settings
    from bot.probes.mail_policies import DEADLINE_S

    network, clock = tools.network(), tools.clock
    spent_s = clock.monotonic() - started
    left_s = max(MIN_POLICIES_S, DEADLINE_S - spent_s)
    manner = make_manner(tools, scheduled=wanted.scheduled, spent_s=spent_s)

    planned = Planned()

    async def probe(endpoint: Endpoint) -> EndpointOutcome:
        if endpoint.port in plan.asked and (known := await planned.outcome_of(endpoint)) is not None:
            return known
        (outcome,) = await probe_together((endpoint,), network, clock, manner, _untold)
        return outcome

    wish = replace(wish_for(wanted.target, tools.settings), deadline_s=min(SETTINGS_S, left_s))
    result, policies = await check_domain(
        wanted.target.name,
        network,
        clock,
        manner,
        tell,
        vantage=tools.settings.vantage,
        ports=tuple(sorted(plan.asked)),
        selectors=wanted.selectors,
        settings=discover_settings(wish, network, clock, probe),
        explain=partial(explain_dropped, tools=tools),
        planned=planned,
        deadline_s=left_s,
    )
    return Examined(replace(result, duration_ms=(clock.monotonic() - started) * 1000), policies)


async def explain_dropped(outcomes: Sequence[EndpointOutcome], tools: Tools) -> tuple[Uplink, ...]:
    """Whose doing it is that ports were dropped; () when none was."""
    if not any(outcome.state == "filtered" for outcome in outcomes):
        return ()
    # Imported here: most checks drop nothing, and a cold start should not pay for it.
    from bot.commands.controls import uplinks_of

    return await uplinks_of(tools).explain(outcomes)


async def _untold(_: object) -> None:
    """Steps of single probes, which nobody watches."""


def make_manner(tools: Tools, *, scheduled: bool = False, spent_s: float = 0.0) -> Manner:
    """How to probe: one budget for the whole process, patience by who waits.

    Args:
        spent_s: Seconds already gone (DNS); they are taken from the time to connect.
    """
    limits: Limits = SCHEDULED if scheduled else INTERACTIVE
    if not scheduled:
        connect_s = max(MIN_CONNECT_S, min(limits.connect_s, REACH_S - spent_s))
        limits = replace(limits, connect_s=connect_s)
    budget = tools.memory.setdefault("budget", Budget())
    assert isinstance(budget, Budget)
    return Manner(
        limits=limits,
        per_address=PER_ADDRESS_SCHEDULED if scheduled else PER_ADDRESS_INTERACTIVE,
        budget=budget,
        ehlo_name=tools.ehlo_name(),
    )
