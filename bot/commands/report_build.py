"""Gathers what a report says: history for what is watched, a check just now for what is not."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from bot.commands.check import ask_about, run_check
from bot.errors import BadInput, MailportError
from bot.model.target import parse_target
from bot.model.value import frozen, replace
from bot.model.verdict import Word
from bot.ports import Tools
from bot.watches.alert import AlertState
from bot.watches.figures import HOLDS, as_bucket, axis, figures_of, slots_of
from bot.watches.history import Bucket, Incident
from bot.watches.observation import digest, observe
from bot.watches.report import Report
from bot.watches.schedule import next_time
from bot.watches.stores import Stores
from bot.watches.summary import (
    Row,
    Summary,
    changes_between,
    previous_snapshot,
    read_snapshots,
    write_snapshots,
)
from bot.watches.watch import Watch

# A shorter period would say little: most targets are not even checked once in it.
SHORTEST = timedelta(hours=1)
LONGEST = timedelta(days=366)
POINTS_UP_TO = timedelta(days=2)
HOURS_UP_TO = timedelta(days=89)
CHECK_S = 40.0
CHECKS_AT_ONCE = 8
SNAPSHOT_S = 800 * 86400.0

Told = Callable[[str, int, int], Awaitable[None]]


@frozen
class _Target:
    """One target with what is known of it so far.

    Attributes:
        watch: None when it is not watched.
        digest: What the last run found, None before the first.
    """

    name: str
    vantage: str
    watch: Watch | None
    state: AlertState
    digest: Mapping[str, Any] | None
    buckets: tuple[Bucket, ...] = ()
    incidents: tuple[Incident, ...] = ()


async def build_report(
    report: Report, tools: Tools, until: datetime, missed: Sequence[datetime], tell: Told
) -> Summary:
    """Gather it. What changed is told against the report before; the same `until` gives the same.

    Args:
        until: When it was due, or now for one that somebody asked for.
        tell: Called with (target, done, total) while targets are checked.
    """
    stores = await tools.stores()
    since = until - period_of(report, until)
    known = await _gather(report, stores, since, until)
    targets = await _with_checks(known, tools, tell)
    now = max(until, tools.clock.now())
    starts = _axis(targets, since, now)
    rows = tuple(_row(target, starts, now, holds_s(target.watch, until - starts[0])) for target in targets)
    kept = read_snapshots(await stores.memos.get(f"report-seen:{report.id}", now))
    before = previous_snapshot(kept, until)
    text = write_snapshots(kept, until, rows)
    await stores.memos.put(f"report-seen:{report.id}", text, SNAPSHOT_S, now)
    return Summary(
        report=report,
        since=since,
        until=now,
        starts=starts,
        rows=rows,
        changes=changes_between(before, rows) if before is not None else None,
        missed=tuple(missed),
    )


def period_of(report: Report, until: datetime) -> timedelta:
    """From one report to the next."""
    try:
        length = next_time(report.cron, report.timezone, until) - until
        following = next_time(report.cron, report.timezone, until + length)
        length = following - (until + length)
    except BadInput:
        length = timedelta(days=7)
    return min(max(length, SHORTEST), LONGEST)


async def _gather(report: Report, stores: Stores, since: datetime, until: datetime) -> list[_Target]:
    watches = await stores.watches.of_channel(report.workspace, report.channel)
    chosen: list[Watch | str] = []
    for name in report.targets:
        own = [watch for watch in watches if watch.target == name]
        chosen.extend(own or [name])
    everything: Sequence[Watch | str] = chosen or (() if report.targets else watches)
    ids = [one.id for one in everything if isinstance(one, Watch)]
    states = await stores.watches.states(report.workspace, ids)
    digests = await stores.watches.digests(report.workspace, ids)
    incidents = await stores.history.incidents(report.workspace, ids, since, until) if ids else ()
    found: list[_Target] = []
    for one in everything:
        if isinstance(one, str):
            found.append(_Target(one, "local", None, AlertState(), None))
            continue
        own_incidents = tuple(incident for incident in incidents if incident.watch_id == one.id)
        buckets = await recorded(stores, one, since, until)
        state = states.get(one.id, AlertState())
        found.append(
            _Target(one.target, one.vantage, one, state, digests.get(one.id), buckets, own_incidents)
        )
    return found


async def recorded(stores: Stores, watch: Watch, since: datetime, until: datetime) -> tuple[Bucket, ...]:
    """What was recorded of a watch: single runs for days, hours for months, days for longer."""
    since = max(since, watch.created_at)
    span = until - since
    if span <= POINTS_UP_TO:
        points = await stores.history.points(watch.workspace, watch.id, since, until)
        return tuple(map(as_bucket, points))
    if span <= HOURS_UP_TO:
        first = since.replace(minute=0, second=0, microsecond=0)
        return await stores.history.buckets(watch.workspace, watch.id, "hour", first, until)
    first = since.replace(hour=0, minute=0, second=0, microsecond=0)
    return await stores.history.buckets(watch.workspace, watch.id, "day", first, until)


async def _with_checks(targets: Sequence[_Target], tools: Tools, tell: Told) -> list[_Target]:
    """Check what has nothing recorded yet, several at once; none holds up the report for long."""
    gate = asyncio.Semaphore(CHECKS_AT_ONCE)
    missing = [target for target in targets if not target.buckets and target.state.last_at is None]
    done = 0

    async def check(target: _Target) -> _Target:
        nonlocal done
        async with gate:
            checked = await _checked(target, tools)
        done += 1
        await tell(target.name, done, len(missing))
        return checked

    checked = dict(zip(map(id, missing), await asyncio.gather(*map(check, missing)), strict=True))
    return [checked.get(id(target), target) for target in targets]


async def _checked(target: _Target, tools: Tools) -> _Target:
    kind = target.watch.kind if target.watch is not None else None
    now = tools.clock.now()
    why = "timed-out"
    try:
        wanted = ask_about(parse_target(target.name), (), kind, tools)
        async with asyncio.timeout(CHECK_S):
            result = await run_check(wanted, tools, _untold)
    except MailportError:
        why = "forbidden"
    except TimeoutError:
        pass
    else:
        seen = observe(result)
        bucket = as_bucket_of(seen.word, now, seen.ms)
        state = AlertState(last_word=seen.word, last_at=now, last_ms=seen.ms, last_reason=seen.reason)
        return replace(target, state=state, digest=digest(result), buckets=(bucket,))
    state = AlertState(last_word="unknown", last_at=now, last_reason=why)
    return replace(target, state=state, buckets=(as_bucket_of("unknown", now, None),))


def as_bucket_of(word: Word, at: datetime, ms: float | None) -> Bucket:
    """A run that was made just now as a bucket."""
    from bot.watches.observation import Point

    return as_bucket(Point(at, word, ms))


async def _untold(_: object) -> None:
    """Steps of single checks, which nobody watches."""


def holds_s(watch: Watch | None, span: timedelta) -> float:
    """How long a run, hour or day of this watch speaks for the time after it, in seconds."""
    if span > POINTS_UP_TO:
        return (3600.0 if span <= HOURS_UP_TO else 86400.0) * HOLDS
    return (watch.interval_s if watch is not None else 0.0) * HOLDS


def _axis(targets: Sequence[_Target], since: datetime, until: datetime) -> tuple[datetime, ...]:
    """The chart begins where something was recorded: an empty half says nothing."""
    first = min((bucket.at for target in targets for bucket in target.buckets), default=since)
    shortest = min((one.watch.interval_s for one in targets if one.watch is not None), default=60.0)
    return axis(max(since, first), until, shortest)


def _row(target: _Target, starts: Sequence[datetime], until: datetime, held_s: float) -> Row:
    slots = slots_of(target.buckets, starts, until, held_s)
    known = target.digest or {}
    state = target.state
    word: Word = state.last_word if state.last_word in ("pass", "warn", "fail") else "unknown"  # type: ignore[assignment]  # one of them
    policies = known.get("policies") or {}
    return Row(
        target=target.name,
        vantage=target.vantage,
        number=target.watch.number if target.watch is not None else None,
        word=word,
        figures=figures_of(target.buckets),
        states=tuple(slot.state for slot in slots),
        values=tuple(slot.ms for slot in slots),
        certificate_ends=_certificate_end(target, known),
        policies={name: str(status) for name, status in policies.items() if status is not None},
        findings=tuple(one for one in known.get("findings", ()) if one[1] != "info"),
        incidents=target.incidents,
        why=state.last_reason,
    )


def _certificate_end(target: _Target, known: Mapping[str, Any]) -> datetime | None:
    text = known.get("certificate_ends")
    return datetime.fromisoformat(text) if text else target.state.certificate_ends
