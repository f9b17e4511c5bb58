"""When a report is due: a cron expression read in a time zone, and its next times.

People write "every Monday at 9" or five cron fields; both become a canonical cron expression (five
fields, as Debian's cron reads them). Daylight saving (as Debian's cron has it, by `cronsim`): a time of
day that the spring change skips happens once, at the first instant after it; one that the autumn
change repeats happens once. Rules whose minute or hour is a star go by real time instead.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from bot.errors import BadInput
from bot.model.value import frozen, replace
from bot.watches.message import Message
from bot.watches.report import Report
from bot.watches.schedule_words import cron_of_words

_FIELDS = ("minute", "hour", "day", "month", "weekday")
_SHORTHANDS = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
_MESSAGES = {
    "Bad minute": "minute",
    "Bad hour": "hour",
    "Bad day-of-month": "day",
    "Bad month": "month",
    "Bad day-of-week": "weekday",
}
# How far back missed times are listed one by one; of what lies before only the first is.
_LOOK_BACK = timedelta(hours=12)
MAX_MISSED = 20


def parse_schedule(text: str) -> str:
    """The canonical cron expression of a rule in words (English or Spanish) or in cron's own form.

    Raises:
        BadInput: `schedule-bad`, `schedule-minutes`, `schedule-step`, `cron-fields`, `cron-never`,
            `cron-bad-minute`, `-hour`, `-day`, `-month`, `-weekday`.
    """
    words = text.strip().strip("`'\"").split()
    shorthand = _SHORTHANDS.get(" ".join(words).lower())
    if shorthand is not None:
        return shorthand
    if _looks_like_cron(words):
        return _checked(words, text)
    return cron_of_words(text)


def _looks_like_cron(words: list[str]) -> bool:
    return len(words) >= 4 and all(word[0].isdigit() or word[0] == "*" for word in words[:2])


def _checked(words: list[str], text: str) -> str:
    if len(words) != len(_FIELDS):
        raise BadInput("cron-fields", text=text.strip()[:60], count=len(words))
    cron = " ".join(words).upper()
    try:
        next(CronSim(cron, datetime(2026, 1, 1, tzinfo=UTC)))
    except CronSimError as problem:
        field = _MESSAGES.get(str(problem), "minute")
        if field == "day" and _is_valid(" ".join((*words[:3], "*", words[4]))):
            raise BadInput("cron-never", text=cron[:60]) from None  # such as the 30th of February
        raise BadInput(f"cron-bad-{field}", text=words[_FIELDS.index(field)][:30]) from None
    except StopIteration:
        raise BadInput("cron-never", text=cron[:60]) from None
    return cron


def _is_valid(cron: str) -> bool:
    try:
        CronSim(cron.upper(), datetime(2026, 1, 1, tzinfo=UTC))
    except CronSimError:
        return False
    return True


def times_after(cron: str, timezone: str, after: datetime) -> Iterator[datetime]:
    """Due times later than `after`, in order, UTC."""
    last = after
    for due in CronSim(cron, after.astimezone(ZoneInfo(timezone))):
        moment = due.astimezone(UTC)
        # Two times of day that fall into the spring gap become one instant.
        if moment > last:
            last = moment
            yield moment


def next_time(cron: str, timezone: str, after: datetime) -> datetime:
    """The first due time later than `after`, UTC.

    Raises:
        BadInput: `cron-never`.
    """
    for due in times_after(cron, timezone, after):
        return due
    raise BadInput("cron-never", text=cron[:60])


def next_times(cron: str, timezone: str, after: datetime, count: int = 3) -> tuple[datetime, ...]:
    """The next due times, UTC; fewer when the rule ends."""
    return tuple(due for due, _ in zip(times_after(cron, timezone, after), range(count), strict=False))


@frozen
class Turnover:
    """What is to be done with a report whose time has come.

    Attributes:
        after: The report with its next time, to be stored by compare-and-set.
        due: The due time to post now; None when it is too late for any.
        missed: Due times that were not posted, to be said in this post (or, without one, in the next).
    """

    after: Report
    due: datetime | None
    missed: tuple[datetime, ...]

    @property
    def message(self) -> Message | None:
        """The post, with its natural key; None when there is none."""
        if self.due is None:
            return None
        report = self.after
        return Message(
            key=f"report-{report.id}-{int(self.due.timestamp())}",
            workspace=report.workspace,
            channel=report.channel,
            type="report",
            payload={
                "report": report.id,
                "due": self.due.isoformat(),
                "missed": [moment.isoformat() for moment in self.missed],
            },
        )


def turn_over(report: Report, now: datetime) -> Turnover:
    """Decide what a due report does: the latest due time is posted once if it is within its grace.

    Args:
        report: With `next_at` not later than `now`.
    """
    assert report.next_at is not None
    past = _past_times(report, report.next_at, now)
    following = next_time(report.cron, report.timezone, now)
    latest = past[-1]
    if now - latest > timedelta(seconds=report.grace_s):
        missed = (*report.missed, *past)[-MAX_MISSED:]
        return Turnover(replace(report, next_at=following, missed=missed), None, missed)
    missed = (*report.missed, *past[:-1])[-MAX_MISSED:]
    after = replace(report, next_at=following, last_at=latest, missed=())
    return Turnover(after, latest, missed)


def _past_times(report: Report, first: datetime, now: datetime) -> list[datetime]:
    start = max(first, now - max(_LOOK_BACK, timedelta(seconds=report.grace_s)))
    times = [first]
    for due in times_after(report.cron, report.timezone, start):
        if due > now:
            break
        times.append(due)
    return times
