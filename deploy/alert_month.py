"""A month of one channel, simulated: ten watches every 15 minutes, and what they are told.

The rules are the real ones (`bot/watches`); only the outcomes of the checks are made up. Random events
come from a fixed seed, so the month is the same every time.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal

from bot.model.value import replace
from bot.model.verdict import Finding, Word
from bot.watches.alert import AlertState
from bot.watches.grouping import judge_batch, vantage_messages, while_uplink_lost
from bot.watches.message import Message
from bot.watches.observation import CertificateEnd, Observation
from bot.watches.watch import Acknowledgement, Watch, Window
from bot.watches.watch_store import Claimed

START = datetime(2026, 11, 1, tzinfo=UTC)
STEP = timedelta(minutes=15)
RUNS = 30 * 96
LIFETIME = timedelta(days=90)
BLIPS_EVERY = 200  # runs of each watch, on average, between two single failures
BLIP = "port-filtered"
TARGETS = (
    "steady.example", "blips.example", "outage.example", "flaps.example", "renews.example",
    "forgets.example", "rack1.example", "rack2.example", "rack3.example", "planned.example",
)  # fmt: skip


def day(number: float) -> datetime:
    """A moment of the month; day 1 begins at 1.0."""
    return START + timedelta(days=number - 1)


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that really happens.

    Attributes:
        targets: Whom it hits.
        finding: What the checks say.
    """

    targets: tuple[str, ...]
    start: datetime
    end: datetime
    finding: str


UPLINK = (day(14.125), day(14.208))
TROUBLES = (
    Trouble(("outage.example",), day(5.4), day(5.71), "port-refused"),
    Trouble(("rack1.example", "rack2.example", "rack3.example"), day(20.6), day(20.66), "host-unreachable"),
    Trouble(("planned.example",), day(24.917), day(24.98), "port-refused"),
    Trouble(("forgets.example",), day(26.0), day(27.25), "cert-expired"),
)
ACKNOWLEDGED = {"forgets.example": day(26.4)}
WINDOWS = {"planned.example": (Window(start=day(24.91), end=day(25.0)),)}
FLAPS = (day(9.0), day(9.5))
# (end of the certificate before, renewed at, end of the new one)
CERTIFICATES: Mapping[str, tuple[datetime, datetime | None, datetime]] = {
    "renews.example": (day(1) + timedelta(days=30), day(1.5), day(1.5) + LIFETIME),
    "forgets.example": (day(26.0), day(27.25), day(27.25) + LIFETIME),
}


@dataclass(slots=True)
class Month:
    """What came of it.

    Attributes:
        told: (when, message) in order.
        failed: Runs that failed: what somebody who alerts on every failure would have sent.
        blips: Single failures at random.
        could_not_tell: Runs that told nothing because our own network was gone.
    """

    runs: int = 0
    failed: int = 0
    blips: int = 0
    could_not_tell: int = 0
    told: list[tuple[datetime, Message]] = field(default_factory=list)


def watches() -> tuple[Watch, ...]:
    """The channel's watches, with the usual thresholds."""
    return tuple(
        Watch(
            id=number, number=number, workspace="slack:T1", channel="C1", target=target, kind="host",
            interval_s=STEP.total_seconds(), vantage="local", failures=2, recoveries=2, reminder_s=6 * 3600.0,
            certificate_days=(21, 7, 3, 1), ignored=(), created_at=START, created_by="U1", next_due=START,
            windows=WINDOWS.get(target, ()),
        )
        for number, target in enumerate(TARGETS, 1)
    )  # fmt: skip


def simulate() -> Month:
    """Run the month."""
    chance = random.Random(20261101)  # noqa: S311  # no secret
    month, states = Month(), {watch.id: AlertState() for watch in watches()}
    lost = False
    for number in range(RUNS):
        at = START + number * STEP
        lost = _uplink(month, at, lost=lost)
        runs = []
        for watch in watches():
            seen = observation(watch.target, at, chance)
            month.runs += 1
            month.failed += seen.word == "fail"
            month.blips += seen.reason == BLIP
            if lost:
                seen = while_uplink_lost(seen)
                month.could_not_tell += seen.word == "unknown"
            state = states[watch.id]
            claimed = Claimed(watch=_acknowledged(watch, state, at), state=state, revision=number)
            runs.append((claimed, seen))
        batch = judge_batch(runs)
        for one in batch.judged:
            states[one.claimed.watch.id] = one.state
        month.told += [(at, message) for message in batch.messages if message.edits is None]
    return month


def _acknowledged(watch: Watch, state: AlertState, at: datetime) -> Watch:
    when = ACKNOWLEDGED.get(watch.target)
    if when is None or at < when or state.status != "down":
        return watch
    known = Acknowledgement(incident=state.incident, person="Ada", reason="renewing", at=when)
    return replace(watch, acknowledged=known)


def _uplink(month: Month, at: datetime, *, lost: bool) -> bool:
    now_lost = UPLINK[0] <= at < UPLINK[1]
    if now_lost != lost:
        kind: Literal["lost", "back"] = "lost" if now_lost else "back"
        messages = vantage_messages("uplink", "local", kind, UPLINK[0], at, watches())
        month.told += [(at, message) for message in messages]
    return now_lost


def observation(target: str, at: datetime, chance: random.Random) -> Observation:
    """What a check of a target sees at a time."""
    blip = chance.random() < 1 / BLIPS_EVERY and target in (
        "blips.example",
        "outage.example",
        "rack1.example",
    )
    ends = _certificate_end(target, at)
    certificate = CertificateEnd(ends_at=ends, lifetime=LIFETIME)
    finding = _finding(target, at) or (BLIP if blip else "")
    if UPLINK[0] <= at < UPLINK[1]:
        finding = "host-unreachable"
    word: Word = "fail" if finding else "pass"
    told = (Finding(id=finding, severity="critical", subject=f"{target}:25"),) if finding else ()
    return Observation(
        at=at,
        word=word,
        ms=None if finding else 40.0,
        findings=frozenset(f"{one.id} {one.subject}" for one in told),
        reason=finding,
        certificate=None if finding else certificate,
        told=told,
    )


def _certificate_end(target: str, at: datetime) -> datetime:
    before, renewed, after = CERTIFICATES.get(target, (day(1) + LIFETIME, None, day(1) + LIFETIME))
    return after if renewed is not None and at >= renewed else before


def _finding(target: str, at: datetime) -> str:
    if target == "flaps.example" and FLAPS[0] <= at < FLAPS[1]:
        # Two runs of each kind in turn: each turn is confirmed, so each would be an alert of its own.
        return "closed-early" if int((at - FLAPS[0]) / STEP) % 4 < 2 else ""
    for trouble in TROUBLES:
        if target in trouble.targets and trouble.start <= at < trouble.end:
            return trouble.finding
    return ""
