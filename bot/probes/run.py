"""One probe of one endpoint: the only place where a conversation meets a connection.

Theory: one connection tells almost everything. A second one is opened only
    - when the first hears nothing for `quiet_s`: in the other TLS mode, while the first keeps waiting
      (a greet delay and an implicit-TLS port look the same to a client that waits in clear);
    - when a TLS-first port answered in clear: in clear;
    - when the handshake failed: with old TLS allowed, to tell "old only" from "broken", and a connection
      that was lost once from a server that has no TLS to offer.
The outcome comes as soon as it is known; the goodbye follows in the background.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from bot.errors import TargetRefused
from bot.model.certificate import Certificate
from bot.model.outcome import Endpoint, EndpointOutcome, Phase, Sign, State
from bot.model.services import Mode, service_seen
from bot.model.value import replace
from bot.ports import Clock, Network, TlsFacts
from bot.probes.connecting import connect_state, errno_name
from bot.probes.goodbye import say_goodbye, wait_for_goodbyes
from bot.probes.limits import INTERACTIVE, SCHEDULED, Limits
from bot.probes.session import Session

__all__ = ["INTERACTIVE", "SCHEDULED", "Limits", "OnPhase", "probe_endpoint", "wait_for_goodbyes"]

OnPhase = Callable[[Endpoint, Phase], None]
_OTHER: dict[Mode, Mode] = {"implicit": "starttls", "starttls": "implicit"}
_TOO_LATE: frozenset[Sign] = frozenset({"timed-out", "deadline"})
_OLD_VERSIONS = frozenset({"SSLv2", "SSLv3", "TLSv1", "TLSv1.1"})


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
    return await _Probe(endpoint, network, clock, limits, ehlo_name, on_phase).run()


class _Probe:
    """The probe under way: its sessions, and what follows from them together."""

    def __init__(
        self,
        endpoint: Endpoint,
        network: Network,
        clock: Clock,
        limits: Limits,
        ehlo_name: str,
        on_phase: OnPhase | None,
    ) -> None:
        self.endpoint = endpoint
        self.network = network
        self.clock = clock
        self.limits = limits
        self.ehlo_name = ehlo_name
        self.on_phase = on_phase
        self.checked_at = clock.now()
        self.started = clock.monotonic()
        self.sessions: list[Session] = []
        self.signs: set[Sign] = set()
        self.reason: str | None = None
        self.changed = asyncio.Event()

    async def run(self) -> EndpointOutcome:
        """Converse, then judge; whatever happens, no connection stays open."""
        if not self.endpoint.address:
            return self._outcome("unreachable", "not-resolved")
        chosen: Session | None = None
        try:
            first = await self._open(self.endpoint.service.mode)
            chosen = await self._converse(first)
            return self._judged(chosen)
        except TargetRefused as refused:
            return self._outcome("forbidden", "forbidden", detail=str(refused.details.get("why", "")))
        except OSError as problem:
            return self._not_connected(problem)
        finally:
            for session in self.sessions:
                await say_goodbye(session, willing=chosen is not None)

    async def _open(self, mode: Mode, *, old: bool = False) -> Session:
        session = Session(self.endpoint, mode, self.limits, self.clock, self.ehlo_name, self._told, old=old)
        session.total_at = self.started + self.limits.total_s
        await session.connect(self.network.dialer, then=self.sessions.append)
        return session

    def _told(self, session: Session, phase: Phase | None) -> None:
        self.changed.set()
        if phase is not None and self.on_phase is not None and session is self.sessions[0]:
            self.on_phase(self.endpoint, phase)

    async def _converse(self, first: Session) -> Session:
        """Let the first session speak, open the second when it helps, choose the one that tells more."""
        await first.begin(self.limits.quiet_s)
        if first.quiet:
            return await self._race(first)
        await first.finish()
        if first.heard_clear_text:
            return await self._in_clear(first)
        if first.handshake_reason:
            return await self._with_old_tls(first)
        return self._ungreeted(first)

    async def _second(self, mode: Mode, *, old: bool = False) -> Session | None:
        try:
            return await self._open(mode, old=old)
        except (OSError, TargetRefused):
            return None

    async def _race(self, first: Session) -> Session:
        """Nothing was heard: try the other mode while the first keeps waiting."""
        second = await self._second(_OTHER[first.mode])
        if second is None:
            await first.finish()
            return self._ungreeted(first)
        await second.begin(0)
        while not (first.greeted or second.greeted or (first.ended and second.ended)):
            self.changed.clear()
            await self.changed.wait()
        if second.greeted and not first.ended:
            await first.begin(self.limits.both_s)
        if first.greeted:
            await first.finish()
            if second.greeted and self.endpoint.service.told != "nothing":
                self.signs.add("mode-both")
            return self._spent(first)
        if not second.greeted:
            return self._ungreeted(first)
        await second.finish()
        self._swapped(second)
        return self._spent(second)

    def _spent(self, session: Session) -> Session:
        """Both connections are used up: a handshake that failed is not tried again."""
        if session.handshake_reason:
            session.fail_handshake(tried_once=True)
        return session

    def _ungreeted(self, first: Session) -> Session:
        """Not a byte of a greeting came: in either mode, or through TLS."""
        unheard = not first.greeted and not first.lines.received
        if first.greeted or first.handshake_reason:
            return self._spent(first)
        if unheard and first.learnt.signs & _TOO_LATE:
            first.learnt.signs -= _TOO_LATE
            first.learnt.stop("silent", "silent")
        return first

    def _swapped(self, second: Session) -> None:
        expected = self.endpoint.service.told != "nothing"
        if expected and "greeting-not-mail" not in second.learnt.signs:
            self.signs.add("mode-swapped")

    async def _in_clear(self, first: Session) -> Session:
        """A TLS-first port answered our handshake in clear: listen in clear."""
        second = await self._second("starttls")
        if second is not None:
            await second.begin(0)
            await second.finish()
            if second.learnt.greeting is not None:
                self._swapped(second)
                return self._spent(second)
        first.fail_handshake()
        return first

    async def _with_old_tls(self, first: Session) -> Session:
        """The handshake failed: would an old version have worked, or was it only lost?"""
        await first.leave()
        second = await self._second(first.mode, old=True)
        if second is None:
            return self._spent(first)
        await second.begin(0)
        await second.finish()
        facts = second.facts
        if facts is not None and facts.version in _OLD_VERSIONS:
            self.signs.add("tls-old-only")
            self.reason = "tls-old-only"
            return second
        if facts is not None and first.lost and _of_today(facts):
            return second
        first.facts = facts
        first.fail_handshake(tried_once=facts is None and not second.handshake_reason)
        return first

    def _judged(self, session: Session) -> EndpointOutcome:
        learnt = session.learnt
        outcome = self._outcome("open", "")
        facts = session.facts
        endpoint = self._heard(session)
        if endpoint.service.protocol != self.endpoint.service.protocol:
            self.signs.discard(
                "mode-swapped"
            )  # another protocol than the number hinted at: no promise broken
        return replace(
            outcome,
            endpoint=endpoint,
            tls=learnt.tls,
            tls_reason=learnt.tls_reason if self.reason is None else self.reason,
            tls_version=facts.version if facts else None,
            cipher=facts.cipher if facts else None,
            certificate=self._certificate(facts.chain) if facts else None,
            reached=learnt.reached,
            greeting=learnt.greeting,
            greeting_code=learnt.greeting_code,
            capabilities_before=learnt.capabilities_before,
            capabilities_after=learnt.capabilities_after,
            auth_before=learnt.auth_before,
            auth_after=learnt.auth_after,
            phases_ms=session.phases_ms,
            total_ms=(self.clock.monotonic() - self.started) * 1000,
            signs=frozenset(learnt.signs | self.signs),
            detail=session.detail or learnt.refusal,
            transcript=tuple(learnt.transcript),
        )

    def _heard(self, session: Session) -> Endpoint:
        """The endpoint, with what its server turned out to be where the port alone did not tell."""
        learnt = session.learnt
        if learnt.protocol is None:
            return self.endpoint
        seen = service_seen(self.endpoint.service, learnt.protocol, session.mode)
        return replace(self.endpoint, service=seen)

    def _certificate(self, chain: tuple[bytes, ...]) -> Certificate | None:
        from bot.probes.tls import judge_certificate

        return judge_certificate(chain, self.endpoint.host, self.checked_at, self.network.trust)

    def _not_connected(self, problem: OSError) -> EndpointOutcome:
        if isinstance(problem, ConnectionResetError):
            return self._reset_at_once()
        state, reason = connect_state(problem)
        signs: set[Sign] = set()
        if state == "unreachable" and not self.network.dialer.has_route(self.endpoint.family):
            reason = "no-route-here"
            signs.add("no-route-here")
        return self._outcome(state, reason, signs=frozenset(signs), detail=errno_name(problem))

    def _reset_at_once(self) -> EndpointOutcome:
        """A port that is closed answers with "refused"; "reset" came after the connection stood."""
        seen: Sign = "reset-before-greeting"
        outcome = self._outcome("open", "", signs=frozenset({seen}))
        return replace(outcome, tls_reason=seen, reached="connect", connections=len(self.sessions) + 1)

    def _outcome(
        self, state: State, reason: str, *, signs: frozenset[Sign] = frozenset(), detail: str = ""
    ) -> EndpointOutcome:
        return EndpointOutcome(
            endpoint=self.endpoint,
            checked_at=self.checked_at,
            state=state,
            state_reason=reason,
            tls_reason="" if state == "open" else "not-connected",
            connections=len(self.sessions),
            total_ms=(self.clock.monotonic() - self.started) * 1000,
            signs=signs,
            detail=detail,
        )


def _of_today(facts: TlsFacts) -> bool:
    """Whether a client that allows nothing old would have come to the same: forward secrecy and AEAD."""
    name = facts.cipher
    sealed = "GCM" in name or "CHACHA20" in name
    return facts.version == "TLSv1.3" or (sealed and name.startswith(("ECDHE-", "DHE-")))
