"""A chart as SVG: a line of values over time, and below it one strip of states per target.

It brings its own dark ground, so it reads the same in dark and light channels. States differ in height
and mark, not only in colour. Presentation attributes only (no style sheets), so that a page's content
policy need not allow inline styles; the classes let a page put its own colours on them. The font is the
one that `adapters/fonts` brings; any other will do.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from html import escape
from itertools import groupby

from bot.cards.model import Chart, Strip
from bot.cards.plaintext import harmless
from bot.i18n import say

WIDTH = 720
_LEFT, _RIGHT, _TOP = 64, 16, 44
_PLOT, _AXIS, _ROW, _LEGEND = 130, 24, 24, 28
_STRIP = 14  # height of a strip's bars
_INK, _DIM, _GRID, _LINE, _GROUND = "#e6edf3", "#9da7b3", "#30363d", "#58a6ff", "#161b22"
_COLOURS = {"u": "#3fb950", "w": "#d29922", "d": "#f85149", "?": "#8b949e", ".": "#484f58"}
# Share of a strip's height: what is worse stands taller.
_HEIGHTS = {"u": 0.6, "w": 0.8, "d": 1.0, "?": 0.6, ".": 0.1}
_WORDS = {"u": "up", "w": "warn", "d": "down", "?": "unknown", ".": "none"}
_ORDER = "uwd?."
MAX_STRIPS = 16
MAX_TICKS = 6
MAX_LABEL = 30
MAX_TITLE = 80
_DOTS_BELOW = 40
_MARK_ROOM = 9.0
_FONT = "DejaVu Sans, Verdana, sans-serif"


def chart_svg(chart: Chart) -> str:
    """The chart as one `<svg>` element with a label for screen readers."""
    strips = _strips(chart)
    left = _left_edge(strips)
    floor = _TOP + _PLOT
    under = floor + _AXIS
    height = under + len(strips) * _ROW + _LEGEND
    right = WIDTH - _RIGHT - (56 if any(strip.note for strip in strips) else 0)
    body = [
        f'<rect width="{WIDTH}" height="{height}" rx="8" class="ground" fill="{_GROUND}"/>',
        _label(16, 26, chart.title[:MAX_TITLE], size=15),
        *_values(chart, left, right, floor),
        *_time_axis(chart, left, right, floor),
        *(
            part
            for number, strip in enumerate(strips)
            for part in _strip(strip, under + number * _ROW, left, right)
        ),
        *_legend(strips, chart.language, left, height),
    ]
    alt = escape(harmless(chart.alt), quote=True)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" '
        f'height="{height}" role="img" aria-label="{alt}" font-family="{_FONT}">'
    )
    return "".join([head, *body, "</svg>"])


def _strips(chart: Chart) -> tuple[Strip, ...]:
    strips = chart.strips or ((Strip("", chart.states),) if chart.states else ())
    return strips[:MAX_STRIPS]


def _left_edge(strips: Sequence[Strip]) -> float:
    """Room for the longest name of a strip, within bounds."""
    longest = max((len(_shown(strip.label)) for strip in strips), default=0)
    return max(_LEFT, min(230, 16 + longest * 6.6))


def _shown(label: str) -> str:
    return label if len(label) <= MAX_LABEL else f"{label[: MAX_LABEL - 1]}…"


def _label(x: float, y: float, text: str, *, anchor: str = "start", size: int = 11, fill: str = _INK) -> str:
    return (
        f'<text class="ink" x="{x:.1f}" y="{y:.1f}" fill="{fill}" font-size="{size}" '
        f'text-anchor="{anchor}">{escape(harmless(text))}</text>'
    )


# ---- values


def scale_of(highest: float) -> tuple[float, ...]:
    """Round marks of the value axis, from 0 to at least the highest value: 2 to 5 of them."""
    top = max(highest, 1.0)
    step = 10.0 ** math.floor(math.log10(top))
    for factor in (0.25, 0.5, 1.0, 2.0, 2.5, 5.0):
        if math.ceil(top / (step * factor)) <= 4:
            step *= factor
            break
    return tuple(step * number for number in range(math.ceil(top / step - 1e-9) + 1))


def _values(chart: Chart, left: float, right: float, floor: float) -> Iterable[str]:
    """Grid, line and dots; the line is broken where there is no value."""
    values = [value for _, value in chart.points if value is not None]
    marks = scale_of(max(values, default=0.0))
    for mark in marks:
        y = floor - mark / marks[-1] * _PLOT
        yield f'<path d="M{left:.1f} {y:.1f}H{right:.1f}" class="grid" stroke="{_GRID}" fill="none"/>'
        yield _label(left - 8, y + 4, f"{mark:g} {chart.unit}", anchor="end", fill=_DIM)
    if not values:
        words = say(chart.language, "chart.empty")
        yield _label((left + right) / 2, floor - _PLOT / 2 + 4, words, anchor="middle", size=13, fill=_DIM)
        return
    places = [
        None
        if value is None
        else (_x(number, len(chart.points), left, right), floor - value / marks[-1] * _PLOT)
        for number, (_, value) in enumerate(chart.points)
    ]
    yield (
        f'<path d="{_path(places)}" class="line" stroke="{_LINE}" stroke-width="2" '
        'stroke-linejoin="round" fill="none"/>'
    )
    alone = len(values) <= _DOTS_BELOW
    for number, place in enumerate(places):
        if place is not None and (alone or _is_alone(places, number)):
            yield f'<circle cx="{place[0]:.1f}" cy="{place[1]:.1f}" r="3" class="line" fill="{_LINE}"/>'


def _path(places: Sequence[tuple[float, float] | None]) -> str:
    path, down = "", False
    for place in places:
        if place is not None:
            path += f"{'L' if down else 'M'}{place[0]:.1f} {place[1]:.1f}"
        down = place is not None
    return path


def _is_alone(places: Sequence[tuple[float, float] | None], number: int) -> bool:
    """Whether a point has no neighbour: the line alone would not show it."""
    before = places[number - 1] if number else None
    after = places[number + 1] if number + 1 < len(places) else None
    return before is None and after is None


def _x(number: int, count: int, left: float, right: float) -> float:
    return left + (number + 0.5) / max(count, 1) * (right - left)


# ---- time


def _time_axis(chart: Chart, left: float, right: float, floor: float) -> Iterable[str]:
    """Some of the points' labels, evenly spread, none on top of another."""
    count = len(chart.points)
    widest = max((len(label) for label, _ in chart.points), default=0) * 6.2 + 16
    ticks = max(1, min(MAX_TICKS, count, int((right - left) / max(widest, 1.0))))
    last_end = -math.inf
    for tick in range(ticks):
        number = round(tick * (count - 1) / (ticks - 1)) if ticks > 1 else 0
        if number >= count:
            return
        x = _x(number, count, left, right)
        label = chart.points[number][0]
        half = len(label) * 3.1
        middle = min(max(x, left + half - 8), right - half + 8)
        if middle - half < last_end:
            continue
        last_end = middle + half + 8
        yield f'<path d="M{x:.1f} {floor}v5" class="grid" stroke="{_DIM}" fill="none"/>'
        yield _label(middle, floor + 17, label, anchor="middle", fill=_DIM)


# ---- states


def _strip(strip: Strip, top: float, left: float, right: float) -> Iterable[str]:
    """One row: its name, its bars, its note."""
    if strip.label:
        yield _label(left - 8, top + _STRIP + 1, _shown(strip.label), anchor="end")
    count = len(strip.states)
    width = (right - left) / max(count, 1)
    position = 0
    for state, run in groupby(strip.states):
        length = len(list(run))
        x, room = left + position * width, length * width
        yield from _bar(state, x, top + 3, max(room - (1.0 if room > 4 else 0.0), 1.0))
        position += length
    if strip.note:
        yield _label(right + 8, top + _STRIP + 1, strip.note)


def _bar(state: str, x: float, top: float, width: float) -> Iterable[str]:
    """A stretch of one state; what is bad carries a mark where there is room for it."""
    known = state if state in _COLOURS else "?"
    high = max(_STRIP * _HEIGHTS[known], 1.5)
    y = top + _STRIP - high
    colour = _COLOURS[known]
    if known == "?":
        yield (
            f'<rect x="{x + 0.5:.2f}" y="{y:.1f}" width="{max(width - 1, 0.5):.2f}" height="{high:.1f}" '
            f'fill="none" stroke="{colour}" stroke-dasharray="3 2"/>'
        )
    else:
        yield f'<rect x="{x:.2f}" y="{y:.1f}" width="{width:.2f}" height="{high:.1f}" fill="{colour}"/>'
    middle, centre = x + width / 2, y + high / 2
    if known == "d" and width >= _MARK_ROOM:
        yield (
            f'<path d="M{middle - 3:.1f} {centre - 3:.1f}l6 6m0 -6l-6 6" stroke="{_GROUND}" '
            'stroke-width="2" fill="none"/>'
        )
    elif known == "w" and width >= _MARK_ROOM:
        mark = f"M{middle:.1f} {centre - 4:.1f}v5m0 2v1.5"
        yield f'<path d="{mark}" stroke="{_GROUND}" stroke-width="2" fill="none"/>'


def _legend(strips: Sequence[Strip], language: str, left: float, height: float) -> Iterable[str]:
    """What the bars mean: only those that are to be seen."""
    seen = {state if state in _COLOURS else "?" for strip in strips for state in strip.states}
    x, y = min(left, 64.0), height - 10
    for state in _ORDER:
        if state not in seen:
            continue
        word = say(language, f"chart.{_WORDS[state]}")
        yield from _bar(state, x, y - 12, 16)
        yield _label(x + 22, y, word, fill=_DIM)
        x += 22 + len(word) * 6.6 + 22
