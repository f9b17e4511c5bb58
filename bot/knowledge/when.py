"""Times in a request: schedules, intervals and spans, English and Spanish, out of folded text.

What comes out is in the words that the commands take; `bot.watches.schedule_words` reads those.
"""

from __future__ import annotations

import re

_DAYS = {
    "monday": ("monday", "mondays", "lunes", "mon"),
    "tuesday": ("tuesday", "tuesdays", "martes", "tue"),
    "wednesday": ("wednesday", "wednesdays", "miercoles", "wed"),
    "thursday": ("thursday", "thursdays", "jueves", "thu"),
    "friday": ("friday", "fridays", "viernes", "fri"),
    "saturday": ("saturday", "saturdays", "sabado", "sabados", "sat"),
    "sunday": ("sunday", "sundays", "domingo", "domingos", "sun"),
}
_EVERY_DAY = r"\b(?:every ?day|each day|daily|day|cada dia|todos los dias|diari\w+|a diario|every (?:single )?(?:morning|evening|night|afternoon)|each (?:morning|evening)|cada (?:manana|noche|tarde)|todas las (?:mananas|noches|tardes)|mornings?|nightly)\b"
_WEEKDAYS = r"\b(?:weekdays?|working days?|workdays?|business days?|dias (?:laborables|habiles|de trabajo)|de lunes a viernes|monday (?:to|through) friday|mon-fri|entre semana)\b"
_WEEKLY = r"\b(?:weekly|every week|each week|once a week|semanal\w*|cada semana|todas las semanas|una vez (?:a la|por) semana)\b"
_HOURLY = r"\b(?:hourly|every hour|each hour|cada hora)\b"
_EVERY_HOURS = r"\b(?:every|each|cada)\s+(\d{1,2})\s*(?:hours?|horas?|hrs?|h)\b"
_WEEKENDS = r"\b(?:every weekend|weekends|fin(?:es)? de semana)\b"
_ORDINALS = {
    "first": "first", "1st": "first", "primer": "first", "second": "second", "2nd": "second", "segundo": "second",
    "third": "third", "3rd": "third", "tercer": "third", "last": "last", "ultimo": "last",
}  # fmt: skip
_NTH = (
    r"\b(?:"
    + "|".join(_ORDINALS)
    + r")\b(?= (?:monday|tuesday|wednesday|thursday|friday|saturday|sunday|lunes|martes|miercoles|jueves|viernes|sabado|domingo))"
)
_MONTH_DAY = (
    r"\b(\d{1,2})(?:st|nd|rd|th)? (?:of|de) (?:the|each|every|cada) (?:month|mes)\b"
    r"|\b(?:month|mes)(?:ly|ual)? (?:on )?(?:the |el )?(?:day |dia )?(\d{1,2})(?:st|nd|rd|th)?\b(?![:.]\d)"
    r"|\bel dia (\d{1,2}) de cada mes\b"
)
_PAST = r"\b(half|quarter) past (\d{1,2}|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)\b"
_MONTHLY = r"\b(?:monthly|every month|each month|mensual\w*|cada mes|todos los meses|first (?:day )?of (?:the|every|each) month)\b"
_CLOCK = (
    r"(?<![\d:.])(?P<hour>[01]?\d|2[0-4])(?:[:.h](?P<minute>[0-5]\d))\s*h?\s*(?P<half>[ap]\.?\s?m\b\.?)?"
    r"|(?<![\d:.])(?P<hour2>\d{1,2})\s*(?P<half2>[ap]\.?\s?m\b\.?)"
    r"|(?<![\d:.])(?P<hour4>[01]?\d|2[0-4])\s?h(?:rs?)?\b"
    r"|\b(?:at|a las|a la|sobre las|hacia las|around|by)\s+(?P<hour3>\d{1,2})\b(?!\s*[:.]\d)(?:\s*(?:o'?clock|en punto|h\b|hrs?\b|horas\b))?(?P<half3>\s*(?:in the (?:morning|evening|afternoon)|de la (?:manana|tarde|noche)))?"
)
_WORD_HOURS = {
    "noon": 12,
    "midday": 12,
    "mediodia": 12,
    "midnight": 0,
    "medianoche": 0,
}
_SPOKEN = {
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
    "eleven": 11,
    "twelve": 12,
    "una": 1,
    "dos": 2,
    "tres": 3,
    "cuatro": 4,
    "cinco": 5,
    "seis": 6,
    "siete": 7,
    "ocho": 8,
    "nueve": 9,
    "diez": 10,
    "once": 11,
    "doce": 12,
}
_SPOKEN_HOUR = (
    r"\b(?:at|a las|a la)\s+("
    + "|".join(_SPOKEN)
    + r")\b(?P<half>\s*(?:[ap]\.?m\b|in the (?:morning|evening|afternoon)|de la (?:manana|tarde|noche)))?"
)
_EVERY = r"\b(?:every|each|cada)\s+(?:(\d{1,4})\s*)?(s|sec|seconds?|segundos?|m|mins?|minutes?|minutos?|h|hrs?|hours?|horas?|d|days?|dias?)\b"
_SPAN = r"\b(\d{1,4})\s*(days?|dias?|weeks?|semanas?|months?|mes(?:es)?|hours?|horas?|years?|anos?)\b"


def schedule_of(folded: str) -> str | None:
    """A schedule in the words that `report add` takes: "every Monday at 09:00"; None without one."""
    days = [day for day, names in _DAYS.items() if re.search(rf"\b(?:{'|'.join(names)})\b", folded)]
    step = re.search(_EVERY_HOURS, folded)
    if step and 24 % int(step[1] or 1) == 0:
        return f"every {step[1]} hours" if int(step[1] or 1) > 1 else "every hour"
    clock = _clock(re.sub(_EVERY_HOURS, " ", folded))
    at = f" at {clock or '08:00'}"
    if re.search(_HOURLY, folded):
        return "every hour"
    of_month = _day_of_month(folded, days)
    if of_month:
        return of_month + at
    if re.search(_WEEKENDS, folded):
        return f"every weekend{at}"
    if re.search(_WEEKDAYS, folded):
        return f"every weekday{at}"
    if days:
        return f"every {' and '.join(days)}{at}" if len(days) < 7 else f"every day{at}"
    if re.search(_MONTHLY, folded):
        return f"every month{at}"
    if re.search(_WEEKLY, folded):
        return f"every monday{at}"
    return f"every day{at}" if re.search(_EVERY_DAY, folded) else None


def _day_of_month(folded: str, days: list[str]) -> str:
    """Such as "every first monday of the month", "every month on day 15"; empty when no such day is named."""
    nth = re.search(_NTH, folded)
    if nth and days and re.search(r"\b(?:month|mes)\b", folded):
        return f"every {_ORDINALS[nth[0]]} {days[0]} of the month"
    day = re.search(_MONTH_DAY, folded)
    number = next((int(one) for one in day.groups() if one), 0) if day else 0
    return f"every month on day {number}" if 1 <= number <= 31 else ""


def _clock(folded: str) -> str | None:
    past = re.search(_PAST, folded)
    if past:
        hour = int(past[2]) if past[2].isdigit() else _SPOKEN[past[2]]
        minute = 30 if past[1] == "half" else 15
        return _time(hour, minute, folded[past.end() : past.end() + 18])
    for word, named in _WORD_HOURS.items():
        if re.search(rf"\b{word}\b", folded):
            return f"{named:02d}:00"
    spoken = re.search(_SPOKEN_HOUR, folded)
    if spoken:
        return _time(_SPOKEN[spoken[1]], _minutes_after(folded[spoken.end(1) :]), spoken["half"] or "")
    for match in re.finditer(_CLOCK, folded):
        told = match["hour"] or match["hour2"] or match["hour3"] or match["hour4"]
        half = match["half"] or match["half2"] or match["half3"] or ""
        if int(told) > 24:
            continue
        after = folded[match.end() : match.end() + 14]
        return _time(int(told), int(match["minute"] or 0), half or after)
    return None


def _minutes_after(words: str) -> int:
    """The minutes of "a las ocho y media"."""
    found = re.match(r"\s+(?:y (media|cuarto)|thirty|fifteen)\b", words)
    return 0 if found is None else 15 if "cuarto" in found[0] or "fifteen" in found[0] else 30


def _time(hour: int, minute: int, half: str) -> str:
    half = half.strip().replace(".", "").replace(" ", "")
    later = half.startswith(("pm", "delatarde", "delanoche", "intheevening", "intheafternoon"))
    if later and hour < 12:
        hour += 12
    if (half.startswith(("am", "delamanana", "inthemorning"))) and hour == 12:
        hour = 0
    return f"{hour % 24:02d}:{minute:02d}"


def interval_of(folded: str) -> str | None:
    """The interval that a watch takes: "15m"; None without one."""
    found = re.search(_EVERY, folded)
    if found is None:
        if re.search(r"\b(?:hourly|every hour|cada hora)\b", folded):
            return "1h"
        return None
    unit = found[2][0]
    if unit == "d" and found[1] is None:
        return None
    return f"{found[1] or 1}{unit}"


def days_of(folded: str) -> int | None:
    """How many days back a text looks: 7 for "last week"; None when it does not say."""
    found = re.search(_SPAN, folded)
    number = int(found[1]) if found else 1
    words = {
        "day": 1,
        "dia": 1,
        "wee": 7,
        "sem": 7,
        "mon": 30,
        "mes": 30,
        "hou": 0,
        "hor": 0,
        "yea": 365,
        "ano": 365,
    }
    if found:
        return max(1, number * words[found[2][:3]] or -(-number // 24))
    if re.search(r"\b(?:week|semana)\b", folded):
        return 7
    if re.search(r"\b(?:month|mes)\b", folded):
        return 30
    return 1 if re.search(r"\b(?:yesterday|ayer|last night|anoche)\b", folded) else None
