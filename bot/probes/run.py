"""One probe of one endpoint: the only place where a conversation meets a connection."""

from __future__ import annotations

from collections.abc import Callable

from bot.model.outcome import Endpoint, EndpointOutcome, Phase
from bot.ports import Clock, Network
from bot.probes.limits import INTERACTIVE, SCHEDULED, Limits

__all__ = ["INTERACTIVE", "SCHEDULED", "Limits", "OnPhase", "probe_endpoint", "wait_for_goodbyes"]

OnPhase = Callable[[Endpoint, Phase], None]


async def probe_endpoint(
    endpoint: Endpoint,
    network: Network,
    clock: Clock,
    limits: Limits,
    ehlo_name: str,
    on_phase: OnPhase | None = None,
) -> EndpointOutcome:
    """Probe one endpoint with at most two connections; never raises for what a server does.

    The outcome comes as soon as it is known; QUIT follows in the background, and its time is put into
    the outcome's `phases_ms["quit"]` when it is done (see `wait_for_goodbyes`).

    Args:
        endpoint: What to probe; its address is connected to exactly.
        network: Only `dialer` and `trust` are used.
        clock: Gives `checked_at` and the milliseconds.
        limits: `INTERACTIVE` when a person waits, `SCHEDULED` otherwise.
        ehlo_name: Our own name for EHLO.
        on_phase: Told each phase that worked, at once.
    """
    raise NotImplementedError


async def wait_for_goodbyes(timeout_s: float | None = None) -> None:
    """Wait until every probe of this event loop has said goodbye; after the time, cut them off.

    Args:
        timeout_s: None waits as long as each probe's own `quit_s`.
    """
    raise NotImplementedError
