"""Maintenance windows in words, English and Spanish: "tomorrow 22:00 to 23:30", "ahora durante 2h".

The words are folded (lower case, no accents) and must match one form, whole: a word that is not
understood is refused, never skipped. Times are read in a time zone; one that the clocks skip means the
instant after, one that they repeat means the first. A window that ends before it begins goes over midnight.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.errors import BadInput
from bot.model.duration import parse_duration, show_duration
from bot.watches.watch import Window

MAX_LENGTH = timedelta(days=30)
MAX_AHEAD = timedelta(days=366)
_DAYS = {
    "monday": 0, "mon": 0, "lunes": 0, "lun": 0, "tuesday": 1, "tue": 1, "martes": 1, "mar": 1,
    "wednesday": 2, "wed": 2, "miercoles": 2, "mie": 2, "thursday": 3, "thu": 3, "jueves": 3, "jue": 3,
    "friday": 4, "fri": 4, "viernes": 4, "vie": 4, "saturday": 5, "sat": 5, "sabado": 5, "sab": 5,
    "sunday": 6, "sun": 6, "domingo": 6, "dom": 6,
}  # fmt: skip
_MONTHS = {
    "jan": 1, "ene": 1, "feb": 2, "mar": 3, "apr": 4, "abr": 4, "may": 5, "jun": 6, "jul": 7, "aug": 8,
    "ago": 8, "sep": 9, "oct": 10, "nov": 11, "dec": 12, "dic": 12,
}  # fmt: skip
_MONTH = r"(?:" + "|".join(_MONTHS) + r")[a-z]*\.?"
_DAY = "|".join(sorted(_DAYS, key=len, reverse=True))


def _date_shape(name: str) -> str:
    return (
        rf"(?:(?:on|el|this|este|next|proximo)\s+)*(?P<{name}>\d{{4}}-\d{{1,2}}-\d{{1,2}}|today|hoy|tonight"
        rf"|tomorrow|manana|(?:{_DAY})|\d{{1,2}}\.?(?:\s+de)?\s+{_MONTH}(?:(?:\s+de)?\s+\d{{4}})?"
        rf"|{_MONTH}\s+\d{{1,2}}(?:,?\s+\d{{4}})?)"
    )


def _time_shape(name: str) -> str:
    return (
        rf"(?:(?:at|a|las?|from|de|desde|between|entre)\s+)*(?P<{name}>\d{{1,2}}(?:[:.h]\d{{2}})?h?\s*(?:am|pm)?"
        r"|midnight|medianoche|noon|mediodia)"
    )


_TO = r"\s*(?:to|until|till|and|hasta|a|y|-|–|/)\s*"
_FOR = r"\s+(?:for|durante|por)\s+(?P<length>\d[\d.]*\s*[a-z]+|(?:an?|una?)\s+[a-z]+)"
_FROM_NOW = r"(?:(?P<now>now|ahora|from now|desde ahora)\s+)?(?:for|durante|por)?\s*"
_FORMS = tuple(
    re.compile(shape)
    for shape in (
        rf"{_FROM_NOW}(?P<length>\d[\d.]*\s*[a-z]+)",
        rf"(?P<now>now|ahora){_TO}(?:{_date_shape('day2')}[,t\s]*)?{_time_shape('end')}",
        rf"(?:{_date_shape('day')}[,t\s]*)?{_time_shape('start')}{_FOR}",
        rf"(?:{_date_shape('day')}[,t\s]*)?{_time_shape('start')}{_TO}(?:{_date_shape('day2')}[,t\s]*)?{_time_shape('end')}",
        rf"{_date_shape('day')}",
    )
)
_ZONE = re.compile(r"\s+\(?([A-Z][A-Za-z_]+/[A-Za-z_/+-]+|UTC|GMT)\)?\s*$")


def parse_window(text: str, timezone: str, now: datetime) -> Window:
    """The window that the words mean.

    Args:
        timezone: IANA name that holds where it was written; a zone at the end of the words wins.

    Raises:
        BadInput: `window-bad`, `window-past`, `window-long`, `window-far`, `timezone-bad`.
    """
    zone = _ZONE.search(text)
    words, here = (text[: zone.start()], _zone(zone[1])) if zone else (text, ZoneInfo(timezone))
    folded = _fold(words)
    today = now.astimezone(here)
    found = next((match for form in _FORMS if (match := form.fullmatch(folded)) is not None), None)
    if found is None:
        raise BadInput("window-bad", text=text.strip()[:60])
    parts = found.groupdict()
    start, end = _read(parts, today, text)
    if end <= now and (turn := _turn(parts)):
        start, end = _read(parts, today, text, turn)
    window = Window(start=start.astimezone(UTC), end=end.astimezone(UTC))
    if window.end <= now:
        raise BadInput("window-past", text=text.strip()[:60])
    if window.end - window.start > MAX_LENGTH:
        raise BadInput("window-long", given=show_duration((window.end - window.start).total_seconds()))
    if window.start - now > MAX_AHEAD:
        raise BadInput("window-far", text=text.strip()[:60])
    return window


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise BadInput("timezone-bad", text=name[:40]) from None


def _fold(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.lower())
    plain = "".join(one for one in plain if not unicodedata.combining(one))
    return " ".join(plain.strip(" .`'\"").split())


def _turn(parts: dict[str, str | None]) -> timedelta:
    """How much later the words mean when today's time for them is over; nothing when a date was named."""
    if parts.get("now") or parts.get("day2"):
        return timedelta()
    if parts.get("day") is None:
        return timedelta(days=1)
    return timedelta(days=7) if parts["day"] in _DAYS else timedelta()


def _read(
    parts: dict[str, str | None], today: datetime, text: str, later: timedelta = timedelta()
) -> tuple[datetime, datetime]:
    length = _length(parts.get("length"), text)
    if length is not None and parts.get("start") is None:
        return today, today + length
    day = _date(parts.get("day"), today, text) + later
    if parts.get("now"):
        start = today
    elif parts.get("start") is None:  # a whole day
        start = _at(day, time(), today)
        return start, _at(day + timedelta(days=1), time(), today)
    else:
        start = _at(day, _clock(parts["start"] or "", text), today)
    if length is not None:
        # By real time, not by the clock on the wall: two hours are two hours when clocks change.
        return start, (start.astimezone(UTC) + length).astimezone(today.tzinfo)
    until = _clock(parts.get("end") or "", text)
    last = _date(parts["day2"], today, text) if parts.get("day2") else start.date()
    end = _at(last, until, today)
    if end <= start and not parts.get("day2"):
        end = _at(last + timedelta(days=1), until, today)
    if end <= start:
        raise BadInput("window-bad", text=text.strip()[:60])
    return start, end


def _at(day: date, clock: time, today: datetime) -> datetime:
    moment = datetime.combine(day, clock, today.tzinfo)
    # A time that the clocks skip: what it means in UTC is the instant after the change.
    return moment.astimezone(UTC).astimezone(today.tzinfo)


def _length(words: str | None, text: str) -> timedelta | None:
    if not words:
        return None
    seconds = parse_duration(re.sub(r"^(?:an?|una?)\s+", "1 ", words))
    if seconds is None or seconds <= 0:
        raise BadInput("window-bad", text=text.strip()[:60])
    return timedelta(seconds=seconds)


def _clock(words: str, text: str) -> time:
    if words in ("midnight", "medianoche"):
        return time()
    if words in ("noon", "mediodia"):
        return time(12)
    found = re.fullmatch(r"(\d{1,2})(?:[:.h](\d{2}))?h?\s*(am|pm)?", words)
    if found is None:
        raise BadInput("window-bad", text=text.strip()[:60])
    hour, minute = int(found[1]), int(found[2] or 0)
    if found[3] == "pm" and hour < 12:
        hour += 12
    elif found[3] == "am" and hour == 12:
        hour = 0
    if hour == 24 and minute == 0:
        hour = 0  # "until 24:00" is midnight, and a window that ends there goes over it
    if hour > 23 or minute > 59:
        raise BadInput("window-bad", text=text.strip()[:60])
    return time(hour, minute)


def _date(words: str | None, today: datetime, text: str) -> date:
    day = today.date()
    if words in (None, "today", "hoy", "tonight"):
        return day
    assert words is not None
    if words in ("tomorrow", "manana"):
        return day + timedelta(days=1)
    if words in _DAYS:
        return day + timedelta(days=(_DAYS[words] - day.weekday()) % 7)
    try:
        return _calendar_date(words, day)
    except ValueError:
        raise BadInput("window-bad", text=text.strip()[:60]) from None


def _calendar_date(words: str, day: date) -> date:
    """A date by the calendar; one without a year is the next such day.

    Raises:
        ValueError: There is no such day.
    """
    if re.fullmatch(r"\d{4}-\d{1,2}-\d{1,2}", words):
        year, month, number = map(int, words.split("-"))
        return date(year, month, number)
    numbers = [int(one) for one in re.findall(r"\d+", words)]
    name = re.search(r"[a-z]{3}", words.replace("de ", ""))
    month = _MONTHS[name[0]] if name else 0
    if len(numbers) > 1:
        return date(numbers[1], month, numbers[0])
    this_year = date(day.year, month, numbers[0])
    return this_year if this_year >= day else date(day.year + 1, month, numbers[0])
