"""A channel to try commands in: stores in memory, a table for a resolver, a clock that is moved by hand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, cast

from bot.cards.model import Reply
from bot.cards.plaintext import render_plain
from bot.dispatch import answer
from bot.model.request import Person, Place, Request
from bot.model.value import replace
from bot.model.verdict import Word
from bot.ports import Dialer, Fetcher, Network, Resolver, Tools, TrustStore
from bot.settings import Settings
from bot.watches.alert import AlertState, advance, policy_of
from bot.watches.observation import CertificateEnd, Observation, Point
from bot.watches.stores import Stores
from bot.watches.watch import Watch
from bot.watches.watch_store import Recorded
from tests.support.core import FixedClock, make_test_tools
from tests.support.zone_table import ZoneTable

PLACE = Place(platform="slack", workspace="slack:T1", channel="C1")
ELSEWHERE = replace(PLACE, channel="C2")
ADMIN = Person(id="U1", name="Ada", admin=True)
PUBLIC = "198.41.0.4"
ZONE: Mapping[str, Any] = {
    "example.com": {"MX": ["10 mx.example.com."], "A": [PUBLIC]},
    "example.org": {"A": [PUBLIC]},
    "mx.example.com": {"A": [PUBLIC]},
    "mail.example.net": {"A": [PUBLIC]},
    "inside.example.com": {"A": ["10.0.0.1"]},
    "inside-mx.example.com": {"A": ["10.0.0.1"], "MX": ["10 mx.example.com."]},
    "dead.example.com": {"status": "timeout"},
}


class Channel:
    """Asks commands in one channel and looks at what came of it."""

    def __init__(self, settings: Settings | None = None, stores: Stores | None = None) -> None:
        self.clock = FixedClock()
        self.zone = ZoneTable(ZONE)
        network = Network(
            cast(Dialer, None), cast(Resolver, self.zone), cast(Fetcher, None), cast(TrustStore, None)
        )
        self.tools: Tools = replace(
            make_test_tools(settings or Settings(), self.clock), network=lambda: network
        )
        if stores is not None:
            opened = stores

            async def given() -> Stores:
                return opened

            self.tools = replace(self.tools, stores=given)

    async def ask(self, text: str, *, place: Place = PLACE, person: Person = ADMIN, **changed: Any) -> Reply:
        return await answer(Request(id="test", place=place, person=person, text=text, **changed), self.tools)

    async def say(self, text: str, **changed: Any) -> str:
        return render_plain((await self.ask(text, **changed)).card)

    async def watches(self, place: Place = PLACE) -> tuple[Watch, ...]:
        return await (await self.tools.stores()).watches.of_channel(place.workspace, place.channel)

    async def run(self, word: Word, *, ms: float | None = 40.0, **seen: Any) -> None:
        """One run of every due watch, all with the same result."""
        stores = await self.tools.stores()
        now = self.clock.now()
        claimed = await stores.watches.claim_due("local", now, limit=1000)
        recorded = []
        for one in claimed:
            observation = Observation(at=now, word=word, ms=ms, **seen)
            step = advance(one.state, observation, policy_of(one.watch, now))
            recorded.append(
                Recorded(
                    watch_id=one.watch.id,
                    revision=one.revision,
                    state=step.state,
                    next_due=now + timedelta(seconds=one.watch.interval_s),
                    point=Point(now, word, ms),
                    turn=step.turn,
                    digest=digest_of(one.watch, word),
                )
            )
        await stores.watches.record(recorded, (), now)

    async def letters(self, letters: str, **seen: Any) -> None:
        """Runs, one letter each: `.` good, `w` with warnings, `x` failed, `?` could not tell."""
        words: dict[str, Word] = {".": "pass", "w": "warn", "x": "fail", "?": "unknown"}
        for letter in letters:
            word = words[letter]
            ms = None if word in ("fail", "unknown") else 40.0
            await self.run(word, ms=ms, reason="port-refused" if word == "fail" else "", **seen)
            self.clock.move(900)

    async def state(self, number: int = 1) -> AlertState:
        stores = await self.tools.stores()
        (watch,) = [one for one in await self.watches() if one.number == number]
        return (await stores.watches.states(watch.workspace, [watch.id]))[watch.id]


def digest_of(watch: Watch, word: Word) -> dict[str, Any]:
    findings = [] if word != "fail" else [["port-refused", "critical", f"{watch.target}:25", {"port": "25"}]]
    return {
        "kind": "domain",
        "verdict": word,
        "checked_at": "2026-11-24T12:00:00+00:00",
        "findings": findings,
        "policies": {"spf": "ok", "dmarc": "none", "mta_sts": "none", "dane": "ok"},
        "certificate_ends": "2027-02-20T12:00:00+00:00",
        "endpoints": [],
    }


def certificate(channel: Channel, days: int) -> CertificateEnd:
    return CertificateEnd(ends_at=channel.clock.now() + timedelta(days=days), lifetime=timedelta(days=90))
