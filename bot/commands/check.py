"""`check`: probe a host, an endpoint or a whole domain now, and judge it.

The same check asked again within a minute is answered from memory with its age, and equal checks
under way share one run; both live in the process's tools.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal

from bot.advice.findings import advise, by_severity
from bot.advice.judge import judge
from bot.advice.rules import findings_of
from bot.advice.rules_dns import judge_addresses
from bot.advice.situation import Situation
from bot.cards.documents import check_document
from bot.cards.model import Pending, Reply
from bot.cards.plaintext import text_of
from bot.cards.verdict import unfinished_text, verdict_card
from bot.commands.definition import Call
from bot.errors import TargetRefused
from bot.model.names import IPAddress
from bot.model.outcome import EndpointOutcome
from bot.model.target import Target
from bot.model.verdict import EXIT_STATUS, CheckResult, Finding
from bot.ports import Tools
from bot.probes.budget import PER_ADDRESS_INTERACTIVE, PER_ADDRESS_SCHEDULED, Budget
from bot.probes.plan import PortPlan, forbidden_outcomes, plan_endpoints, plan_ports, refuse_forbidden
from bot.probes.recent import Recent
from bot.probes.run import INTERACTIVE, SCHEDULED, wait_for_goodbyes
from bot.probes.together import Manner, Step, Tell, probe_together

# Resolving has this long; with 5 s for dead ports a host that does not answer at all is told within 8 s.
RESOLVE_S = 2.5
Kind = Literal["domain", "host"]


@dataclass(frozen=True, slots=True)
class Question:
    """What is to be checked.

    Attributes:
        kind: None lets the DNS decide.
        scheduled: Nobody waits: slower and with fewer connections.
    """

    target: Target
    plan: PortPlan
    kind: Kind | None
    scheduled: bool = False


async def check(call: Call) -> Reply:
    """Handle `check TARGET [PORTS] [as domain|host]`."""
    target = call.need("target", Target)
    chosen = call.get("kind", str)
    kind: Kind | None = "domain" if chosen == "domain" else "host" if chosen == "host" else None
    question = ask_about(target, call.get("ports", tuple) or (), kind, call.tools)
    language = call.language
    await call.progress(Pending(unfinished_text((str(target),), 0, 0, language, patient=False)))

    async def tell(step: Step) -> None:
        done, total = len(step.done), len(step.done) + len(step.waiting)
        waiting = tuple(endpoint.label for endpoint in step.waiting)
        text = unfinished_text(waiting, done, total, language, patient=step.patient)
        await call.progress(Pending(text, done, total))

    result = await run_check(question, call.tools, tell)
    if call.request.place.platform == "terminal":
        await wait_for_goodbyes()
    worded = partial(advise, language=language)
    return Reply(
        card=verdict_card(result, language, worded),
        document=check_document(result, language, partial(_worded, language=language)),
        status=EXIT_STATUS[result.verdict],
    )


def _worded(finding: Finding, language: str) -> Mapping[str, Any]:
    advice = advise(finding, language)
    return {
        "title": text_of(advice.title, links=False),
        "detail": text_of(advice.detail, links=False),
        "fix": text_of(advice.fix, links=False),
        "sources": [{"ref": source.ref, "url": source.url} for source in advice.sources],
    }


def ask_about(
    target: Target, ports: Sequence[int], kind: Kind | None, tools: Tools, *, scheduled: bool = False
) -> Question:
    """A question that may be asked.

    Raises:
        TargetRefused: The port is no mail port, or the address must not be probed; no packet was sent.
    """
    plan = plan_ports(target, ports, tools.settings.extra_ports)
    if target.address is not None:
        refuse_forbidden(target.name, target.address, tools.settings.allowed_networks)
    return Question(target, plan, kind, scheduled)


async def run_check(question: Question, tools: Tools, tell: Tell) -> CheckResult:
    """Answer a question, from memory when it was just answered.

    Raises:
        TargetRefused: The name leads only to addresses that must not be probed.
    """
    recent = tools.memory.setdefault("checks", Recent[CheckResult](tools.clock))
    assert isinstance(recent, Recent)
    key = (str(question.target), question.plan.ports, question.kind, question.scheduled)
    recalled = await recent.once(key, lambda told: _run(question, tools, told), tell)
    result: CheckResult = recalled.value
    return result if recalled.age_s is None else replace(result, cached_age_s=recalled.age_s)


async def _run(question: Question, tools: Tools, tell: Tell) -> CheckResult:
    if await _is_domain(question, tools):
        return await _run_domain(question, tools, tell)
    return await _run_host(question, tools, tell)


async def _is_domain(question: Question, tools: Tools) -> bool:
    """The wish, else whether it has MX records and no port was named."""
    if question.target.address is not None or question.kind == "host":
        return False
    if question.kind == "domain":
        return True
    if question.target.port is not None or "." not in question.target.name:
        return False
    answer = await tools.network().resolver.query(question.target.name, "MX", lifetime=RESOLVE_S)
    return answer.status == "ok" and bool(answer.records)


def _manner(question: Question, tools: Tools) -> Manner:
    budget = tools.memory.setdefault("budget", Budget())
    assert isinstance(budget, Budget)
    return Manner(
        limits=SCHEDULED if question.scheduled else INTERACTIVE,
        per_address=PER_ADDRESS_SCHEDULED if question.scheduled else PER_ADDRESS_INTERACTIVE,
        budget=budget,
        ehlo_name=tools.ehlo_name(),
    )


async def _run_domain(question: Question, tools: Tools, tell: Tell) -> CheckResult:
    from bot.commands.check_domain import check_domain

    ports = tuple(question.plan.asked)
    result, _ = await check_domain(
        question.target.name,
        tools.network(),
        tools.clock,
        _manner(question, tools),
        tell,
        vantage=tools.settings.vantage,
        ports=ports,
    )
    return result


async def _run_host(question: Question, tools: Tools, tell: Tell) -> CheckResult:
    checked_at, started = tools.clock.now(), tools.clock.monotonic()
    network, host, plan = tools.network(), question.target.name, question.plan
    addresses, refused, findings, undetermined = await _resolve(question, tools)
    outcomes: tuple[EndpointOutcome, ...] = ()
    if addresses:
        endpoints = plan_endpoints(host, addresses, plan.ports)
        outcomes = await probe_together(endpoints, network, tools.clock, _manner(question, tools), tell)
    situation = Situation(asked=plan.asked)
    findings = by_severity((*findings, *findings_of(outcomes, situation)))
    judgement = judge(outcomes, findings, asked=plan.asked, undetermined=undetermined)
    return CheckResult(
        target=str(question.target),
        kind="host",
        vantage=tools.settings.vantage,
        checked_at=checked_at,
        duration_ms=(tools.clock.monotonic() - started) * 1000,
        verdict=judgement.verdict,
        outcomes=(*outcomes, *forbidden_outcomes(host, refused, plan.ports, checked_at)),
        findings=findings,
        recommended=dict.fromkeys(("submission", "imap", "pop3")),
        undetermined=judgement.undetermined,
    )


async def _resolve(
    question: Question, tools: Tools
) -> tuple[tuple[IPAddress, ...], tuple[tuple[IPAddress, str], ...], tuple[Finding, ...], tuple[str, ...]]:
    """Addresses to probe, refused ones, and what the look-up itself tells."""
    target = question.target
    if target.address is not None:
        return (ipaddress.ip_address(target.name),), (), (), ()
    found = await tools.network().resolver.addresses(target.name, lifetime=RESOLVE_S)
    if found.refused and not found.allowed:
        address, why = found.refused[0]
        raise TargetRefused("target-forbidden", target=f"{target.name} ({address})", why=why)
    resolved = judge_addresses(target.name, found)
    return found.allowed, found.refused, resolved.findings, resolved.undetermined
