"""The card of a target's history: uptime, times, incidents, a chart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.cards.alert import Manner
from bot.cards.figures import incident_line, show_ms, show_percent, times_words
from bot.cards.model import (
    Block,
    Bullets,
    Button,
    Card,
    Chart,
    Facts,
    Heading,
    Note,
    Paragraph,
    Span,
    Strip,
    Text,
    plain,
    rich,
)
from bot.cards.moment import show_moment, show_short
from bot.cards.verdict import shown_target
from bot.cards.watch import standing_words
from bot.i18n import counted, say, template
from bot.model.value import frozen
from bot.watches.alert import AlertState
from bot.watches.figures import Figures, Slot
from bot.watches.history import Incident
from bot.watches.observation import Point
from bot.watches.standing import standing_of
from bot.watches.watch import Watch

MAX_INCIDENTS = 12


@frozen(kw_only=True)
class Recorded:
    """What was recorded of one watch.

    Attributes:
        slots: Of the chart.
        figures: Of the days asked for.
        uptime: Percent per "24h", "7d", "30d", "90d"; None without a known run.
        points: Single runs, oldest first, as far back as they are kept, at most so many.
        cut: Whether earlier points were left out.
    """

    watch: Watch
    state: AlertState
    slots: tuple[Slot, ...]
    figures: Figures
    uptime: Mapping[str, float | None]
    incidents: tuple[Incident, ...]
    points: tuple[Point, ...]
    cut: bool = False


def history_card(target: str, found: Sequence[Recorded], days: int, now: datetime, manner: Manner) -> Card:
    """The card; one part per place that the target is watched from."""
    language = manner.language
    title = say(language, counted(language, "history.title", days), target=shown_target(target), days=days)
    blocks: list[Block] = []
    for one in found:
        if len(found) > 1:
            blocks.append(
                Heading(say(language, "history.from", vantage=one.watch.vantage, number=one.watch.number))
            )
        blocks += _part(one, now, manner)
    first = found[0]
    words = _summary(first, now, manner)
    return Card(
        title=title,
        tone="bad" if first.state.status == "down" else "plain",
        blocks=tuple(blocks),
        buttons=_buttons(first.watch, days, language),
        summary=f"{title}. {words}",
        language=language,
    )


def _buttons(watch: Watch, days: int, language: str) -> tuple[Button, ...]:
    buttons = [
        Button(label=say(language, f"history.days-{other}"), command=f"history #{watch.number} days {other}")
        for other in (1, 7, 30)
        if other != days
    ]
    check = Button(label=say(language, "button.check-now"), command=f"check {watch.target}")
    return (check, *buttons)


def _summary(one: Recorded, now: datetime, manner: Manner) -> str:
    standing = standing_words(standing_of(one.watch, one.state, now), manner, now)
    return f"{standing[:1].upper()}{standing[1:]}."


def _part(one: Recorded, now: datetime, manner: Manner) -> list[Block]:
    language = manner.language
    blocks: list[Block] = [Paragraph((Span(_summary(one, now, manner), "bold"),))]
    if not one.figures.runs and not any(slot.state != "." for slot in one.slots):
        blocks.append(Note(rich(template(language, "history.nothing-yet"))))
    blocks.append(Facts(tuple(_rows(one, language))))
    blocks.append(chart_of(one, manner))
    if one.incidents:
        shown = sorted(one.incidents, key=lambda incident: incident.began_at, reverse=True)
        target = shown_target(one.watch.target)
        lines = [incident_line(incident, target, now, manner) for incident in shown[:MAX_INCIDENTS]]
        if len(shown) > MAX_INCIDENTS:
            lines.append(plain(say(language, "report.more", count=len(shown) - MAX_INCIDENTS)))
        blocks += [Heading(say(language, "report.incidents")), Bullets(tuple(lines))]
    else:
        blocks.append(Note(plain(say(language, "report.no-incidents"))))
    return blocks


def _rows(one: Recorded, language: str) -> list[tuple[str, Text]]:
    rows = [
        (say(language, f"history.uptime-{name}"), plain(show_percent(value)))
        for name, value in one.uptime.items()
    ]
    figures = one.figures
    rows.append(
        (
            say(language, "history.times"),
            plain(f"{show_ms(figures.median_ms)}, p95 {show_ms(figures.p95_ms)}"),
        )
    )
    rows.append((say(language, "history.runs"), plain(str(figures.runs))))
    return rows


def chart_of(one: Recorded, manner: Manner) -> Chart:
    """Times to the answer as a line, the states below it."""
    language = manner.language
    target = shown_target(one.watch.target)
    values = [slot.ms for slot in one.slots if slot.ms is not None]
    alt = say(
        language,
        "report.chart-alt",
        since=show_moment(one.slots[0].at, language, manner.timezone),
        until=show_moment(one.slots[-1].at, language, manner.timezone),
        ms=times_words(values, language),
        uptime=show_percent(one.figures.uptime),
    )
    states = "".join(slot.state for slot in one.slots)
    return Chart(
        title=say(language, "history.chart", target=target),
        alt=alt,
        points=tuple((show_short(slot.at, language, manner.timezone), slot.ms) for slot in one.slots),
        states=states,
        strips=(Strip(say(language, "history.state"), states, show_percent(one.figures.uptime)),),
        language=language,
    )
