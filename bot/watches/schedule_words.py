"""Rules in words, English and Spanish, as cron expressions: "every Monday at 9", "cada lunes a las 9".

The words are folded (lower case, no accents), times of day are taken out first, and what is left must
be one of the forms below, whole: a word that is not understood is refused, never skipped.
"""

from __future__ import annotations

import re
import unicodedata

from bot.errors import BadInput

DEFAULT_TIME = (9, 0)
_DAYS = {
    "sunday": 0, "sun": 0, "domingo": 0, "monday": 1, "mon": 1, "lunes": 1, "tuesday": 2, "tue": 2,
    "tues": 2, "martes": 2, "wednesday": 3, "wed": 3, "miercoles": 3, "thursday": 4, "thu": 4,
    "thur": 4, "thurs": 4, "jueves": 4, "friday": 5, "fri": 5, "viernes": 5, "saturday": 6, "sat": 6,
    "sabado": 6,
}  # fmt: skip
_DAY = "(?:" + "|".join(sorted((f"{name}s?" for name in _DAYS), key=len, reverse=True)) + ")"
_ORDINALS = {
    "first": "#1", "1st": "#1", "primer": "#1", "primero": "#1", "second": "#2", "2nd": "#2",
    "segundo": "#2", "third": "#3", "3rd": "#3", "tercer": "#3", "tercero": "#3", "fourth": "#4",
    "4th": "#4", "cuarto": "#4", "last": "L", "ultimo": "L",
}  # fmt: skip
_ORDINAL = "(?:" + "|".join(sorted(_ORDINALS, key=len, reverse=True)) + ")"
_EVERY = r"(?:(?:every|each|on|cada|todos los|el|los|all|the|de|on the)\s+)*"
_MONTH = r"(?:\s+(?:of|in|de|del)?\s*(?:the|each|every|cada|el|todos los)?\s*(?:month|mes|meses|mensual))?"

_CLOCK = (
    r"(?P<hour>\d{1,2})(?:[:.h](?P<minute>\d{2})|h)?\s*"
    r"(?P<half>am|pm|a\.m\.?|p\.m\.?|de la manana|de la madrugada|de la tarde|de la noche"
    r"|hrs?|horas|o'?clock)?"
)
_NAMED = r"(?P<named>noon|midday|midnight|mediodia|medianoche)"
_AT = r"(?:\bat\s+|\ba\s+las?\s+|\ba\s+|@\s*)"
_TIME = re.compile(rf"(?:{_AT}(?:{_CLOCK}|{_NAMED.replace('named', 'named2')}))(?![\w:/])")
_BARE_TIME = re.compile(
    r"(?<![\w:/])(?:(?P<hour>\d{1,2})(?:(?:[:.h](?P<minute>\d{2})|h)\s*(?P<half>am|pm)?|\s*(?P<half2>am|pm))"
    rf"|{_NAMED})(?![\w:/])"
)
_MORE_TIMES = re.compile(
    r"(?:\s*(?:,|\band\b|\by\b)\s*(?:a\s+las?\s+|at\s+)?)(\d{1,2}(?:[:.]\d{2})?)(?![\w:/])"
)
_STEP = re.compile(r"(?:every|each|cada)\s+(?:(\d{1,2})\s+)?(minutes?|mins?|minutos?|hours?|horas?|h|m)")
_MONTH_DAY = re.compile(
    rf"(?:{_EVERY}(?:month|mes)\s+)?(?:monthly\s+|mensualmente\s+)?(?:on\s+)?(?:the\s+|el\s+)?"
    r"(?:day\s+|dia\s+)?(\d{1,2})(?:st|nd|rd|th|\.)?"
    r"(?:\s+(?:of|de)\s+(?:each|every|the|cada)?\s*(?:month|mes))?"
)


def cron_of_words(text: str) -> str:
    """The cron expression of a rule in words.

    Raises:
        BadInput: `schedule-bad`; `schedule-minutes` for times with different minutes;
            `schedule-step` for an interval that does not divide the hour or the day.
    """
    folded = _fold(text)
    step = _STEP.fullmatch(folded)
    if step is not None:
        return _stepped(int(step[1] or 1), step[2])
    rest, times = _take_times(folded, text)
    days = _days(" ".join(rest.split()))
    if days is None or (not times and not rest.strip()):
        raise BadInput("schedule-bad", text=text.strip()[:60])
    return f"{_times(times or [DEFAULT_TIME], text)} {days}"


def _fold(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.lower())
    plain = "".join(one for one in plain if not unicodedata.combining(one))
    return " ".join(plain.strip(" .`'\"").split())


def _stepped(count: int, unit: str) -> str:
    minutes = unit.startswith("m")
    if count < 1 or (60 if minutes else 24) % count:
        raise BadInput("schedule-step", count=count)
    if minutes:
        return "* * * * *" if count == 1 else f"*/{count} * * * *"
    return "0 * * * *" if count == 1 else f"0 */{count} * * *"


def _take_times(folded: str, text: str) -> tuple[str, list[tuple[int, int]]]:
    """What is left of the words, and the times of day that were in them."""
    found = _TIME.search(folded) or _BARE_TIME.search(folded)
    if found is None:
        return folded, []
    times = [_time(found, text)]
    rest = folded[found.end() :]
    while (more := _MORE_TIMES.match(rest)) is not None:
        hour, _, minute = more[1].replace(".", ":").partition(":")
        times.append(_valid(int(hour), int(minute or 0), text))
        rest = rest[more.end() :]
    return f"{folded[: found.start()]} {rest}", times


def _time(found: re.Match[str], text: str) -> tuple[int, int]:
    groups = found.groupdict()
    named = groups.get("named") or groups.get("named2")
    if named:
        return (0, 0) if named in ("midnight", "medianoche") else (12, 0)
    hour, minute = int(groups["hour"]), int(groups.get("minute") or 0)
    half = groups.get("half") or groups.get("half2") or ""
    if half.startswith("p") or half in ("de la tarde", "de la noche"):
        hour = hour + 12 if hour < 12 else hour
    elif half.startswith("a") and hour == 12:
        hour = 0
    return _valid(hour, minute, text)


def _valid(hour: int, minute: int, text: str) -> tuple[int, int]:
    if hour > 23 or minute > 59:
        raise BadInput("schedule-bad", text=text.strip()[:60])
    return hour, minute


def _times(times: list[tuple[int, int]], text: str) -> str:
    minutes = {minute for _, minute in times}
    if len(minutes) > 1:
        raise BadInput("schedule-minutes", text=text.strip()[:60])
    hours = ",".join(str(hour) for hour in sorted({hour for hour, _ in times}))
    return f"{minutes.pop()} {hours}"


def _days(rest: str) -> str | None:
    """Day of month, month and weekday fields; None when the words are not understood."""
    rest = rest.replace(",", " , ")
    rest = " ".join(rest.split()).strip(" ,")
    if re.fullmatch(
        rf"|{_EVERY}(?:day|dia|dias)|daily|diario|a diario|diariamente|todos los dias|every single day", rest
    ):
        return "* * *"
    if re.fullmatch(
        rf"{_EVERY}(?:weekdays?|working days?|workdays?|business days?|dias? (?:laborables?|habiles?)|"
        r"laborables|entre semana)|monday (?:to|through|-) friday|mon-fri|(?:de )?lunes a viernes",
        rest,
    ):
        return "* * 1-5"
    if re.fullmatch(rf"{_EVERY}(?:weekends?|fin(?:es)? de semana)", rest):
        return "* * 0,6"
    if re.fullmatch(r"weekly|every week|semanal|semanalmente|cada semana", rest):
        return "* * 1"
    if re.fullmatch(r"monthly|every month|mensual|mensualmente|cada mes", rest):
        return "1 * *"
    return _named_days(rest) or _nth_day(rest) or _month_day(rest)


def _named_days(rest: str) -> str | None:
    shape = re.fullmatch(
        rf"(?:weekly\s+)?{_EVERY}({_DAY}(?:\s*(?:,|and|y|&)\s*(?:and\s+|y\s+)?(?:on\s+|los\s+|el\s+)?{_DAY})*)"
        r"(?:\s+(?:of|de) (?:each|every|cada) (?:week|semana))?",
        rest,
    )
    if shape is None:
        return None
    days = sorted({_day(name) for name in re.findall(_DAY, shape[1])})
    return f"* * {','.join(map(str, days))}"


def _nth_day(rest: str) -> str | None:
    shape = re.fullmatch(rf"{_EVERY}({_ORDINAL})\s+({_DAY}){_MONTH}", rest)
    if shape is None:
        return None
    return f"* * {_day(shape[2])}{_ORDINALS[shape[1]]}"


def _month_day(rest: str) -> str | None:
    if re.fullmatch(rf"{_EVERY}(?:last day|ultimo dia){_MONTH}", rest):
        return "L * *"
    shape = _MONTH_DAY.fullmatch(rest)
    if shape is None or not re.search(r"month|mes|dia|day|th|st|nd|rd", rest):
        return None
    day = int(shape[1])
    return f"{day} * *" if 1 <= day <= 31 else None


def _day(name: str) -> int:
    return _DAYS[name] if name in _DAYS else _DAYS[name.removesuffix("s")]
