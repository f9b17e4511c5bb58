"""Which targets may be watched: refused at once are ports and addresses that must not be probed.

A name is looked up before it is taken. One that leads only to private addresses is refused, and
everybody in the channel may see that; a resolver that is silent holds nobody up: the watch is taken.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from bot.errors import MailportError, TargetRefused
from bot.model.target import Target, parse_target
from bot.model.value import frozen
from bot.ports import Resolver, Tools
from bot.probes.plan import plan_ports, refuse_forbidden
from bot.watches.watch import Draft

DNS_S = 3.0
AT_ONCE = 32


@frozen
class Refused:
    """A target that is not taken.

    Attributes:
        by_dns: Found out by asking the DNS; the words themselves were harmless.
    """

    target: str
    problem: MailportError
    by_dns: bool = False


@frozen
class Admitted:
    """What may be watched, what may not, and names that the DNS does not know at the moment."""

    drafts: tuple[Draft, ...]
    refused: tuple[Refused, ...]
    unknown: tuple[str, ...]


async def admit(drafts: Sequence[Draft], tools: Tools) -> Admitted:
    """Sort out what may be watched; the DNS is asked for all names at once."""
    gate = asyncio.Semaphore(AT_ONCE)
    refused: list[Refused] = []
    unknown: list[str] = []

    async def decide(draft: Draft) -> Draft | None:
        target = parse_target(draft.target)
        try:
            plan_ports(target, (), tools.settings.extra_ports)
            if target.address is not None:
                refuse_forbidden(draft.target, target.address, tools.settings.allowed_networks)
                return draft
        except MailportError as problem:
            refused.append(Refused(draft.target, problem))
            return None
        async with gate:
            try:
                if not await _known(target, tools.network().resolver):
                    unknown.append(draft.target)
            except TargetRefused as problem:
                refused.append(Refused(draft.target, problem, by_dns=True))
                return None
        return draft

    decided = await asyncio.gather(*map(decide, drafts))
    kept = tuple(draft for draft in decided if draft is not None)
    return Admitted(kept, tuple(refused), tuple(unknown))


async def _known(target: Target, resolver: Resolver) -> bool:
    """Whether the DNS knows the name.

    Raises:
        TargetRefused: It has addresses, but none that may be probed, and no MX record either.
    """
    addresses = await resolver.addresses(target.name, lifetime=DNS_S)
    if addresses.allowed:
        return True
    mx = await resolver.query(target.name, "MX", lifetime=DNS_S) if target.port is None else None
    if mx is not None and mx.records:
        return True
    if addresses.refused:
        address, why = addresses.refused[0]
        raise TargetRefused("target-forbidden", target=f"{target.name} ({address})", why=why)
    return not (addresses.v4.status == "nxdomain" and addresses.v6.status == "nxdomain")
