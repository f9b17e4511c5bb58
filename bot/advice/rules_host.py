"""Rules that compare the endpoints of one host with each other: addresses, ports, families."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence

from bot.advice.findings import find
from bot.advice.rules_tls import lacks_tls
from bot.advice.situation import PROTOCOL_NAMES, Situation, about, by_policy, is_delivery, listed
from bot.model.outcome import EndpointOutcome
from bot.model.verdict import Finding, Severity

Outcomes = Sequence[EndpointOutcome]
HostRule = Callable[[Outcomes, Situation], Iterator[Finding]]


def closed_ports(outcomes: Outcomes, situation: Situation) -> Iterator[Finding]:
    """Ports that refused or dropped, though somebody asked for them or another address has them open.

    Who connects takes either address of a name; a port that is closed on all of them is just a fact.
    """
    for port, group in _by_port(outcomes).items():
        works = any(outcome.state == "open" for outcome in group)
        if port not in situation.asked and not works:
            continue
        for outcome in group:
            if outcome.state == "refused" and not _v6_beside_v4(outcome, group):
                yield about("port-refused", outcome, "warning" if works else "critical")
            elif outcome.state == "filtered" and not _v6_beside_v4(outcome, group):
                yield about("port-filtered", outcome)
            elif outcome.state == "unreachable" and "no-route-here" not in outcome.signs and not works:
                yield about("host-unreachable", outcome, "warning", ports=port)


def _v6_beside_v4(outcome: EndpointOutcome, group: Outcomes) -> bool:
    """Whether `broken_ipv6` tells it already: the same port works over IPv4."""
    return outcome.endpoint.family == 6 and any(
        other.endpoint.family == 4 and other.state == "open" for other in group
    )


def silent_port_25(outcomes: Outcomes, situation: Situation) -> Iterator[Finding]:
    """Port 25 dropped on every address although other ports answer: often the network *we* are in."""
    group = [outcome for outcome in outcomes if outcome.endpoint.port == 25 and not _no_route(outcome)]
    others = [outcome for outcome in outcomes if outcome.endpoint.port != 25 and outcome.state == "open"]
    if 25 in situation.asked or not group or not others:
        return
    if all(outcome.state == "filtered" for outcome in group):
        submits = any(outcome.endpoint.service.protocol == "smtp" for outcome in others)
        for outcome in group:
            yield about("port-filtered", outcome, "warning" if submits else "info")


def nothing_open(outcomes: Outcomes, situation: Situation) -> Iterator[Finding]:
    """No port of the host took a connection."""
    tried = [outcome for outcome in outcomes if outcome.state != "forbidden" and not _no_route(outcome)]
    if situation.asked or not tried or any(outcome.state == "open" for outcome in tried):
        return
    host = tried[0].endpoint.host
    ports = listed(dict.fromkeys(outcome.endpoint.port for outcome in tried), limit=12)
    refused = all(outcome.state == "refused" for outcome in tried)
    yield find(
        "port-refused" if refused else "host-unreachable",
        host,
        endpoints=_pairs(tried),
        host=host,
        port=ports,
        ports=ports,
        address=_addresses(tried),
    )


def broken_ipv6(outcomes: Outcomes, _: Situation) -> Iterator[Finding]:
    """The name has an IPv6 address that does not do what the IPv4 one does (RFC 5321 section 5.2)."""
    broken = [
        outcome
        for group in _by_port(outcomes).values()
        for outcome in group
        if outcome.state in ("refused", "filtered", "unreachable")
        and not _no_route(outcome)
        and _v6_beside_v4(outcome, group)
    ]
    if broken:
        host = broken[0].endpoint.host
        ports = listed(sorted({outcome.endpoint.port for outcome in broken}), limit=12)
        yield find(
            "ipv6-broken", host, endpoints=_pairs(broken), host=host, ports=ports, address=_addresses(broken)
        )


def unequal_starttls(outcomes: Outcomes, situation: Situation) -> Iterator[Finding]:
    """STARTTLS on one address of a port and not on another: stripped on the way, or set up unequally."""
    for group in _by_port(outcomes).values():
        offering = [outcome for outcome in group if outcome.tls == "starttls"]
        for outcome in group:
            if offering and lacks_tls(outcome) and "starttls-stripped" not in outcome.signs:
                yield about("starttls-stripped", outcome, by_policy(outcome, situation, without="warning"))


def no_encryption(outcomes: Outcomes, _: Situation) -> Iterator[Finding]:
    """A protocol for people whose every open port was seen to offer no TLS (RFC 8314 section 4.1)."""
    groups: dict[str, list[EndpointOutcome]] = defaultdict(list)
    for outcome in outcomes:
        if outcome.state == "open" and not is_delivery(outcome):
            groups[outcome.endpoint.service.protocol].append(outcome)
    for protocol, group in groups.items():
        if all(lacks_tls(outcome) for outcome in group):
            host = group[0].endpoint.host
            ports = listed(sorted({outcome.endpoint.port for outcome in group}))
            yield find(
                "no-encryption",
                host,
                endpoints=_pairs(group),
                host=host,
                ports=ports,
                protocol=PROTOCOL_NAMES[protocol],
            )


def forbidden_beside(outcomes: Outcomes, _: Situation) -> Iterator[Finding]:
    """The name also leads to an address that is not public."""
    found = [outcome for outcome in outcomes if outcome.state == "forbidden"]
    if found:
        host = found[0].endpoint.host
        severity: Severity = "warning"
        yield find(
            "target-forbidden", host, severity, endpoints=_pairs(found), host=host, address=_addresses(found)
        )


def _no_route(outcome: EndpointOutcome) -> bool:
    return "no-route-here" in outcome.signs


def _by_port(outcomes: Outcomes) -> Mapping[int, list[EndpointOutcome]]:
    groups: dict[int, list[EndpointOutcome]] = defaultdict(list)
    for outcome in outcomes:
        groups[outcome.endpoint.port].append(outcome)
    return groups


def _pairs(outcomes: Outcomes) -> tuple[tuple[str, int], ...]:
    return tuple((outcome.endpoint.address, outcome.endpoint.port) for outcome in outcomes)


def _addresses(outcomes: Outcomes) -> str:
    return listed(dict.fromkeys(outcome.endpoint.address for outcome in outcomes))


HOST_RULES: tuple[HostRule, ...] = (
    closed_ports,
    silent_port_25,
    nothing_open,
    broken_ipv6,
    unequal_starttls,
    no_encryption,
    forbidden_beside,
)
