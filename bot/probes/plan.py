"""Which endpoints a check looks at: ports and addresses, each judged against the target policy first.

Targets are input from strangers (see `bot/model/names.py`): an address that must not be probed is
refused before any packet, and one that a name leads to beside public ones is shown as forbidden.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Literal

from bot.errors import TargetRefused
from bot.model.names import IPAddress, IPNetwork, refusal
from bot.model.outcome import Endpoint, EndpointOutcome
from bot.model.services import DEFAULT_PORTS, MAIL_PORTS, service_for
from bot.model.target import Target
from bot.model.value import frozen

# More addresses than this of one family are left out: a check is a look, no survey.
MAX_ADDRESSES_PER_FAMILY = 4
MAX_PORTS = 16


@frozen
class PortPlan:
    """Ports to look at.

    Attributes:
        asked: Those that somebody named; empty when the usual ones are looked at.
    """

    ports: tuple[int, ...]
    asked: frozenset[int]


def plan_ports(target: Target, named: Sequence[int], extra: Collection[int]) -> PortPlan:
    """The ports of a check: those named, else the target's own, else the usual ones.

    Raises:
        TargetRefused: `port-refused` for a port that is no mail port; `too-many-ports`.
    """
    ports = tuple(dict.fromkeys((*((target.port,) if target.port is not None else ()), *named)))
    for port in ports:
        if port not in MAIL_PORTS and port not in extra:
            raise TargetRefused("port-refused", port=port)
    if len(ports) > MAX_PORTS:
        raise TargetRefused("too-many-ports", count=len(ports), limit=MAX_PORTS)
    return PortPlan(ports or DEFAULT_PORTS, frozenset(ports))


def refuse_forbidden(name: str, address: IPAddress, allowed: Iterable[IPNetwork]) -> None:
    """Let an address through that may be probed.

    Raises:
        TargetRefused: `target-forbidden`.
    """
    why = refusal(address, allowed)
    if why is not None:
        raise TargetRefused("target-forbidden", target=name, why=why)


def plan_endpoints(host: str, addresses: Iterable[IPAddress], ports: Iterable[int]) -> tuple[Endpoint, ...]:
    """Every port at every address, up to `MAX_ADDRESSES_PER_FAMILY` of each family, IPv4 first."""
    chosen = list(dict.fromkeys(addresses))
    by_family = [
        [address for address in chosen if address.version == version][:MAX_ADDRESSES_PER_FAMILY]
        for version in (4, 6)
    ]
    return tuple(
        Endpoint(host=host, address=str(address), family=family_of(address), service=service_for(port))
        for port in ports
        for family in by_family
        for address in family
    )


def family_of(address: IPAddress) -> Literal[4, 6]:
    """4 or 6."""
    return 4 if address.version == 4 else 6


def forbidden_outcomes(
    host: str, refused: Iterable[tuple[IPAddress, str]], ports: Iterable[int], at: datetime
) -> tuple[EndpointOutcome, ...]:
    """Outcomes of endpoints that were not touched because their address must not be probed."""
    plan = plan_endpoints(host, [address for address, _ in refused], ports)
    return tuple(
        EndpointOutcome(endpoint=endpoint, checked_at=at, state="forbidden", state_reason="forbidden")
        for endpoint in plan
    )
