"""Whether an address may send for a domain: check_host() of RFC 7208 (section 4).

The evaluator is pure but for one function that it is given: `Lookup`, which asks the DNS. All of the
RFC's limits hold: ten terms that cost lookups, two lookups that find nothing, ten names per mx and
ptr. A DNS failure is a "temperror", never an absence.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Awaitable, Callable
from typing import Literal

from bot.model.names import MAX_NAME, IPAddress, parse_address
from bot.model.value import field, frozen, mutable
from bot.ports import DnsAnswer
from bot.probes.spf_macros import Identity, expand, expand_domain, needs_validated_name
from bot.probes.spf_terms import Mechanism, SpfRecord, SpfSyntaxError, is_explanation, is_spf, parse_spf

Result = Literal["none", "neutral", "pass", "fail", "softfail", "temperror", "permerror"]
Lookup = Callable[[str, str], Awaitable[DnsAnswer]]

MAX_LOOKUPS = 10
MAX_VOID_LOOKUPS = 2
MAX_NAMES = 10  # MX or PTR records whose addresses are looked at

_BY_QUALIFIER: dict[str, Result] = {"+": "pass", "-": "fail", "~": "softfail", "?": "neutral"}
_ABSENT = ("nodata", "nxdomain")


@frozen(kw_only=True)
class SpfVerdict:
    """What check_host() says.

    Attributes:
        explanation: The domain's own words on a fail, if it publishes any.
        problem: For temperror and permerror what happened, for people who look closely.
    """

    result: Result
    explanation: str | None = None
    problem: str = ""
    lookups: int = 0


class _Stop(Exception):
    """Evaluation ends with an error."""

    def __init__(self, result: Literal["temperror", "permerror"], problem: str) -> None:
        super().__init__(problem)
        self.result = result
        self.problem = problem


@mutable
class _Budget:
    """What one whole evaluation, includes and all, may still spend."""

    lookups: int = 0
    void: int = 0

    def count_term(self) -> None:
        self.lookups += 1
        if self.lookups > MAX_LOOKUPS:
            raise _Stop("permerror", "more than 10 lookups")

    def count_void(self) -> None:
        self.void += 1
        if self.void > MAX_VOID_LOOKUPS:
            raise _Stop("permerror", "more than 2 lookups that found nothing")


async def check_host(
    client: IPAddress,
    domain: str,
    sender: str,
    helo: str,
    lookup: Lookup,
    *,
    receiver: str = "unknown",
    seconds: int = 0,
) -> SpfVerdict:
    """Evaluate the SPF policy of a domain.

    Args:
        client: Address of the sending host.
        domain: Whose record counts: the envelope sender's, or the HELO name when there is no sender.
        sender: Envelope sender; without a local part, "postmaster" stands in (section 4.3).
        lookup: Asks the DNS for (name, type); its answers keep absence and failure apart.
        seconds: Unix time for the macro %{t}.
    """
    local, at, sender_domain = sender.rpartition("@")
    identity = Identity(
        client=_unwrapped(client),
        sender=sender if at and local else f"postmaster@{sender_domain or domain}",
        helo=helo,
        receiver=receiver,
        seconds=seconds,
    )
    evaluation = _Evaluation(identity, lookup)
    try:
        if not _is_mail_domain(domain):
            return SpfVerdict(result="none", problem="not a domain")
        result, explanation = await evaluation.check(domain.removesuffix("."), initial=True)
    except _Stop as stop:
        return SpfVerdict(result=stop.result, problem=stop.problem, lookups=evaluation.budget.lookups)
    return SpfVerdict(result=result, explanation=explanation, lookups=evaluation.budget.lookups)


def _unwrapped(client: IPAddress) -> IPAddress:
    # An IPv4-mapped address is an IPv4 client (RFC 7208 section 5).
    mapped = client.ipv4_mapped if isinstance(client, ipaddress.IPv6Address) else None
    return mapped or client


def _is_mail_domain(domain: str) -> bool:
    return "." in domain.removesuffix(".") and parse_address(domain) is None and _can_be_asked(domain)


def _can_be_asked(name: str) -> bool:
    labels = name.removesuffix(".").split(".")
    return len(name) <= MAX_NAME and all(1 <= len(label.encode()) <= 63 for label in labels)


def select_record(answer: DnsAnswer) -> str | None:
    """The one SPF record among TXT records (RFC 7208 section 4.5).

    Raises:
        LookupError: There is more than one.
    """
    found = [text for text in answer.records if is_spf(text)]
    if len(found) > 1:
        raise LookupError("more than one SPF record")
    return found[0] if found else None


@mutable
class _Evaluation:
    identity: Identity
    lookup: Lookup
    budget: _Budget = field(default_factory=_Budget)
    _validated: tuple[str, ...] | None = None

    async def check(self, domain: str, *, initial: bool = False) -> tuple[Result, str | None]:
        """Result for a domain and, on fail, its explanation."""
        record = await self._record(domain)
        if record is None:
            return "none", None
        for mechanism in record.mechanisms:
            if await self._matches(mechanism, domain):
                result = _BY_QUALIFIER[mechanism.qualifier]
                wanted = result == "fail" and record.explanation is not None and initial
                return result, await self._explain(record, domain) if wanted else None
        if record.redirect is None:
            return "neutral", None
        return await self._redirect(record.redirect, domain, initial=initial)

    async def _redirect(self, domain_spec: str, domain: str, *, initial: bool) -> tuple[Result, str | None]:
        self.budget.count_term()
        target = await self._expand(domain_spec, domain)
        result, explanation = (
            await self.check(target, initial=initial) if _can_be_asked(target) else ("none", None)
        )
        if result == "none":
            raise _Stop("permerror", f"redirect to {target}, which has no SPF record")
        return result, explanation

    async def _record(self, domain: str) -> SpfRecord | None:
        answer = await self.lookup(domain, "TXT")
        if answer.status not in ("ok", *_ABSENT):
            raise _Stop("temperror", f"{answer.status} at {domain}")
        try:
            text = select_record(answer)
            return None if text is None else parse_spf(text)
        except LookupError as problem:
            raise _Stop("permerror", f"{problem} at {domain}") from problem
        except SpfSyntaxError as problem:
            raise _Stop("permerror", f"{problem} at {domain}") from problem

    async def _matches(self, mechanism: Mechanism, domain: str) -> bool:
        client = self.identity.client
        match mechanism.name:
            case "all":
                return True
            case "ip4" | "ip6":
                network = mechanism.network
                return network is not None and network.version == client.version and client in network
        self.budget.count_term()
        spec = mechanism.domain_spec
        target = await self._expand(spec, domain) if spec is not None else domain
        if not _can_be_asked(target) and mechanism.name != "include":
            return False
        match mechanism.name:
            case "include":
                return await self._includes(target)
            case "a":
                return self._within(await self._addresses(target), mechanism)
            case "mx":
                return await self._matches_mx(target, mechanism)
            case "ptr":
                ending = "." + target.lower()
                return any(("." + name).endswith(ending) for name in await self._validated_names())
        return bool((await self._ask(target, "A")).records)

    async def _includes(self, target: str) -> bool:
        result, _ = await self.check(target) if _can_be_asked(target) else ("none", None)
        if result == "none":
            raise _Stop("permerror", f"include of {target}, which has no SPF record")
        return result == "pass"

    async def _matches_mx(self, target: str, mechanism: Mechanism) -> bool:
        records = (await self._ask(target, "MX")).records
        if len(records) > MAX_NAMES:
            raise _Stop("permerror", f"more than 10 MX records at {target}")
        for record in records:
            host = record.split(" ")[-1].removesuffix(".")
            if host and _can_be_asked(host) and self._within(await self._addresses(host), mechanism):
                return True
        return False

    def _within(self, addresses: list[IPAddress], mechanism: Mechanism) -> bool:
        client = self.identity.client
        prefix = mechanism.prefix_v4 if client.version == 4 else mechanism.prefix_v6
        return any(client in ipaddress.ip_network((address, prefix), strict=False) for address in addresses)

    async def _addresses(self, name: str) -> list[IPAddress]:
        answer = await self._ask(name, "A" if self.identity.client.version == 4 else "AAAA")
        return [ipaddress.ip_address(record) for record in answer.records]

    async def _ask(self, name: str, kind: str) -> DnsAnswer:
        answer = await self.lookup(name, kind)
        if answer.status in _ABSENT:
            self.budget.count_void()
        elif answer.status != "ok":
            raise _Stop("temperror", f"{answer.status} at {name}")
        return answer

    async def _validated_names(self) -> tuple[str, ...]:
        """The client's names that point back to it (section 5.5). Failures here are no matches."""
        if self._validated is None:
            answer = await self.lookup(self.identity.client.reverse_pointer, "PTR")
            if answer.status in _ABSENT:
                self.budget.count_void()
            names = [record.removesuffix(".").lower() for record in answer.records[:MAX_NAMES]]
            self._validated = tuple([name for name in names if await self._points_back(name)])
        return self._validated

    async def _points_back(self, name: str) -> bool:
        if not _can_be_asked(name):
            return False
        answer = await self.lookup(name, "A" if self.identity.client.version == 4 else "AAAA")
        return any(ipaddress.ip_address(record) == self.identity.client for record in answer.records)

    async def _expand(self, template: str, domain: str) -> str:
        return expand_domain(template, self.identity.values(domain, await self._name_for(template, domain)))

    async def _name_for(self, template: str, domain: str) -> str:
        """What %{p} stands for: a validated name, best one within the domain (section 7.3)."""
        if not needs_validated_name(template):
            return "unknown"
        names = await self._validated_names()
        lowered = domain.lower()
        within = [name for name in names if name.endswith("." + lowered)]
        return next(iter([name for name in names if name == lowered] + within + list(names)), "unknown")

    async def _explain(self, record: SpfRecord, domain: str) -> str | None:
        """The domain's own words (section 6.2); whatever goes wrong, there are none."""
        try:
            target = await self._expand(record.explanation or "", domain)
            answer = await self.lookup(target, "TXT") if _can_be_asked(target) else DnsAnswer("nxdomain")
            if len(answer.records) != 1 or not is_explanation(answer.records[0]):
                return None
            text = answer.records[0]
            return expand(text, self.identity.values(domain, await self._name_for(text, domain)))
        except _Stop:
            return None
