"""What `ReportStore` promises."""

from __future__ import annotations

import asyncio

from bot.model.value import replace
from bot.watches.message import Message
from bot.watches.report import Report, ReportDraft
from bot.watches.stores import Stores
from bot.watches.watch import Draft
from tests.storage.conftest import ELSEWHERE, HERE, NOW, later

DRAFT = ReportDraft(
    cron="0 9 * * 1", timezone="Europe/Madrid", targets=("a.example", "b.example"), next_at=later(hours=1)
)


async def added(stores: Stores) -> Report:
    return await stores.reports.add(HERE, DRAFT, person="U1", now=NOW)


def post(report: Report) -> Message:
    return Message(
        key=f"report-{report.id}-1", workspace=report.workspace, channel=report.channel,
        type="report", payload={"report": report.id},
    )  # fmt: skip


async def test_a_report_comes_back_as_it_was_added(stores: Stores) -> None:
    report = await added(stores)
    assert (report.cron, report.timezone, report.targets) == (DRAFT.cron, DRAFT.timezone, DRAFT.targets)
    assert report.next_at == later(hours=1)
    assert await stores.reports.of_channel("slack:T1", "C1") == (report,)
    assert await stores.reports.by_id(report.id) == report
    assert await stores.reports.next_due_at() == later(hours=1)


async def test_watches_and_reports_share_their_numbers(stores: Stores) -> None:
    (watch,) = await stores.watches.add(HERE, [Draft(target="a.example")], person="U1", now=NOW)
    report = await added(stores)
    other = await stores.reports.add(ELSEWHERE, DRAFT, person="U9", now=NOW)
    assert (watch.number, report.number, other.number) == (1, 2, 1)


async def test_a_due_report_moves_on_once_however_many_try(stores: Stores) -> None:
    report = await added(stores)
    assert await stores.reports.due(NOW) == ()
    assert await stores.reports.due(later(hours=1)) == (report,)
    after = replace(report, next_at=later(days=7), last_at=report.next_at, missed=(NOW,))
    moved = await asyncio.gather(
        *(stores.reports.advance(report, after, post(report), later(hours=1)) for _ in range(4))
    )
    assert sorted(moved) == [False, False, False, True]
    assert await stores.reports.of_channel("slack:T1", "C1") == (after,)
    assert len(await stores.outbox.claim(later(hours=1))) == 1


async def test_a_paused_report_is_not_due_and_a_late_advance_does_not_wake_it(stores: Stores) -> None:
    report = await added(stores)
    await stores.reports.change(replace(report, next_at=None), person="U1", action="report pause", now=NOW)
    assert await stores.reports.due(later(days=9)) == ()
    assert not await stores.reports.advance(report, replace(report, next_at=NOW), post(report), NOW)
    assert (await stores.reports.of_channel("slack:T1", "C1"))[0].paused
    assert await stores.outbox.claim(NOW) == ()


async def test_another_workspace_can_neither_see_nor_change_it(stores: Stores) -> None:
    report = await added(stores)
    stranger = replace(report, workspace="slack:T2")
    assert not await stores.reports.change(stranger, person="U9", action="report pause", now=NOW)
    assert not await stores.reports.remove(stranger, person="U9", now=NOW)
    assert await stores.reports.of_channel("slack:T2", "C1") == ()


async def test_a_removed_report_is_gone_and_noted(stores: Stores) -> None:
    report = await added(stores)
    assert await stores.reports.remove(report, person="U2", now=NOW)
    assert await stores.reports.by_id(report.id) is None
    newest = (await stores.audit.latest("slack:T1"))[0]
    assert (newest.action, newest.person, newest.subject) == (
        "report remove", "U2", "#1 0 9 * * 1 Europe/Madrid",
    )  # fmt: skip
