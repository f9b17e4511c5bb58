"""Is it me or them? Control targets decide it when a port was dropped.

Theory of operation. A dropped port looks the same whether the network we are in forbids it, or they drop
us. So hosts that are known to listen are asked on the same port, over the same address family. If
one of them answers, the port gets out and they are to blame. If none does, other ports decide: where those
get out, our network blocks this one; where nothing does, nothing can be said of anybody. A refusal is
an answer too, because it came back.

Controls are other people's servers: they are asked only when something was dropped, one connection each,
with a goodbye, and what came of it is believed for ten minutes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Literal

from bot.errors import MailportError
from bot.model.outcome import Endpoint, EndpointOutcome
from bot.model.services import Protocol, Service, service_for
from bot.model.uplink import Confidence, Uplink
from bot.model.value import frozen, replace
from bot.ports import Clock, Connection, Network
from bot.probes.goodbye import keep_under_way
from bot.probes.recent import Recent
from bot.probes.together import Step

KEEP_S = 600.0
ASK_S = 2.0
DNS_S = 1.2
GOODBYE_S = 2.0
# Fewer silent controls than this prove nothing.
ENOUGH = 3
MAX_CONTROLS = 4
MAX_QUESTIONS = 2
# Ports whose answers show that there is a way out at all.
OTHER_PORTS = (587, 465)
_GOODBYES: dict[Protocol, bytes] = {
    "smtp": b"QUIT\r\n",
    "imap": b"a1 LOGOUT\r\n",
    "pop3": b"QUIT\r\n",
    "sieve": b"LOGOUT\r\n",
}
_CAME_BACK = frozenset({"open", "refused"})


@frozen
class Control:
    """A host to ask.

    Attributes:
        known: It is known to listen on the port, so that its silence means something.
    """

    host: str
    known: bool = True


Controls = Callable[[int], Sequence[Control]]


@frozen
class Asked:
    """What control hosts did on one port: who answered, and whose silence counts."""

    answered: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()


class Uplinks:
    """Asks controls and remembers it, one for the process."""

    def __init__(self, network: Network, clock: Clock, controls: Controls) -> None:
        self._network = network
        self._controls = controls
        self._recent: Recent[Asked] = Recent(clock, KEEP_S)

    async def explain(self, outcomes: Sequence[EndpointOutcome]) -> tuple[Uplink, ...]:
        """Say of every port that was dropped whose doing it is; () when none was."""
        questions = list(dict.fromkeys(_place(one) for one in outcomes if _is_dropped(one)))
        # A host whose every port is silent is asked about once; 25 is what networks block.
        questions.sort(key=lambda place: (place[0] != 25, place[0]))
        return tuple(
            await asyncio.gather(*(self._explain(place, outcomes) for place in questions[:MAX_QUESTIONS]))
        )

    async def _explain(self, place: tuple[int, Literal[4, 6]], outcomes: Sequence[EndpointOutcome]) -> Uplink:
        port, family = place
        others = [one.endpoint.label for one in outcomes if _place(one) == place and one.state in _CAME_BACK]
        ways_out = [
            one.endpoint.label
            for one in outcomes
            if one.endpoint.family == family and one.endpoint.port != port and one.state in _CAME_BACK
        ]
        base = Uplink(
            port=port,
            family=family,
            blame="cannot-tell",
            confidence="unsure",
            why="too-few",
            other_ports=tuple(dict.fromkeys(ways_out)),
        )
        if others:
            # Other servers of this very check took the same port over the same family.
            answered = tuple(dict.fromkeys(others))
            return replace(base, blame="they-drop", confidence="sure", why="others-answer", answered=answered)
        # A person waits: what other ports do is asked beside, where the check itself does not show it.
        beside = () if ways_out else tuple(other for other in OTHER_PORTS if other != port)
        (asked, age_s), *more = await asyncio.gather(
            self._ask(port, family), *(self._ask(other, family) for other in beside)
        )
        ways_out += [
            f"{host}:{other}"
            for other, (found, _) in zip(beside, more, strict=True)
            for host in found.answered
        ]
        base = replace(
            base,
            answered=asked.answered,
            silent=asked.silent,
            other_ports=tuple(dict.fromkeys(ways_out)),
            age_s=age_s,
        )
        if asked.answered:
            sure: Confidence = "likely" if beside else "sure"  # seen alive on another port
            return replace(base, blame="they-drop", confidence=sure, why="controls-answer")
        return _nobody_answered(base)

    async def _ask(self, port: int, family: Literal[4, 6]) -> tuple[Asked, float]:
        recalled = await self._recent.once((port, family), lambda _: self._ask_all(port, family), _nobody)
        return recalled.value, recalled.age_s or 0.0

    async def _ask_all(self, port: int, family: Literal[4, 6]) -> Asked:
        controls = list(self._controls(port))[:MAX_CONTROLS]
        came = await asyncio.gather(*(self._came_back(one.host, port, family) for one in controls))
        told = list(zip(controls, came, strict=True))
        return Asked(
            answered=tuple(control.host for control, back in told if back),
            silent=tuple(control.host for control, back in told if back is False and control.known),
        )

    async def _came_back(self, host: str, port: int, family: Literal[4, 6]) -> bool | None:
        """Whether anything came back from a host in time; None when it could not be asked."""
        endpoint: Endpoint | None = None
        try:
            async with asyncio.timeout(ASK_S):
                found = await self._network.resolver.addresses(host, lifetime=DNS_S)
                address = next((one for one in found.allowed if one.version == family), None)
                if address is None:
                    return None
                endpoint = Endpoint(host=host, address=str(address), family=family, service=service_for(port))
                connection = await self._network.dialer.dial(endpoint)
        except MailportError:
            return None
        except (TimeoutError, OSError) as problem:
            return None if endpoint is None else isinstance(problem, ConnectionRefusedError)
        keep_under_way(_take_leave(connection, endpoint.service))
        return True


def _nobody_answered(base: Uplink) -> Uplink:
    if not base.silent:
        return base
    enough = len(base.silent) >= ENOUGH
    if base.other_ports:
        sure: Confidence = "sure" if enough else "likely" if len(base.silent) > 1 else "unsure"
        return replace(base, blame="network-blocks", confidence=sure, why="only-this-port")
    return replace(
        base, blame="no-way-out", confidence="likely" if enough else "unsure", why="nothing-answers"
    )


async def _take_leave(connection: Connection, service: Service) -> None:
    """Hear the greeting and say goodbye, as a guest does; where TLS comes first, just close."""
    try:
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(GOODBYE_S):
                if service.mode == "starttls" and await connection.read():
                    await connection.write(_GOODBYES[service.protocol])
                    await connection.read()
    finally:
        await connection.close()


async def _nobody(_: Step) -> None:
    """Nobody watches controls."""


def _place(outcome: EndpointOutcome) -> tuple[int, Literal[4, 6]]:
    return outcome.endpoint.port, outcome.endpoint.family


def _is_dropped(outcome: EndpointOutcome) -> bool:
    return outcome.state == "filtered" and outcome.state_reason != "filtered-here"
