"""Many endpoints at once: what is known by the deadline survives, and a slow audience holds up nothing."""

from __future__ import annotations

import asyncio
from typing import cast

import pytest

from adapters.net.clock import SystemClock
from bot.model.outcome import Endpoint, EndpointOutcome
from bot.model.value import replace
from bot.ports import Dialer, Fetcher, Network, Resolver, TrustStore
from bot.probes import together
from bot.probes.budget import Budget
from bot.probes.limits import INTERACTIVE
from bot.probes.together import Manner, Step, probe_together
from tests.support.outcomes import endpoint, good

NETWORK = Network(cast(Dialer, None), cast(Resolver, None), cast(Fetcher, None), cast(TrustStore, None))


def manner(total_s: float = 5.0, per_address: int = 8) -> Manner:
    limits = replace(INTERACTIVE, total_s=total_s)
    return Manner(limits=limits, per_address=per_address, budget=Budget(), ehlo_name="probe.example.org")


class _Probe:
    """Stands in for `probe_endpoint`: ports in `slow` never end, ports in `broken` raise."""

    def __init__(self, slow: set[int] | None = None, broken: set[int] | None = None) -> None:
        self.slow, self.broken = slow or set(), broken or set()
        self.running = self.most = self.ended = 0

    async def __call__(self, place: Endpoint, *rest: object) -> EndpointOutcome:
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            rest[-1](place, "connect")  # type: ignore[operator]  # on_phase
            if place.port in self.slow:
                await asyncio.sleep(60)
            await asyncio.sleep(0.01)
            if place.port in self.broken:
                raise RuntimeError("a bug of ours")
            return good(place.port, place.address)
        finally:
            self.running -= 1
            self.ended += 1


async def _quiet(_: Step) -> None:
    """Nobody watches."""


async def test_outcomes_come_in_the_order_of_the_endpoints(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(together, "probe_endpoint", _Probe())
    places = [endpoint(port) for port in (993, 25, 465)]
    outcomes = await probe_together(places, NETWORK, SystemClock(), manner(), _quiet)
    assert [outcome.endpoint.port for outcome in outcomes] == [993, 25, 465]


async def test_the_deadline_keeps_what_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    probe = _Probe(slow={25})
    monkeypatch.setattr(together, "probe_endpoint", probe)
    monkeypatch.setattr(together, "GRACE_S", 0.0)
    places = [endpoint(25), endpoint(465)]
    cut, known = await probe_together(places, NETWORK, SystemClock(), manner(0.2), _quiet)
    assert (cut.state, cut.reached) == ("open", "connect")
    assert cut.signs == frozenset({"deadline"})
    assert known.tls == "implicit"
    assert probe.running == 0


async def test_cancelling_stops_every_probe(monkeypatch: pytest.MonkeyPatch) -> None:
    probe = _Probe(slow={25, 465})
    monkeypatch.setattr(together, "probe_endpoint", probe)
    running = asyncio.create_task(
        probe_together([endpoint(25), endpoint(465)], NETWORK, SystemClock(), manner(), _quiet)
    )
    await asyncio.sleep(0.02)
    assert probe.running == 2
    running.cancel()
    await asyncio.wait({running})
    assert probe.running == 0


async def test_a_bug_in_one_probe_is_not_hidden_and_stops_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    probe = _Probe(slow={25}, broken={465})
    monkeypatch.setattr(together, "probe_endpoint", probe)
    with pytest.raises(RuntimeError, match="a bug of ours"):
        await probe_together([endpoint(25), endpoint(465)], NETWORK, SystemClock(), manner(), _quiet)
    assert probe.running == 0


async def test_a_scheduled_run_is_gentler(monkeypatch: pytest.MonkeyPatch) -> None:
    probe = _Probe()
    monkeypatch.setattr(together, "probe_endpoint", probe)
    places = [endpoint(port) for port in (25, 465, 587, 143, 993, 110, 995)]
    await probe_together(places, NETWORK, SystemClock(), manner(per_address=3), _quiet)
    assert probe.most == 3


async def test_a_slow_or_broken_audience_holds_up_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(together, "probe_endpoint", _Probe())
    told: list[Step] = []

    async def slow(step: Step) -> None:
        told.append(step)
        if len(told) == 1:
            raise ConnectionError("the platform is down")
        await asyncio.sleep(30)

    places = [endpoint(port) for port in (25, 465, 587)]
    async with asyncio.timeout(5):
        await probe_together(places, NETWORK, SystemClock(), manner(per_address=1), slow)
    assert told


async def test_patience_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(together, "probe_endpoint", _Probe(slow={25}))
    monkeypatch.setattr(together, "PATIENCE_S", 0.05)
    monkeypatch.setattr(together, "GRACE_S", 0.0)
    told: list[Step] = []

    async def tell(step: Step) -> None:
        told.append(step)

    await probe_together([endpoint(25)], NETWORK, SystemClock(), manner(0.2), tell)
    assert any(step.patient and [one.port for one in step.waiting] == [25] for step in told)
