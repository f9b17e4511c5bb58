"""Figures in words, as reports and histories share them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.cards.alert import Manner, why_of
from bot.cards.model import Text, plain, rich
from bot.cards.moment import show_length, show_short
from bot.cards.verdict import shown_target
from bot.i18n import say, template
from bot.watches.figures import percentile
from bot.watches.history import Incident
from bot.watches.summary import Row


def show_percent(value: float | None) -> str:
    """`99.95 %`, `100 %`; a dash when nothing is known."""
    return "–" if value is None else f"{int(value * 100) / 100:g} %"


def show_ms(value: float | None) -> str:
    """`43 ms`; a dash when nothing is known."""
    return "–" if value is None else f"{value:.0f} ms"


def incident_line(incident: Incident, target: str, now: datetime, manner: Manner) -> Text:
    """When it began and ended, how long it took, and why."""
    ended = incident.ended_at
    values = {
        "target": target,
        "began": show_short(incident.began_at, manner.language, manner.timezone),
        "ended": show_short(ended or now, manner.language, manner.timezone),
        "length": show_length((ended or now) - incident.began_at),
    }
    key = "report.incident" if ended else "report.incident-open"
    why = why_of({"reason": incident.reason, "target": target}, manner)
    return (*rich(template(manner.language, key), values), *(plain(f": {why}") if why else ()))


def times_words(values: Sequence[float], language: str) -> str:
    """Times to the answer in words."""
    if not values:
        return say(language, "report.chart-ms-none")
    weighted = [(value, 1) for value in values]
    return say(
        language,
        "report.chart-ms",
        median=f"{percentile(weighted, 0.5):.0f}",
        p95=f"{percentile(weighted, 0.95):.0f}",
        low=f"{min(values):.0f}",
        high=f"{max(values):.0f}",
    )


def row_name(row: Row) -> str:
    """The target, with its place when that is not the usual one."""
    return shown_target(row.target) + ("" if row.vantage == "local" else f" ({row.vantage})")
