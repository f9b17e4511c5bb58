"""Rules in words, both languages, and back again where they have words."""

from __future__ import annotations

import pytest

from bot.cards.rule import rule_words
from bot.watches.schedule import parse_schedule


@pytest.mark.parametrize(
    ("cron", "english", "spanish"),
    [
        ("0 9 * * 1", "every Monday at 09:00", "cada lunes a las 09:00"),
        ("30 8,17 * * *", "every day at 08:30 and 17:30", "todos los días a las 08:30 y 17:30"),
        ("0 9 * * 1-5", "Monday to Friday at 09:00", "de lunes a viernes a las 09:00"),
        ("0 9 * * 0,6", "every Saturday and Sunday at 09:00", "cada sábado y domingo a las 09:00"),
        (
            "0 9 * * 0,2,5",
            "every Tuesday, Friday and Sunday at 09:00",
            "cada martes, viernes y domingo a las 09:00",
        ),
        ("0 9 * * 7", "every Sunday at 09:00", "cada domingo a las 09:00"),
        ("0 9 * * 1#1", "every first Monday of the month at 09:00", "cada primer lunes del mes a las 09:00"),
        ("0 9 * * 5L", "every last Friday of the month at 09:00", "cada último viernes del mes a las 09:00"),
        ("0 9 1 * *", "on day 1 of every month at 09:00", "el día 1 de cada mes a las 09:00"),
        ("0 9 L * *", "on the last day of every month at 09:00", "el último día de cada mes a las 09:00"),
        ("* * * * *", "every minute", "cada minuto"),
        ("*/5 * * * *", "every 5 minutes", "cada 5 minutos"),
        ("0 * * * *", "every hour", "cada hora"),
        ("0 */6 * * *", "every 6 hours", "cada 6 horas"),
        ("0 9 1 1 *", "by the rule `0 9 1 1 *`", "según la regla `0 9 1 1 *`"),
        ("0 9 1 * 1", "by the rule `0 9 1 * 1`", "según la regla `0 9 1 * 1`"),
        ("0 9 1-7 * *", "by the rule `0 9 1-7 * *`", "según la regla `0 9 1-7 * *`"),
        ("5 * * * *", "by the rule `5 * * * *`", "según la regla `5 * * * *`"),
        ("0 9 * * MON", "by the rule `0 9 * * MON`", "según la regla `0 9 * * MON`"),
        ("5-10 9 * * *", "by the rule `5-10 9 * * *`", "según la regla `5-10 9 * * *`"),
    ],
)
def test_words(cron: str, english: str, spanish: str) -> None:
    assert rule_words(cron, "en") == english
    assert rule_words(cron, "es") == spanish


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize(
    "cron",
    [
        "0 9 * * 1",
        "30 8 * * *",
        "0 9 * * 1-5",
        "*/5 * * * *",
        "0 */6 * * *",
        "0 9 * * 1#1",
        "0 9 * * 5L",
        "0 9 L * *",
    ],
)
def test_what_is_said_can_be_typed(cron: str, language: str) -> None:
    assert parse_schedule(rule_words(cron, language)) == cron
