"""DNS with a deadline, several resolvers, and six outcomes that are never mixed up.

How one question goes:

1. The first resolver is asked. Whoever stays silent is not dropped: after a short wait the next one
   is asked as well, and the first usable answer wins. At most six attempts, all within `lifetime`.
2. SERVFAIL from one resolver lets the next have its say.
3. SERVFAIL that stays may hide a broken signature or a CNAME that goes in circles. Extended errors
   (RFC 8914) tell; where a resolver does not send them, the same question with checking disabled
   does: data that exist and are only withheld are bogus.
4. A chain that the resolver left unfinished is followed here.
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from adapters.net.nameservers import Nameservers, Server
from bot.model.names import IPAddress, parse_address, refusal
from bot.model.value import replace
from bot.ports import Addresses, DnsAnswer

if TYPE_CHECKING:
    from bot.settings import Settings

LIFETIME_S = 4.0
MAX_CHAIN = 10
ROUNDS = 3
MAX_ATTEMPTS = 6
# Share of the time that is kept back, so that a failure whose reason is not found is still told.
SPARE = 0.1
# How long each further attempt waits for those before it: a resolver that has to ask around takes
# its time, so patience grows.
STAGGER_S = (0.7, 1.0, 1.3)
# Sockets open at once; sweeps of thousands of targets queue here instead of running out of files.
MAX_AT_ONCE = 200

_LOCALHOST = (ipaddress.IPv4Address("127.0.0.1"), ipaddress.IPv6Address("::1"))


class DnsResolver:
    """The Resolver port, on dnspython's messages."""

    def __init__(self, settings: Settings, *, nameservers: Nameservers | None = None) -> None:
        self._nameservers = nameservers or Nameservers(settings.dns_servers)
        self._trust_ad = settings.dns_trust_ad
        self._allowed = settings.allowed_networks
        self._room = asyncio.Semaphore(MAX_AT_ONCE)

    async def query(self, name: str, kind: str, *, lifetime: float | None = None) -> DnsAnswer:
        """Ask for records of a type.

        Args:
            name: Dotted name, with or without the last dot; never completed with a search list.
            kind: Such as "MX".
            lifetime: Seconds until the answer is "timeout"; 4 when not given.
        """
        known = self._known(name.lower().removesuffix("."), kind)
        if known is not None:
            return known
        seconds = LIFETIME_S if lifetime is None else lifetime
        try:
            async with asyncio.timeout(seconds) as limit, self._room:
                return await self._follow(name, kind, (limit.when() or 0.0) - seconds * SPARE)
        except TimeoutError:
            return DnsAnswer("timeout", canonical=name, detail="no answer in time")

    async def addresses(self, name: str, *, lifetime: float | None = None) -> Addresses:
        """A and AAAA at once, split by the target policy. An address literal is its own answer."""
        v4, v6 = await asyncio.gather(
            self.query(name, "A", lifetime=lifetime), self.query(name, "AAAA", lifetime=lifetime)
        )
        found = [ipaddress.ip_address(record) for record in dict.fromkeys((*v4.records, *v6.records))]
        judged = [(address, refusal(address, self._allowed)) for address in found]
        return Addresses(
            allowed=tuple(address for address, why in judged if why is None),
            refused=tuple((address, why) for address, why in judged if why is not None),
            v4=v4,
            v6=v6,
        )

    async def reverse(self, address: IPAddress) -> DnsAnswer:
        """PTR of an address."""
        return await self.query(address.reverse_pointer, "PTR")

    def _known(self, name: str, kind: str) -> DnsAnswer | None:
        """What needs no question: address literals, localhost (RFC 6761), the hosts file."""
        literal = parse_address(name)
        if literal is not None:
            return _local((literal,), name, kind)
        if name == "localhost" or name.endswith(".localhost"):
            return _local(_LOCALHOST, name, kind)
        listed = self._nameservers.addresses_of(name) if kind in ("A", "AAAA") else ()
        return _local(listed, name, kind) if listed else None

    async def _follow(self, name: str, kind: str, until: float) -> DnsAnswer:
        """Ask, and go on where a chain was left unfinished.

        Args:
            until: Loop time at which looking for the reason of a failure ends.
        """
        seen: set[str] = set()
        asked = name
        while asked not in seen and len(seen) < MAX_CHAIN:
            seen.add(asked)
            answer, chain = await self._ask(asked, kind)
            if answer.status == "servfail" and not answer.cname_loop:
                answer, chain = await self._explain(asked, kind, answer, until)
            if chain != "unfinished":
                return answer
            asked = answer.canonical
        return DnsAnswer("servfail", canonical=asked, cname_loop=True, detail="cname-loop")

    async def _explain(self, name: str, kind: str, failed: DnsAnswer, until: float) -> tuple[DnsAnswer, str]:
        """The reason of a failure that came without one; the failure itself when there is no time."""
        with suppress(TimeoutError):
            async with asyncio.timeout_at(until):
                unchecked, _ = await self._ask(name, kind, checking_disabled=True)
                if unchecked.status in ("ok", "nodata", "nxdomain"):
                    return await self._bogus_or_mended(name, kind, failed)
                return replace(failed, cname_loop=await self._goes_in_circles(name, kind)), "complete"
        return failed, "complete"

    async def _bogus_or_mended(self, name: str, kind: str, failed: DnsAnswer) -> tuple[DnsAnswer, str]:
        # Data that come only with checking disabled are bogus, unless the failure was a passing one.
        again, chain = await self._ask(name, kind)
        if again.status == "servfail":
            return replace(failed, status="bogus"), "complete"
        return again, chain

    async def _goes_in_circles(self, name: str, kind: str) -> bool:
        """Whether a chain of aliases ends nowhere: resolvers only say SERVFAIL of one."""
        if kind == "CNAME":
            return False
        seen: set[str] = set()
        while name not in seen and len(seen) < MAX_CHAIN:
            seen.add(name)
            answer, _ = await self._ask(name, "CNAME")
            if not answer.records:
                return False
            name = answer.records[0].rstrip(".").lower()
        return True

    async def _ask(self, name: str, kind: str, *, checking_disabled: bool = False) -> tuple[DnsAnswer, str]:
        """The best answer that any resolver gave.

        Silence of all is "timeout": with something to say, they would have said it.
        """
        from adapters.net.dns_answer import answer_from, name_of
        from adapters.net.dns_exchange import NoReply, exchange, make_query

        wire_name = name_of(name)
        if wire_name is None:
            return DnsAnswer("refused", canonical=name, detail="not a name"), "complete"

        async def attempt(server: Server) -> tuple[DnsAnswer, str] | None:
            try:
                query = make_query(wire_name, kind, checking_disabled=checking_disabled)
                return answer_from(await exchange(query, server), trust_ad=self._trust_ad)
            except NoReply:
                return None

        best = await _first_usable(attempt, self._nameservers.servers())
        return best or (DnsAnswer("timeout", canonical=name, detail="no resolver answered"), "complete")


async def _first_usable(
    attempt: Callable[[Server], Awaitable[tuple[DnsAnswer, str] | None]], servers: tuple[Server, ...]
) -> tuple[DnsAnswer, str] | None:
    """The first usable answer, else a failure that some server told, else None: all were silent."""
    plan = deque((servers * ROUNDS)[:MAX_ATTEMPTS])
    running: dict[asyncio.Task[tuple[DnsAnswer, str] | None], Server] = {}
    failure: tuple[DnsAnswer, str] | None = None
    patience = iter((*STAGGER_S, *[STAGGER_S[-1]] * MAX_ATTEMPTS))
    try:
        while plan or running:
            if plan:
                server = plan.popleft()
                running[asyncio.ensure_future(attempt(server))] = server
            wait_s = next(patience) if plan else None
            done, _ = await asyncio.wait(running, timeout=wait_s, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                server, result = running.pop(task), task.result()
                if result is not None and result[0].status not in ("servfail", "refused"):
                    return result
                if result is not None:
                    failure = failure or result
                    plan = deque(other for other in plan if other != server)
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
    return failure


def _local(addresses: tuple[IPAddress, ...], name: str, kind: str) -> DnsAnswer:
    version = {"A": 4, "AAAA": 6}.get(kind)
    records = tuple(str(address) for address in addresses if address.version == version)
    return DnsAnswer("ok" if records else "nodata", records=records, canonical=name, detail="local")
