"""Due reports go into the outbox once, whoever notices, and survive clocks that are set."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from adapters.engine.reports import Reports
from bot.watches.report import Report, ReportDraft
from bot.watches.stores import Stores
from tests.adapters.engine.conftest import JumpingClock, waiting
from tests.storage.conftest import HERE, NOW


async def add(stores: Stores, cron: str = "0 13 * * *", *, grace_s: float = 6 * 3600.0) -> Report:
    draft = ReportDraft(
        cron=cron, timezone="UTC", targets=(), next_at=NOW + timedelta(hours=1), grace_s=grace_s
    )
    return await stores.reports.add(HERE, draft, person="U1", now=NOW)


def reports_of(stores: Stores, clock: JumpingClock) -> Reports:
    return Reports(stores.reports, clock, lambda: None)


async def stored(stores: Stores, report: Report) -> Report:
    found = await stores.reports.by_id(report.id)
    assert found is not None
    return found


async def test_a_due_report_goes_out_once_though_two_look(stores: Stores, clock: JumpingClock) -> None:
    added = [await add(stores) for _ in range(20)]
    one, other = reports_of(stores, clock), reports_of(stores, clock)
    assert await one.step() > 0
    assert await waiting(stores) == []
    clock.move(3600)
    await asyncio.gather(one.step(), other.step())
    messages = await waiting(stores)
    due = int((NOW + timedelta(hours=1)).timestamp())
    assert sorted(one.key for one in messages) == sorted(f"report-{one.id}-{due}" for one in added)
    assert {(await stored(stores, one)).next_at for one in added} == {NOW + timedelta(hours=25)}


async def test_one_that_was_due_while_nobody_ran_is_posted_late_or_told_as_missed(
    stores: Stores, clock: JumpingClock
) -> None:
    patient, strict = await add(stores), await add(stores, grace_s=60.0)
    clock.move(3 * 3600)
    await reports_of(stores, clock).step()
    assert [one.payload["report"] for one in await waiting(stores)] == [patient.id]
    assert (await stored(stores, strict)).missed == (NOW + timedelta(hours=1),)
    clock.move(22 * 3600)
    clock.move(-120)
    await reports_of(stores, clock).step()
    later = {one.payload["report"]: one.payload["missed"] for one in await waiting(stores)}
    assert later[strict.id] == [(NOW + timedelta(hours=1)).isoformat()]
    assert later[patient.id] == []


async def test_a_clock_that_runs_ahead_and_is_put_back_posts_nothing_twice_and_misses_nothing(
    stores: Stores, clock: JumpingClock
) -> None:
    report = await add(stores)
    reports = reports_of(stores, clock)
    clock.jump(30 * 3600)
    await reports.step()
    ahead = await waiting(stores)
    assert len(ahead) == 1
    clock.jump(-30 * 3600)
    assert await reports.mend_times() == 1
    assert (await stored(stores, report)).next_at == NOW + timedelta(hours=1)
    days: list[datetime] = []
    for seconds in (3600, 86400, 86400):
        clock.move(seconds)
        await reports.step()
        days += [datetime.fromisoformat(one.payload["due"]) for one in await waiting(stores)]
    first = datetime.fromisoformat(ahead[0].payload["due"])
    posted = sorted([first, *days])
    assert posted == [NOW + timedelta(hours=hours) for hours in (1, 25, 49)]


async def test_mending_leaves_what_is_right(stores: Stores, clock: JumpingClock) -> None:
    report = await add(stores)
    assert await reports_of(stores, clock).mend_times() == 0
    assert (await stored(stores, report)).next_at == NOW + timedelta(hours=1)
