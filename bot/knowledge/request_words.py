"""What a request in words asks for: the target, the ports, the schedule, how many days back."""

from __future__ import annotations

import re

from bot.knowledge.entities import Entities, Named
from bot.knowledge.words import fold

_DAYS = {
    "monday": "Monday", "lunes": "Monday", "tuesday": "Tuesday", "martes": "Tuesday", "wednesday": "Wednesday",
    "miercoles": "Wednesday", "thursday": "Thursday", "jueves": "Thursday", "friday": "Friday",
    "viernes": "Friday", "saturday": "Saturday", "sabado": "Saturday", "sunday": "Sunday", "domingo": "Sunday",
}  # fmt: skip
_WEEKDAYS = re.compile(
    r"\b(weekdays?|workdays?|working days?|dias? laborables?|dias? habiles|entre semana)\b"
)
_DAILY = re.compile(
    r"\b(daily|every (?:single )?(?:day|morning|evening|night|afternoon)|each (?:day|morning)|diari[oa]s?|diariamente|"
    r"cada (?:dia|manana|tarde|noche)|todos los dias|todas las (?:mananas|tardes|noches))\b"
)
_WEEKLY = re.compile(
    r"\b(weekly|every week|once a week|semanal(?:es|mente)?|cada semana|todas las semanas)\b"
)
_MONTHLY = re.compile(r"\b(monthly|every month|mensual(?:es|mente)?|cada mes|todos los meses)\b")
_HOURLY = re.compile(r"\b(hourly|every hour|cada hora)\b")
_CLOCK = re.compile(
    r"\b(?:at|a las?|around|sobre las|@)?\s*(\d{1,2})(?:[:.h](\d{2}))?\s*(?:h\b|hrs?\b|horas?\b|o'?clock)?\s*"
    r"(a\.?\s?m\b\.?|p\.?\s?m\b\.?|de la manana|de la tarde|de la noche|in the (?:morning|afternoon|evening))?"
)
_NOON = re.compile(r"\b(noon|midday|mediodia)\b")
_MIDNIGHT = re.compile(r"\b(midnight|medianoche)\b")
_PERIOD = re.compile(
    r"(\d{1,4}|\ba|\bone|\bun|\buna|\blast|\bpast|\bultim[oa]s?|\bthis|\best[ae])\s*"
    r"(days?|dias?|weeks?|semanas?|months?|mes(?:es)?|years?|anos?)\b"
)
_UNITS = {"d": 1, "w": 7, "s": 7, "m": 30, "y": 365, "a": 365}


def target_of(entities: Entities) -> str | None:
    """The one thing a request is about: `host`, `host:port` or `[v6]:port`; None when nothing is named."""
    named = (*entities.targets, *entities.provider_hosts)
    if not named:
        return entities.addresses[0].rpartition("@")[2] if entities.addresses else None
    first = named[0]
    if first.port is None and len(entities.ports) == 1:
        first = Named(first.name, entities.ports[0])
    return str(first)


def ports_of(entities: Entities) -> str | None:
    """Several ports as `25,587`; None when at most one is named."""
    return ",".join(map(str, entities.ports)) if len(entities.ports) > 1 else None


def schedule_of(text: str) -> str | None:
    """The schedule in the words of `report add`, such as "every day at 08:00"; None when none is named."""
    folded = fold(text)
    day = next((name for word, name in _DAYS.items() if re.search(rf"\b{word}s?\b", folded)), None)
    clock = _clock(folded)
    if day is not None:
        return f"every {day} at {clock or '09:00'}"
    if _WEEKDAYS.search(folded):
        return f"every weekday at {clock or '09:00'}"
    if _WEEKLY.search(folded):
        return f"every Monday at {clock or '09:00'}"
    if _MONTHLY.search(folded):
        hour, _, minute = (clock or "09:00").partition(":")
        return f"{int(minute)} {int(hour)} 1 * *"
    if _HOURLY.search(folded):
        return "0 * * * *"
    return f"every day at {clock or '09:00'}" if _DAILY.search(folded) else None


def _clock(folded: str) -> str | None:
    if _NOON.search(folded):
        return "12:00"
    if _MIDNIGHT.search(folded):
        return "00:00"
    best: str | None = None
    for match in _CLOCK.finditer(folded):
        hour, minute, half = (
            int(match[1]),
            int(match[2] or 0),
            (match[3] or "").replace(".", "").replace(" ", ""),
        )
        told = match[2] is not None or half or re.match(r"\s*(at|a las?|around|sobre las|@)", match[0])
        if not told or hour > 23 or minute > 59:
            continue
        if half.startswith(("p", "delatarde", "delanoche", "intheaft", "intheeve")) and hour < 12:
            hour += 12
        elif half.startswith("a") and hour == 12:
            hour = 0
        best = best or f"{hour:02d}:{minute:02d}"
    return best


def days_of(text: str) -> int | None:
    """How many days back a question about the past means; None when it does not say."""
    match = _PERIOD.search(fold(text))
    if match is None:
        return 1 if re.search(r"\b(yesterday|today|ayer|hoy)\b", fold(text)) else None
    count = int(match[1]) if match[1].isdigit() else 1
    return count * _UNITS[match[2][0]]
