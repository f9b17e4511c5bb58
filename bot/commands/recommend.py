"""What to type into a program for a host that was probed by name: only what was seen to work."""

from __future__ import annotations

from collections.abc import Sequence

from bot.model.discovery import SERVICES_OF_CLIENTS, Candidate, ClientService, sort_candidates
from bot.model.outcome import EndpointOutcome
from bot.model.verdict import Setting
from bot.probes.candidates import Look, Spot, judge_candidate

_SERVICES: dict[str, ClientService] = {"smtp": "submission", "imap": "imap", "pop3": "pop3"}


def recommended_from(outcomes: Sequence[EndpointOutcome]) -> dict[str, Setting | None]:
    """Per service the best port of the host, None where none was seen to work."""
    candidates = sort_candidates(_candidates(outcomes))
    best = {
        service: next((one for one in candidates if one.service == service and one.usable), None)
        for service in SERVICES_OF_CLIENTS
    }
    return {service: one.as_setting() if one else None for service, one in best.items()}


def _candidates(outcomes: Sequence[EndpointOutcome]) -> list[Candidate]:
    groups: dict[Spot, list[EndpointOutcome]] = {}
    for outcome in outcomes:
        service = _SERVICES.get(outcome.endpoint.service.protocol)
        if service is not None and outcome.endpoint.service.role != "delivery":
            spot = Spot(service, outcome.endpoint.host, outcome.endpoint.port)
            groups.setdefault(spot, []).append(outcome)
    return [judge_candidate(spot, (), Look(tuple(group))) for spot, group in groups.items()]
