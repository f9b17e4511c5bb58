"""Times and lengths of time as people read them, in the language and time zone of a channel."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from bot.i18n import template


@cache
def _names(language: str, what: str) -> tuple[str, ...]:
    return tuple(template(language, f"moment.{what}").split())


def local(at: datetime, timezone: str) -> datetime:
    """The moment in that zone."""
    return at.astimezone(ZoneInfo(timezone))


def show_moment(at: datetime, language: str, timezone: str) -> str:
    """A moment in full: `Tue 24 Nov 2026, 13:00 CET`."""
    here = local(at, timezone)
    weekday = _names(language, "weekdays")[here.weekday()]
    return f"{weekday} {show_day(here, language)} {here.year}, {here:%H:%M} {zone_of(here)}"


def show_day(here: datetime, language: str) -> str:
    """A day without its year, `24 Nov`; the moment is in its zone already."""
    return f"{here.day} {_names(language, 'months')[here.month - 1]}"


def show_short(at: datetime, language: str, timezone: str) -> str:
    """A moment for tables and axes: `24 Nov 13:00`."""
    here = local(at, timezone)
    return f"{show_day(here, language)} {here:%H:%M}"


def zone_of(here: datetime) -> str:
    """The zone's own abbreviation where it has one (`CET`), else the offset (`UTC-03`)."""
    name = here.tzname() or "UTC"
    return f"UTC{name}" if name[:1] in "+-" else name


def show_length(length: timedelta) -> str:
    """A length of time in its two largest units: `3 d 4 h`, `2 h 5 min`, `40 s`."""
    seconds = max(0, int(length.total_seconds()))
    parts = [
        (seconds // 86400, "d"),
        (seconds % 86400 // 3600, "h"),
        (seconds % 3600 // 60, "min"),
        (seconds % 60, "s"),
    ]
    first = next((index for index, (count, _) in enumerate(parts) if count), 3)
    shown = [f"{count} {unit}" for count, unit in parts[first : first + 2] if count]
    return " ".join(shown) or "0 s"
