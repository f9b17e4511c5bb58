"""A domain's SPF policy as a whole: is it one, is it valid, what does it cost, how does it end?

Unlike `spf.check_host`, which judges one sender, this follows every include and redirect, since some
sender will need each of them. Receivers give up beyond ten lookups (RFC 7208 section 4.6.4), so that
the count of the whole tree is what a domain's owner has to watch.
"""

from __future__ import annotations

import asyncio

from bot.model.mail_policies import SpfFacts, SpfStatus
from bot.model.value import field, mutable
from bot.ports import DnsAnswer
from bot.probes.dns_texts import absence
from bot.probes.spf import MAX_LOOKUPS, MAX_VOID_LOOKUPS, Lookup
from bot.probes.spf_macros import has_macros
from bot.probes.spf_terms import COSTLY, Mechanism, SpfRecord, SpfSyntaxError, is_spf, parse_spf

# How far the tree is read once it is too large anyway: enough to tell a number, bounded for politeness.
MAX_RECORDS = 25
_WIDE = 8  # a network of this many bits or fewer is not one sender's


class _Broken(Exception):
    def __init__(self, status: SpfStatus, problem: str, at: str, term: str = "", position: int = 0) -> None:
        super().__init__(problem)
        self.facts = SpfFacts(status=status, problem=problem, at=at, term=term, position=position)


async def survey_spf(
    domain: str, lookup: Lookup, answer: DnsAnswer | None = None, *, until: float | None = None
) -> SpfFacts:
    """Look at the policy of a domain.

    Args:
        answer: The domain's TXT records, when they were asked for already.
        until: Loop time at which includes are left unread: the domain's own record is kept then.
    """
    texts = answer or await lookup(domain, "TXT")
    records = tuple(text for text in texts.records if is_spf(text))
    if not records:
        return SpfFacts(status=absence(texts), problem=texts.detail if texts.status != "ok" else "")
    if len(records) > 1:
        return SpfFacts(status="multiple", records=records)
    survey = _Survey(lookup)
    try:
        own = _parse(records[0], domain)
        async with asyncio.timeout_at(until):
            ends_with = await survey.walk(own, domain)
    except TimeoutError:
        return SpfFacts(status="timeout", records=records, all=_ends_with(records[0]))
    except _Broken as broken:
        found = broken.facts
        return SpfFacts(
            status=found.status,
            records=records,
            problem=found.problem,
            term=found.term,
            position=found.position,
            at=found.at,
            all=_ends_with(records[0]),
        )
    return survey.facts(records, own, ends_with)


def _parse(text: str, domain: str) -> SpfRecord:
    try:
        return parse_spf(text)
    except SpfSyntaxError as problem:
        raise _Broken("invalid", problem.why, domain, problem.term, problem.position) from problem


def _ends_with(text: str) -> str | None:
    """The `all` of a record that could not be read as a whole."""
    words = [word.lower() for word in text.split(" ") if word.lower().lstrip("+-~?") == "all"]
    return (words[0] if words[0][0] in "+-~?" else "+all") if words else None


def own_all(record: SpfRecord) -> str | None:
    """The record's own `all`, such as "-all"."""
    return next((f"{one.qualifier}all" for one in record.mechanisms if one.name == "all"), None)


@mutable
class _Survey:
    lookup: Lookup
    lookups: int = 0
    void: list[str] = field(default_factory=list)
    read: int = 0
    permissive: list[str] = field(default_factory=list)
    notes: set[str] = field(default_factory=set)

    async def walk(self, record: SpfRecord, domain: str, path: tuple[str, ...] = ()) -> str | None:
        """Follow everything; gives what the record ends with."""
        reached = _reachable(record)
        self.lookups += sum(one.name in COSTLY for one in reached)
        self._note(reached)
        included = [one.domain_spec for one in reached if one.name == "include" and one.domain_spec]
        steps = [self._step("include", target, domain, path) for target in included]
        steps += [self._probe_void(one, domain) for one in reached if one.name in ("a", "mx", "exists")]
        redirect = record.redirect if own_all(record) is None else None
        if redirect is not None:
            self.lookups += 1
            steps.append(self._step("redirect", redirect, domain, path))
        ends = await asyncio.gather(*steps, return_exceptions=True)
        for end in ends:
            if isinstance(end, BaseException):
                raise end
        last = ends[-1] if redirect is not None else own_all(record)
        return last if isinstance(last, str) else None

    async def _step(self, kind: str, target: str, domain: str, path: tuple[str, ...]) -> str | None:
        name = target.lower().removesuffix(".")
        if has_macros(target):
            self.notes.add("macros")
            return None
        if name in (*path, domain):
            raise _Broken("invalid", f"{kind}-loop", domain, f"{kind}:{target}")
        if self.lookups > MAX_LOOKUPS or self.read >= MAX_RECORDS:
            return None
        self.read += 1
        answer = await self.lookup(name, "TXT")
        records = [text for text in answer.records if is_spf(text)]
        if not records and absence(answer) != "none":
            raise _Broken(absence(answer), f"{kind}-{absence(answer)}", domain, f"{kind}:{target}")
        if len(records) != 1:
            problem = f"{kind}-multiple" if records else f"{kind}-none"
            raise _Broken("invalid", problem, domain, f"{kind}:{target}")
        return await self.walk(_parse(records[0], name), name, (*path, domain))

    async def _probe_void(self, mechanism: Mechanism, domain: str) -> None:
        """Whether a name in the record leads nowhere (a void lookup)."""
        spec = mechanism.domain_spec or domain
        if has_macros(spec) or self.lookups > MAX_LOOKUPS:
            return
        name = spec.removesuffix(".")
        if mechanism.name == "mx":
            answers = [await self.lookup(name, "MX")]
        else:
            kinds = ("A", "AAAA") if mechanism.name == "a" else ("A",)
            answers = await asyncio.gather(*(self.lookup(name, kind) for kind in kinds))
        if all(answer.status in ("nodata", "nxdomain") for answer in answers):
            self.void.append(name)

    def _note(self, mechanisms: list[Mechanism]) -> None:
        for one in mechanisms:
            if one.name == "ptr":
                self.notes.add("ptr")
            if one.network is not None and one.network.prefixlen <= _WIDE and one.qualifier == "+":
                self.permissive.append(f"{one.name}:{one.network}")

    def facts(self, records: tuple[str, ...], own: SpfRecord, ends_with: str | None) -> SpfFacts:
        too_many = self.lookups > MAX_LOOKUPS or len(self.void) > MAX_VOID_LOOKUPS
        if own_all(own) is None and own.redirect is None:
            self.notes.add("no-all")
        if own_all(own) is not None and own.redirect is not None:
            self.notes.add("redirect-ignored")
        if ends_with == "+all":
            self.permissive.insert(0, "+all")
        return SpfFacts(
            status="too-many-lookups" if too_many else "ok",
            records=records,
            lookups=self.lookups,
            void_lookups=len(self.void),
            all=ends_with,
            permissive=tuple(dict.fromkeys(self.permissive)),
            problem="void-lookups" if self.lookups <= MAX_LOOKUPS and too_many else "",
            term=", ".join(self.void[:5]),
            notes=tuple(sorted(self.notes)),
        )


def _reachable(record: SpfRecord) -> list[Mechanism]:
    """Mechanisms up to `all`: what comes after it is never looked at."""
    reached: list[Mechanism] = []
    for mechanism in record.mechanisms:
        reached.append(mechanism)
        if mechanism.name == "all":
            break
    return reached
