"""A resolver that is a plain table of records, for everything that only needs answers."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Mapping, Sequence
from typing import cast

from bot.model.names import IPAddress, IPNetwork, parse_address, refusal
from bot.ports import Addresses, DnsAnswer, DnsStatus

# Record type to records; the key "status" makes every question for the name fail in that way.
Records = Mapping[str, Sequence[str] | str]
MAX_CHAIN = 8


class ZoneTable:
    """Implements the Resolver port from `{name: {type: [records]}}`.

    Attributes:
        asked: Every (name, type) that was asked, in order.
    """

    def __init__(
        self,
        table: Mapping[str, Records],
        *,
        secure: bool | None = None,
        insecure: Sequence[str] = (),
        allowed: Sequence[IPNetwork] = (),
        delay_s: float = 0.0,
    ) -> None:
        self._table = {name.lower(): records for name, records in table.items()}
        self._secure = secure
        self._insecure = frozenset(insecure)
        self._allowed = tuple(allowed)
        self._delay_s = delay_s
        self.asked: list[tuple[str, str]] = []

    async def query(self, name: str, kind: str, *, lifetime: float | None = None) -> DnsAnswer:
        """What the table says."""
        self.asked.append((name, kind))
        if self._delay_s:
            await asyncio.sleep(self._delay_s)
        literal = parse_address(name)
        if literal is not None:
            same = {4: "A", 6: "AAAA"}[literal.version] == kind
            return DnsAnswer("ok" if same else "nodata", records=(str(literal),) if same else ())
        return self._follow(name.lower().removesuffix("."), kind)

    def _follow(self, name: str, kind: str) -> DnsAnswer:
        for _ in range(MAX_CHAIN):
            records = self._table.get(name)
            secure = None if self._secure is None else self._secure and name not in self._insecure
            if records is None:
                beneath = any(other.endswith("." + name) for other in self._table)
                return DnsAnswer("nodata" if beneath else "nxdomain", canonical=name, secure=secure)
            failure = records.get(f"status:{kind}", records.get("status"))
            if failure is not None:
                return DnsAnswer(cast(DnsStatus, failure), canonical=name)
            if kind != "CNAME" and "CNAME" in records:
                name = records["CNAME"][0].lower().removesuffix(".")
                continue
            found = tuple(records.get(kind, ()))
            return DnsAnswer("ok" if found else "nodata", records=found, canonical=name, secure=secure)
        return DnsAnswer("servfail", canonical=name, cname_loop=True)

    async def addresses(self, name: str, *, lifetime: float | None = None) -> Addresses:
        """A and AAAA, split by the target policy."""
        v4, v6 = await asyncio.gather(self.query(name, "A"), self.query(name, "AAAA"))
        judged = [
            (address, refusal(address, self._allowed))
            for address in (ipaddress.ip_address(record) for record in (*v4.records, *v6.records))
        ]
        return Addresses(
            allowed=tuple(address for address, why in judged if why is None),
            refused=tuple((address, why) for address, why in judged if why is not None),
            v4=v4,
            v6=v6,
        )

    async def reverse(self, address: IPAddress) -> DnsAnswer:
        """PTR from the table."""
        return await self.query(address.reverse_pointer, "PTR")
