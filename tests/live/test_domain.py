"""A domain's check against real DNS servers with real DNSSEC, mail hosts and policy servers."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import reduce
from typing import Any

import pytest

from adapters.net.clock import SystemClock
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


@dataclass(frozen=True, slots=True)
class Ran:
    """What all checks of one lab gave."""

    results: dict[str, CheckResult]
    connections: dict[str, int]


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
        return Ran(results, dict(lab.connections))


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
