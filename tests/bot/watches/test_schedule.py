"""Rules in words and in cron's form, their times over years and zones, and what a late report does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import BadInput, MailportError
from bot.model.value import replace
from bot.watches.report import Report
from bot.watches.schedule import next_time, next_times, parse_schedule, times_after, turn_over


@pytest.mark.parametrize(
    ("words", "cron"),
    [
        ("every Monday at 9", "0 9 * * 1"),
        ("every Monday at 09:00", "0 9 * * 1"),
        ("Mondays at 9am", "0 9 * * 1"),
        ("on Mondays at 9:30 pm", "30 21 * * 1"),
        ("every monday", "0 9 * * 1"),
        ("every Monday and Thursday at 8:15", "15 8 * * 1,4"),
        ("every Mon, Wed and Fri at noon", "0 12 * * 1,3,5"),
        ("every day at 8:30", "30 8 * * *"),
        ("daily at 08:30", "30 8 * * *"),
        ("daily 08:30", "30 8 * * *"),
        ("daily", "0 9 * * *"),
        ("every day at midnight", "0 0 * * *"),
        ("at 9", "0 9 * * *"),
        ("9am", "0 9 * * *"),
        ("12am", "0 0 * * *"),
        ("12 pm", "0 12 * * *"),
        ("every day at 9 and 17", "0 9,17 * * *"),
        ("weekdays at 9", "0 9 * * 1-5"),
        ("every weekday at 07:45", "45 7 * * 1-5"),
        ("Monday to Friday at 9", "0 9 * * 1-5"),
        ("weekends at 10", "0 10 * * 0,6"),
        ("weekly", "0 9 * * 1"),
        ("weekly on Friday at 16:00", "0 16 * * 5"),
        ("first Monday of the month at 9", "0 9 * * 1#1"),
        ("every first Monday at 9", "0 9 * * 1#1"),
        ("the last Friday of each month at 17:00", "0 17 * * 5L"),
        ("monthly", "0 9 1 * *"),
        ("on the 15th of every month at 10", "0 10 15 * *"),
        ("every month on the 1st at 9", "0 9 1 * *"),
        ("the last day of the month at 18:00", "0 18 L * *"),
        ("every hour", "0 * * * *"),
        ("every 6 hours", "0 */6 * * *"),
        ("every 15 minutes", "*/15 * * * *"),
        ("every minute", "* * * * *"),
        ("cada lunes a las 9", "0 9 * * 1"),
        ("Cada lunes a las 9:00", "0 9 * * 1"),
        ("todos los lunes a las 9", "0 9 * * 1"),
        ("los lunes y jueves a las 8:15", "15 8 * * 1,4"),
        ("cada día a las 8", "0 8 * * *"),
        ("todos los días a las 8:30", "30 8 * * *"),
        ("a diario a las 7", "0 7 * * *"),
        ("cada miércoles a la 1", "0 1 * * 3"),
        ("cada sábado a las 9 de la noche", "0 21 * * 6"),
        ("entre semana a las 9", "0 9 * * 1-5"),
        ("de lunes a viernes a las 9", "0 9 * * 1-5"),
        ("días laborables a las 9h", "0 9 * * 1-5"),
        ("el primer lunes de cada mes a las 9", "0 9 * * 1#1"),
        ("el último viernes de cada mes a las 17", "0 17 * * 5L"),
        ("el día 1 de cada mes a las 9", "0 9 1 * *"),
        ("cada hora", "0 * * * *"),
        ("cada 15 minutos", "*/15 * * * *"),
        ("cada día a mediodía", "0 12 * * *"),
        ("0 9 * * 1", "0 9 * * 1"),
        ("`0 9 * * mon`", "0 9 * * MON"),
        ("*/5 * * * *", "*/5 * * * *"),
        ("0 9 1,15 jan-jun *", "0 9 1,15 JAN-JUN *"),
        ("@daily", "0 0 * * *"),
    ],
)  # fmt: skip
def test_rules_become_cron_expressions(words: str, cron: str) -> None:
    assert parse_schedule(words) == cron


@pytest.mark.parametrize(
    ("words", "key"),
    [
        pytest.param("", "schedule-bad", id="nothing"),
        pytest.param("soon", "schedule-bad", id="no rule"),
        pytest.param("every Blursday at 9", "schedule-bad", id="no such day"),
        pytest.param("every Monday at 25", "schedule-bad", id="no such hour"),
        pytest.param("every Monday at 9:75", "schedule-bad", id="no such minute"),
        pytest.param(
            "every Monday at 9 unless it rains", "schedule-bad", id="a word too many is not skipped"
        ),
        pytest.param("every day at 9:00 and 17:30", "schedule-minutes", id="two minutes"),
        pytest.param("every 7 minutes", "schedule-step", id="does not divide the hour"),
        pytest.param("every 5 hours", "schedule-step", id="does not divide the day"),
        pytest.param("every 0 minutes", "schedule-step", id="zero"),
        pytest.param("* * * *", "cron-fields", id="four fields"),
        pytest.param("0 0 9 * * 1", "cron-fields", id="six fields"),
        pytest.param("61 9 * * *", "cron-bad-minute", id="minute"),
        pytest.param("0 24 * * *", "cron-bad-hour", id="hour"),
        pytest.param("0 9 32 * *", "cron-bad-day", id="day"),
        pytest.param("0 9 30 2 *", "cron-never", id="never: 30 February"),
        pytest.param("0 9 * 13 *", "cron-bad-month", id="month"),
        pytest.param("0 9 * * 8", "cron-bad-weekday", id="weekday"),
        pytest.param("*/0 9 * * *", "cron-bad-minute", id="step of zero"),
    ],
)
def test_what_is_no_rule_is_refused_by_name(words: str, key: str) -> None:
    with pytest.raises(BadInput) as refused:
        parse_schedule(words)
    assert refused.value.key == key


@given(st.text(max_size=40) | st.from_regex(r"(every|cada) [a-z ]{0,12}( at| a las) ?\d{0,3}:?\d{0,3}"))
def test_any_text_is_either_a_rule_or_refused(text: str) -> None:
    try:
        cron = parse_schedule(text)
    except MailportError:
        return
    assert len(cron.split()) == 5
    start = datetime(2026, 1, 1, tzinfo=UTC)
    assert next_time(cron, "UTC", start) > start


MADRID = "Europe/Madrid"


def local(zone: str, *moment: int) -> datetime:
    return datetime(*moment, tzinfo=ZoneInfo(zone)).astimezone(UTC)  # type: ignore[arg-type,misc]


def test_a_time_that_spring_skips_happens_once_at_the_first_instant_after_it() -> None:
    times = next_times("30 2 * * *", MADRID, local(MADRID, 2027, 3, 27, 12))
    assert times[0] == local(MADRID, 2027, 3, 28, 3, 0)
    assert times[1] == local(MADRID, 2027, 3, 29, 2, 30)


def test_a_time_that_autumn_repeats_happens_once() -> None:
    times = next_times("30 2 * * *", MADRID, local(MADRID, 2026, 10, 24, 12))
    assert times[0] == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert times[1] == local(MADRID, 2026, 10, 26, 2, 30)


def test_two_times_in_the_gap_are_one_instant() -> None:
    times = next_times("15,45 2 * * *", MADRID, local(MADRID, 2027, 3, 28, 0), 3)
    assert times[0] == local(MADRID, 2027, 3, 28, 3, 0)
    assert times[1] == local(MADRID, 2027, 3, 29, 2, 15)


ZONES = (
    "Europe/Madrid",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kolkata",
    "America/Santiago",
    "UTC",
)
CRONS = ("30 2 * * *", "0 9 * * 1", "0 0 * * *", "30 1 * * 0", "15 0,2,23 * * *", "45 1 1 * *")


def oracle(cron: str, zone_name: str, start: datetime, end: datetime) -> list[datetime]:
    """Minute by minute over the wall clock: slow, and too simple to be wrong."""
    zone = ZoneInfo(zone_name)
    minute, hour, day, _, weekday = cron.split()
    found: set[datetime] = set()
    wall = start.astimezone(zone).replace(tzinfo=None, second=0) - timedelta(days=1)
    last = end.astimezone(zone).replace(tzinfo=None) + timedelta(days=1)
    while wall <= last:
        fits = (
            str(wall.minute) == minute and str(wall.hour) in hour.split(",")
            and day in ("*", str(wall.day)) and weekday in ("*", str(wall.isoweekday() % 7))
        )  # fmt: skip
        if fits:
            found.add(first_instant(wall, zone))
        wall += timedelta(minutes=1)
    return sorted(moment for moment in found if start < moment <= end)


def first_instant(wall: datetime, zone: ZoneInfo) -> datetime:
    """The instant of a wall clock time: its first one if it is repeated, the end of the gap if skipped."""
    while True:
        moment = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
        if moment.astimezone(zone).replace(tzinfo=None) == wall:
            return moment
        wall += timedelta(minutes=1)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("cron", CRONS)
def test_times_agree_with_a_slow_oracle_around_every_change_of_the_clocks(cron: str, zone: str) -> None:
    for start in changes_of(zone):
        end = start + timedelta(days=6)
        times = []
        for due in times_after(cron, zone, start):
            if due > end:
                break
            times.append(due)
        assert times == oracle(cron, zone, start, end), start


def changes_of(zone_name: str) -> list[datetime]:
    """Three days before every change of the clocks from 2025 to 2029, and one plain week."""
    zone = ZoneInfo(zone_name)
    day, changes = datetime(2025, 1, 1, tzinfo=UTC), [datetime(2026, 6, 1, tzinfo=UTC)]
    while day.year < 2030:
        following = day + timedelta(days=1)
        if day.astimezone(zone).utcoffset() != following.astimezone(zone).utcoffset():
            changes.append(day - timedelta(days=2))
        day = following
    return changes


NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def daily(next_at: datetime, missed: tuple[datetime, ...] = ()) -> Report:
    return Report(
        id=3, number=7, workspace="slack:T1", channel="C1", cron="0 9 * * *", timezone="UTC", targets=(),
        grace_s=6 * 3600, created_at=NOON, created_by="U1", next_at=next_at, missed=missed,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("next_at", "now", "due", "missed"),
    [
        pytest.param("24 09:00", "24 09:00", "24 09:00", [], id="on time"),
        pytest.param("24 09:00", "24 14:59", "24 09:00", [], id="late, within the grace"),
        pytest.param("24 09:00", "24 15:01", None, ["24 09:00"], id="too late: missed"),
        pytest.param("22 09:00", "24 10:00", "24 09:00", ["22 09:00"], id="asleep for days: the latest once"),
        pytest.param("24 09:00", "25 09:00", "25 09:00", ["24 09:00"], id="a whole day late: the newer one"),
    ],
)
def test_a_late_report(next_at: str, now: str, due: str | None, missed: list[str]) -> None:
    turnover = turn_over(daily(at(next_at)), at(now))
    assert turnover.due == (at(due) if due else None)
    assert list(turnover.missed) == [at(one) for one in missed]
    assert turnover.after.next_at is not None
    assert turnover.after.next_at > at(now)
    assert (turnover.message is None) == (due is None)
    assert turnover.after.missed == (() if due else turnover.missed)


def test_what_was_missed_is_said_in_the_next_post() -> None:
    turnover = turn_over(daily(at("24 09:00"), missed=(at("23 09:00"),)), at("24 09:00"))
    assert turnover.message is not None
    assert turnover.message.key == f"report-3-{int(at('24 09:00').timestamp())}"
    assert turnover.message.payload["missed"] == [at("23 09:00").isoformat()]


def test_a_report_of_every_minute_after_a_year_asleep_is_quick_and_bounded() -> None:

    report = replace(daily(NOON - timedelta(days=365)), cron="* * * * *")
    turnover = turn_over(report, NOON)
    assert turnover.due == NOON
    assert len(turnover.missed) == 20


def at(text: str) -> datetime:
    return datetime.strptime(f"2026-11-{text} +0000", "%Y-%m-%d %H:%M %z")
