"""The chart of a report."""

from __future__ import annotations

from collections.abc import Sequence

from bot.cards.alert import Manner
from bot.cards.chart import MAX_STRIPS
from bot.cards.figures import row_name, show_percent, times_words
from bot.cards.model import Chart, Strip
from bot.cards.moment import show_moment, show_short
from bot.i18n import say
from bot.watches.figures import percentile
from bot.watches.summary import Summary

MAX_NAMED = 12


def chart_of(summary: Summary, manner: Manner) -> Chart:
    """One line for all targets (the median of them), one strip for each."""
    language = manner.language
    columns = list(zip(*(row.values for row in summary.rows), strict=True))
    values = [percentile([(value, 1) for value in column if value is not None], 0.5) for column in columns]
    points = tuple(
        (show_short(at, language, manner.timezone), value)
        for at, value in zip(summary.starts, values, strict=True)
    )
    shown = summary.rows
    if len(shown) > MAX_STRIPS:  # the picture has room for some: those that had most trouble
        shown = tuple(sorted(shown, key=lambda row: row.figures.uptime or 0.0)[:MAX_STRIPS])
    strips = tuple(
        Strip(row_name(row), "".join(row.states), show_percent(row.figures.uptime)) for row in shown
    )
    return Chart(
        title=say(language, "report.chart"),
        alt=_alt(summary, [value for value in values if value is not None], manner),
        points=points,
        strips=strips,
        language=language,
    )


def _alt(summary: Summary, values: Sequence[float], manner: Manner) -> str:
    uptime = ", ".join(
        f"{row_name(row)} {show_percent(row.figures.uptime)}" for row in summary.rows[:MAX_NAMED]
    )
    return say(
        manner.language,
        "report.chart-alt",
        since=show_moment(summary.starts[0], manner.language, manner.timezone),
        until=show_moment(summary.until, manner.language, manner.timezone),
        ms=times_words(values, manner.language),
        uptime=uptime,
    )
