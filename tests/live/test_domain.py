"""A domain's check against real DNS servers with real DNSSEC, mail hosts and policy servers."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from functools import reduce
from typing import Any

import pytest

from adapters.net.clock import SystemClock
from bot.advice.findings import advise
from bot.cards.plaintext import text_of
from bot.commands.check_domain import check_domain
from bot.model.verdict import CheckResult
from bot.probes.budget import Budget
from bot.probes.limits import INTERACTIVE
from bot.probes.run import wait_for_goodbyes
from bot.probes.together import Manner, Step
from tests.support.mail_domains import Case, build_domains
from tests.support.mail_lab import MailLab

pytestmark = pytest.mark.live

CASES, _ = build_domains(MailLab())
AT_ONCE = 8
# Their DNS fails, so that there is nothing to compare.
WITHOUT_DNS = frozenset({"mute.test", "dead.test", "bogus.test"})


@dataclass(frozen=True, slots=True)
class Ran:
    """What all checks of one lab gave."""

    results: dict[str, CheckResult]
    connections: dict[str, int]
    oracle: dict[str, dict[str, Any]]


async def _nobody(_: Step) -> None:
    """Nobody watches."""


def manner() -> Manner:
    """As when a person waits."""
    return Manner(limits=INTERACTIVE, per_address=8, budget=Budget(), ehlo_name="probe.example.org")


async def _check_all() -> Ran:
    async with MailLab() as lab:
        cases, zones = build_domains(lab)
        await lab.start(zones)
        network = lab.network()
        room = asyncio.Semaphore(AT_ONCE)

        async def check(case: Case) -> tuple[str, CheckResult]:
            async with room:
                result, _ = await check_domain(case.name, network, SystemClock(), manner(), _nobody)
                return case.name, result

        results = dict(await asyncio.gather(*(check(case) for case in cases)))
        await wait_for_goodbyes()
        alone = dict(lab.connections)
        await check(next(case for case in cases if case.name == "good.test"))
        await wait_for_goodbyes()
        assert lab.dns is not None
        oracle = await asyncio.to_thread(_ask_checkdmarc, lab.dns.resolver, [case.name for case in cases])
        used = {name: lab.connections[name] - alone.get(name, 0) for name in lab.connections}
        return Ran(results, used, oracle)


def _ask_checkdmarc(server: tuple[str, int], domains: list[str]) -> dict[str, dict[str, Any]]:
    """What an independent program says of the SPF records, where the DNS gives any."""
    import dns.resolver
    from checkdmarc.spf import check_spf

    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers = [server[0]]
    resolver.port = server[1]
    known = [name for name in domains if name not in WITHOUT_DNS]
    return {name: check_spf(name, resolver=resolver, timeout=2.0, retries=0) for name in known}


@pytest.fixture(scope="module")
def ran() -> Ran:
    return asyncio.run(_check_all())


def _at(mail: Any, path: str) -> object:
    return reduce(lambda value, part: value[part], path.split("."), mail)


@pytest.mark.parametrize("case", [pytest.param(case, id=f"{case.name}: {case.why}") for case in CASES])
def test_a_domain_is_what_it_is(case: Case, ran: Ran) -> None:
    result = ran.results[case.name]
    assert result.mail is not None
    got = {path: _at(result.mail, path) for path in case.says}
    assert got == dict(case.says)
    ids = {finding.id for finding in result.findings}
    assert case.found <= ids
    assert not case.never & ids
    if case.verdict is not None:
        assert result.verdict == case.verdict, (ids, result.undetermined)


def test_a_check_costs_a_mail_host_one_connection(ran: Ran) -> None:
    assert {name: count for name, count in ran.connections.items() if count} == {"mx.good.test": 1}


def test_dead_mail_hosts_cost_less_than_eight_seconds(ran: Ran) -> None:
    assert ran.results["dropped.test"].duration_ms < 8000


@pytest.mark.parametrize("name", sorted(case.name for case in CASES if case.name not in WITHOUT_DNS))
def test_checkdmarc_agrees_on_spf(name: str, ran: Ran) -> None:
    theirs, mail = ran.oracle[name], ran.results[name].mail
    assert mail is not None
    assert (mail["spf"]["status"] == "ok") == theirs["valid"], theirs
    if theirs["valid"]:
        assert mail["spf"]["lookups"] == theirs["dns_lookups"], theirs


@pytest.mark.parametrize("language", ["en", "es"])
def test_every_finding_is_said_completely(language: str, ran: Ran) -> None:
    for result in ran.results.values():
        for finding in result.findings:
            said = advise(finding, language)
            text = " ".join(text_of(part) for part in (said.title, said.detail, said.fix))
            assert not re.search(r"\{[a-z_]+\}", text), (finding.id, text)


def test_what_makes_a_certificate_matter_is_told(ran: Ran) -> None:
    told = {}
    for name in ("certenforce.test", "certtesting.test", "certnone.test"):
        (fault,) = [one for one in ran.results[name].findings if one.id == "cert-self-signed"]
        told[name] = (fault.severity, "tells senders not to deliver" in text_of(advise(fault, "en").detail))
    assert told == {
        "certenforce.test": ("critical", True),
        "certtesting.test": ("warning", False),
        "certnone.test": ("info", False),
    }


def test_a_failing_zone_is_one_fault_and_not_five(ran: Ran) -> None:
    for name, id_ in (("bogus.test", "dnssec-bogus"), ("dead.test", "dns-servfail")):
        assert [one.id for one in ran.results[name].findings] == [id_]


def test_a_selector_that_was_named_is_found() -> None:
    async def look() -> dict[str, Any]:
        async with MailLab() as lab:
            _, zones = build_domains(lab)
            await lab.start(zones)
            result, _ = await check_domain(
                "ownkey.test", lab.network(), SystemClock(), manner(), _nobody, selectors=("x7f3",)
            )
            assert result.mail is not None
            return dict(result.mail["dkim"])

    found = asyncio.run(look())
    assert (found["status"], [one["selector"] for one in found["selectors"]]) == ("ok", ["x7f3"])


def test_a_first_policy_names_the_very_hosts(ran: Ran) -> None:
    (missing,) = [one for one in ran.results["plain.test"].findings if one.id == "mta-sts-missing"]
    lines = missing.details["policy"].split(" ⏎ ")
    assert lines == ["version: STSv1", "mode: testing", "mx: mx.plain.test", "max_age: 604800"]
    (mismatch,) = [one for one in ran.results["plain.test"].findings if one.id == "ptr-mismatch"]
    assert mismatch.details["line"].endswith(".in-addr.arpa. IN PTR mx.plain.test.")
    (alias,) = [one for one in ran.results["alias.test"].findings if one.id == "mx-cname"]
    assert alias.details["line"] == "alias.test. IN MX 10 mx.good.test."


def test_fixes_hold_the_dns_line_for_this_very_domain(ran: Ran) -> None:
    lines = {
        finding.id: finding.details["line"]
        for name in ("twospf.test", "open.test", "badspf.test", "plain.test", "watching.test")
        for finding in ran.results[name].findings
        if "line" in finding.details and finding.id != "ptr-mismatch"
    }
    assert lines == {
        "spf-multiple": 'twospf.test. IN TXT "v=spf1 ip4:192.0.2.1 mx -all"',
        "spf-permissive": 'open.test. IN TXT "v=spf1 ~all"',
        "spf-invalid": 'badspf.test. IN TXT "v=spf1 -all"',
        "spf-missing": 'plain.test. IN TXT "v=spf1 mx -all"',
        "dmarc-missing": '_dmarc.plain.test. IN TXT "v=DMARC1; p=none; rua=mailto:dmarc@plain.test"',
        "mta-sts-missing": '_mta-sts.plain.test. IN TXT "v=STSv1; id=1"',
        "dmarc-none": '_dmarc.watching.test. IN TXT "v=DMARC1; p=quarantine; rua=mailto:d@watching.test"',
    }
