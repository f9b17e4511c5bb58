"""What it means for the findings that our own network drops a port."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bot.advice.findings import find
from bot.advice.situation import listed
from bot.model.outcome import EndpointOutcome
from bot.model.uplink import Uplink
from bot.model.verdict import Finding

# They blame the server for what our network did.
_UNJUST = frozenset({"port-filtered", "mx-host-down", "host-unreachable", "ipv6-broken"})


def with_uplinks(
    findings: Iterable[Finding], outcomes: Sequence[EndpointOutcome], uplinks: Sequence[Uplink]
) -> tuple[Finding, ...]:
    """The findings without those that our own network caused, with one that says so instead."""
    blocked = {(one.port, one.family) for one in uplinks if one.blame == "network-blocks"}
    if not blocked:
        return tuple(findings)
    ours = [
        outcome
        for outcome in outcomes
        if outcome.state == "filtered" and (outcome.endpoint.port, outcome.endpoint.family) in blocked
    ]
    pairs = {(outcome.endpoint.address, outcome.endpoint.port) for outcome in ours}
    kept = [
        one for one in findings if not (one.id in _UNJUST and one.endpoints and set(one.endpoints) <= pairs)
    ]
    at_25 = [outcome for outcome in ours if outcome.endpoint.port == 25]
    if at_25:
        hosts = dict.fromkeys(outcome.endpoint.host for outcome in at_25)
        kept.append(
            find(
                "egress-25-blocked",
                f"{next(iter(hosts))}:25",
                endpoints=[(outcome.endpoint.address, 25) for outcome in at_25],
                host=listed(hosts),
                port=25,
            )
        )
    return tuple(kept)


def reasons_with(reasons: Iterable[str], uplinks: Sequence[Uplink]) -> tuple[str, ...]:
    """Why nothing could be told, with whose doing the silence is instead of plain "no answer"."""
    known = [one for one in uplinks if one.blame != "cannot-tell"]
    if not known:
        return tuple(reasons)
    told: list[str] = []
    for reason in reasons:
        told += [f"filtered-{one.blame}" for one in known] if reason == "filtered" else [reason]
    return tuple(dict.fromkeys(told))
