"""A report's rule in words: "every Monday at 09:00", "cada lunes a las 9:00"; else the cron expression."""

from __future__ import annotations

import re

from bot.i18n import say, template

_EVERY_DAY = "*"


def rule_words(cron: str, language: str) -> str:
    """The rule in words of the language; a rule that has no plain words is shown as it is."""
    minute, hour, day, month, weekday = cron.split()
    stepped = _stepped(minute, hour, day, month, weekday, language)
    if stepped:
        return stepped
    days = _days(day, month, weekday, language)
    if days is None or not _is_list(minute) or not _is_list(hour):
        return say(language, "rule.cron", cron=cron)
    times = [f"{int(h):02d}:{int(m):02d}" for h in hour.split(",") for m in minute.split(",")]
    return say(language, "rule.at", days=days, times=_and(times, language))


def _is_list(field: str) -> bool:
    return re.fullmatch(r"\d+(,\d+)*", field) is not None


def _stepped(minute: str, hour: str, day: str, month: str, weekday: str, language: str) -> str:
    if (day, month, weekday) != ("*", "*", "*"):
        return ""
    if hour == "*":
        step = re.fullmatch(r"\*/(\d+)", minute)
        if minute == "*" or step:
            count = int(step[1]) if step else 1
            return say(language, "rule.minute" if count == 1 else "rule.minutes", count=count)
        return say(language, "rule.hour") if minute == "0" else ""
    step = re.fullmatch(r"\*/(\d+)", hour)
    if step is None or minute != "0":
        return ""
    count = int(step[1])
    return say(language, "rule.hour" if count == 1 else "rule.hours", count=count)


def _days(day: str, month: str, weekday: str, language: str) -> str | None:
    if month != "*":
        return None
    if day == "*":
        return _weekdays(weekday, language)
    if weekday != "*":
        return None
    if day == "L":
        return say(language, "rule.last-day")
    if _is_list(day):
        return say(language, "rule.month-day", days=_and(day.split(","), language))
    return None


def _weekdays(weekday: str, language: str) -> str | None:
    names = template(language, "rule.names").split()
    fixed = {"*": "every-day", "1-5": "weekdays", "0,6": "weekends", "6,0": "weekends"}
    if weekday in fixed:
        return say(language, f"rule.{fixed[weekday]}")
    nth = re.fullmatch(r"([0-7])(?:#([1-4])|L)", weekday)
    if nth:
        which = template(language, f"rule.nth-{nth[2] or 'last'}")
        return say(language, "rule.nth", which=which, day=names[int(nth[1]) % 7])
    if not re.fullmatch(r"[0-7](,[0-7])*", weekday):
        return None
    # Monday first, as a week is read here.
    days = sorted({int(one) % 7 for one in weekday.split(",")}, key=lambda one: (one - 1) % 7)
    return say(language, "rule.every", days=_and([names[one] for one in days], language))


def _and(words: list[str], language: str) -> str:
    if len(words) == 1:
        return words[0]
    return say(language, "rule.and", first=", ".join(words[:-1]), last=words[-1])
