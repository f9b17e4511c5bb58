"""Everything that a domain's DNS says about its mail, asked at once under one deadline.

What is not there when the time is over counts as "timeout", never as absent; what came in time stays.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar

from bot.model.mail_policies import (
    BimiFacts,
    CaaFacts,
    DaneFacts,
    DkimFacts,
    DmarcFacts,
    Dnssec,
    MailPolicies,
    MtaStsFacts,
    MxFacts,
    PtrFacts,
    SpfFacts,
    TlsRptFacts,
)
from bot.model.outcome import EndpointOutcome
from bot.model.value import replace
from bot.ports import Clock, DnsAnswer, Network, Resolver
from bot.probes.bimi import look_up_bimi
from bot.probes.caa import look_up_caa
from bot.probes.dane import look_up_dane, match_dane
from bot.probes.dkim import look_up_dkim
from bot.probes.dmarc import look_up_dmarc, unauthorised_reports
from bot.probes.mta_sts import check_mx, look_up_mta_sts
from bot.probes.mx import look_up_mx
from bot.probes.ptr import look_up_ptr
from bot.probes.spf_survey import survey_spf
from bot.probes.tls_rpt import look_up_tls_rpt

DEADLINE_S = 6.5
# So much earlier a part of many steps stops by itself, and tells what it has.
MARGIN_S = 0.1

T = TypeVar("T")


async def look_up_mail(
    domain: str,
    network: Network,
    clock: Clock,
    *,
    selectors: Sequence[str] = (),
    deadline_s: float = DEADLINE_S,
    on_mx: Callable[[MxFacts], None] | None = None,
) -> MailPolicies:
    """Look up every policy of a domain.

    Args:
        domain: In ASCII form.
        selectors: DKIM selectors that somebody named.
        on_mx: Told the MX hosts as soon as they are known, so that probing them need not wait.
    """
    return await _Search(domain, network, clock, selectors, on_mx).run(deadline_s)


class _Search:
    """One look at a domain: tasks under one deadline."""

    def __init__(
        self,
        domain: str,
        network: Network,
        clock: Clock,
        selectors: Sequence[str],
        on_mx: Callable[[MxFacts], None] | None,
    ) -> None:
        self.domain = domain
        self.network = network
        self.resolver: Resolver = network.resolver
        self.clock = clock
        self.selectors = selectors
        self.on_mx = on_mx

    async def run(self, deadline_s: float) -> MailPolicies:
        started = self.clock.monotonic()
        async with asyncio.TaskGroup() as group:

            def begin(work: Coroutine[Any, Any, T], late: T) -> asyncio.Task[T]:
                return group.create_task(within(deadline_s, work, late))

            mx = begin(self._mx(), MxFacts(status="timeout"))
            until = asyncio.get_running_loop().time() + deadline_s - MARGIN_S
            spf = begin(survey_spf(self.domain, self._lookup, until=until), SpfFacts(status="timeout"))
            dmarc = begin(self._dmarc(), DmarcFacts(status="timeout"))
            dkim = begin(
                look_up_dkim(self.domain, self.resolver, self.selectors), DkimFacts(status="unknown")
            )
            mta_sts = begin(
                look_up_mta_sts(self.domain, self.network, until=until), MtaStsFacts(status="timeout")
            )
            tls_rpt = begin(look_up_tls_rpt(self.domain, self.resolver), TlsRptFacts(status="timeout"))
            dane = begin(self._dane(mx), DaneFacts(status="unknown"))
            ptr = begin(self._ptr(mx), ())
            bimi = begin(look_up_bimi(self.domain, self.resolver), BimiFacts(status="timeout"))
            caa = begin(look_up_caa(self.domain, self.resolver), CaaFacts(status="timeout"))
            soa = begin(self._lookup(self.domain, "SOA"), DnsAnswer("timeout"))
        return MailPolicies(
            domain=self.domain,
            mx=mx.result(),
            spf=spf.result(),
            dmarc=dmarc.result(),
            dkim=dkim.result(),
            mta_sts=check_mx(mta_sts.result(), mx.result()),
            tls_rpt=tls_rpt.result(),
            dane=dane.result(),
            dnssec=dnssec_of(mx.result(), soa.result()),
            ptr=ptr.result(),
            bimi=bimi.result(),
            caa=caa.result(),
            duration_ms=(self.clock.monotonic() - started) * 1000,
        )

    async def _lookup(self, name: str, kind: str) -> DnsAnswer:
        return await self.resolver.query(name, kind)

    async def _mx(self) -> MxFacts:
        found = await look_up_mx(self.domain, self.resolver)
        if self.on_mx is not None:
            self.on_mx(found)
        return found

    async def _dmarc(self) -> DmarcFacts:
        found = await look_up_dmarc(self.domain, self.resolver)
        return replace(found, unauthorised=await unauthorised_reports(self.domain, found, self.resolver))

    async def _dane(self, mx: asyncio.Task[MxFacts]) -> DaneFacts:
        found = await asyncio.shield(mx)
        if found.status in ("timeout", "refused", "servfail"):
            return DaneFacts(status="unknown")
        return await look_up_dane(found, self.resolver)

    async def _ptr(self, mx: asyncio.Task[MxFacts]) -> tuple[PtrFacts, ...]:
        return await look_up_ptr(await asyncio.shield(mx), self.resolver)


async def within(seconds: float, work: Coroutine[Any, Any, T], late: T) -> T:
    """The result of some work, or `late` when the time is over."""
    try:
        async with asyncio.timeout(seconds):
            return await work
    except TimeoutError:
        return late


def dnssec_of(mx: MxFacts, soa: DnsAnswer) -> Dnssec:
    """Whether the domain's answers are protected; only a validating resolver that is trusted can tell."""
    if mx.bogus or soa.status == "bogus":
        return "bogus"
    known = [secure for secure in (mx.secure, soa.secure) if secure is not None]
    if not known:
        return "unknown"
    return "secure" if all(known) else "insecure"


def with_certificates(policies: MailPolicies, outcomes: Sequence[EndpointOutcome]) -> MailPolicies:
    """The same policies after the MX hosts were probed: DANE is compared with their certificates."""
    return replace(policies, dane=match_dane(policies.dane, outcomes, policies.domain))
