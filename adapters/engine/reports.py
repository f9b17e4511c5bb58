"""Puts due reports into the outbox. Any number of processes may do it: the database lets one be first."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable
from datetime import timedelta

from adapters.engine import metrics
from bot.errors import MailportError
from bot.model.value import replace
from bot.ports import Clock
from bot.watches.report import Report
from bot.watches.schedule import next_time, turn_over
from bot.watches.stores import ReportStore

# Looked at, and done before looking again: others have done some of the rest by then.
BATCH = 200
AT_ONCE = 50
LOOK_S = 0.5
FAR = timedelta(days=36500)
_LOG = logging.getLogger("mailport.engine")


class Reports:
    """The scheduler of reports.

    Args:
        news: Called when messages were put into the outbox.
    """

    def __init__(self, reports: ReportStore, clock: Clock, news: Callable[[], None]) -> None:
        self._reports = reports
        self._clock = clock
        self._news = news

    async def step(self) -> float:
        """Turn over what is due; seconds until something is due again."""
        now = self._clock.now()
        due_at = await self._reports.next_due_at()
        if due_at is None or due_at > now:
            return LOOK_S if due_at is None else min(LOOK_S, (due_at - now).total_seconds())
        due = list(await self._reports.due(now, limit=BATCH))
        # Two processes that notice at once share the work instead of racing for each report in turn.
        random.shuffle(due)
        for report in due[:AT_ONCE]:
            await self._turn_over(report)
        return 0.0

    async def _turn_over(self, report: Report) -> None:
        now = self._clock.now()
        try:
            turned = turn_over(report, now)
        except MailportError:
            # The rule has no time left ("never"), or its zone is gone: paused, not tried for ever.
            _LOG.warning("report %s has no next time; it is paused", report.id)
            await self._reports.advance(report, replace(report, next_at=None), None, now)
            return
        if not await self._reports.advance(report, turned.after, turned.message, now):
            return
        if turned.due is None:
            _LOG.warning("report %s was due too long ago; it is told as missed in the next one", report.id)
            metrics.REPORTS.labels("missed").inc()
            return
        metrics.REPORTS.labels("due").inc()
        metrics.REPORT_LATENESS.observe(max(0.0, (now - turned.due).total_seconds()))
        self._news()

    async def mend_times(self) -> int:
        """Bring reports back whose next time lies beyond the next one by their rule: the clock was put back.

        A time that was posted before is not posted again: its message's key is taken.
        """
        mended, now = 0, self._clock.now()
        for report in await self._reports.due(now + FAR, limit=100_000):
            if report.next_at is None or report.next_at <= now:
                continue
            try:
                following = next_time(report.cron, report.timezone, now)
            except MailportError:
                continue
            if report.next_at > following:
                mended += await self._reports.advance(report, replace(report, next_at=following), None, now)
        return mended
