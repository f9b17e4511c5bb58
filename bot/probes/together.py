"""Many endpoints probed at once, politely, under one deadline; what is known by then survives."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from datetime import datetime

from bot.model.outcome import Endpoint, EndpointOutcome, Phase
from bot.model.value import frozen, replace
from bot.ports import Clock, Network
from bot.probes.budget import Budget, PoliteDialer
from bot.probes.limits import Limits
from bot.probes.run import probe_endpoint

# A person is told that waiting is normal when nothing new came for so long.
PATIENCE_S = 3.0
# The probes keep their own time; this much later they are cut off.
GRACE_S = 2.0


@frozen
class Step:
    """How far a check is.

    Attributes:
        done: Outcomes so far, in the order they came.
        waiting: Endpoints still under way.
        patient: Nothing new came for a while, which with greet delays is normal.
    """

    done: tuple[EndpointOutcome, ...]
    waiting: tuple[Endpoint, ...]
    patient: bool = False


Tell = Callable[[Step], Awaitable[None]]


@frozen(kw_only=True)
class Manner:
    """How to probe: who we are, how long we wait, how many connections we open."""

    limits: Limits
    per_address: int
    budget: Budget
    ehlo_name: str


async def probe_together(
    endpoints: Sequence[Endpoint], network: Network, clock: Clock, manner: Manner, tell: Tell
) -> tuple[EndpointOutcome, ...]:
    """Probe all endpoints at once; outcomes in the order of the endpoints.

    Never fails for what servers do. An endpoint that is not done at the deadline counts as timed out.
    """
    dialer = PoliteDialer(network.dialer, manner.budget, manner.per_address)
    polite = replace(network, dialer=dialer)
    reached: dict[Endpoint, Phase] = {}

    async def probe(endpoint: Endpoint) -> EndpointOutcome:
        await dialer.prepay(endpoint)
        try:
            return await probe_endpoint(
                endpoint, polite, clock, manner.limits, manner.ehlo_name, reached.__setitem__
            )
        finally:
            dialer.refund(endpoint)

    tasks = {endpoint: asyncio.create_task(probe(endpoint)) for endpoint in dict.fromkeys(endpoints)}
    teller = _Teller(tell)
    started = clock.now()
    try:
        await _watch(tasks, manner.limits.total_s + GRACE_S, teller)
        return tuple(
            tasks[endpoint].result() if tasks[endpoint].done() else _cut_off(endpoint, started, reached)
            for endpoint in endpoints
        )
    finally:
        await teller.stop()
        await _cancel(tasks.values())


async def _watch(
    tasks: dict[Endpoint, asyncio.Task[EndpointOutcome]], deadline_s: float, teller: _Teller
) -> None:
    """Tell each step until all are done, one broke, or the time is over."""
    loop = asyncio.get_running_loop()
    ends = loop.time() + deadline_s
    pending = set(tasks.values())
    finished: list[EndpointOutcome] = []
    teller.say(Step((), tuple(tasks)))
    while pending and (left := ends - loop.time()) > 0:
        done, pending = await asyncio.wait(
            pending, timeout=min(left, PATIENCE_S), return_when=asyncio.FIRST_COMPLETED
        )
        finished.extend(task.result() for task in done)
        waiting = tuple(endpoint for endpoint, task in tasks.items() if task in pending)
        teller.say(Step(tuple(finished), waiting, patient=not done))


def _cut_off(endpoint: Endpoint, started: datetime, reached: dict[Endpoint, Phase]) -> EndpointOutcome:
    phase = reached.get(endpoint)
    return EndpointOutcome(
        endpoint=endpoint,
        checked_at=started,
        state="open" if phase else "filtered",
        state_reason="" if phase else "no-answer",
        tls_reason="deadline" if phase else "not-connected",
        reached=phase,
        signs=frozenset({"deadline"}),
    )


async def _cancel(tasks: Iterable[asyncio.Task[EndpointOutcome]]) -> None:
    running = [task for task in tasks if not task.done()]
    for task in running:
        task.cancel()
    if running:
        await asyncio.wait(running)


class _Teller:
    """Hands the newest step to a listener that may be slow (a chat platform), without waiting for it."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._newest: Step | None = None
        self._news = asyncio.Event()
        self._task = asyncio.create_task(self._run())

    def say(self, step: Step) -> None:
        self._newest = step
        self._news.set()

    async def _run(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            step, self._newest = self._newest, None
            if step is not None:
                with suppress(Exception):
                    # Showing progress is a courtesy; that it failed is the platform's log's business.
                    await self._tell(step)

    async def stop(self) -> None:
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task
