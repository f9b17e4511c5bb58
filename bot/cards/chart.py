"""A chart as SVG: an uptime strip and a line of values, readable on dark and on light ground.

Presentation attributes only (no style sheets), so that a page's content policy need not allow inline
styles; the classes let a page put its own colours on them. The one font is a generic family; labels are few.
"""

from __future__ import annotations

from html import escape

from bot.cards.model import Chart
from bot.cards.plaintext import harmless

WIDTH, HEIGHT = 640, 200
_LEFT, _RIGHT, _TOP, _BOTTOM, _STRIP = 56, 12, 34, 46, 14
_INK, _GRID, _LINE, _GROUND = "#c9d1d9", "#3d4652", "#58a6ff", "#161b22"
_STATES = {"u": "#2ea043", "w": "#d29922", "d": "#da3633", "?": "#8b949e", ".": "#30363d"}


def chart_svg(chart: Chart) -> str:
    """The chart as one `<svg>` element with a title for screen readers."""
    title = escape(harmless(chart.title))
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" '
            f'height="{HEIGHT}" role="img" aria-label="{escape(harmless(chart.alt), quote=True)}">'
        ),
        f'<rect width="{WIDTH}" height="{HEIGHT}" rx="8" class="ground" fill="{_GROUND}"/>',
        _label(_LEFT, 22, title, anchor="start", size=14),
        *_axis(chart),
        *_values(chart),
        *_strip(chart),
        "</svg>",
    ]
    return "".join(parts)


def _label(x: float, y: float, text: str, *, anchor: str, size: int = 11) -> str:
    return (
        f'<text class="ink" x="{x:.1f}" y="{y:.1f}" fill="{_INK}" font-family="sans-serif" '
        f'font-size="{size}" text-anchor="{anchor}">{text}</text>'
    )


def _highest(chart: Chart) -> float:
    return max((value for _, value in chart.points if value is not None), default=0.0) or 1.0


def _axis(chart: Chart) -> list[str]:
    floor = HEIGHT - _BOTTOM
    lines = [f'<path d="M{_LEFT} {floor}H{WIDTH - _RIGHT}" class="grid" stroke="{_GRID}" fill="none"/>']
    top = _highest(chart)
    for share in (0.5, 1.0):
        y = floor - share * (floor - _TOP)
        lines.append(
            f'<path d="M{_LEFT} {y:.1f}H{WIDTH - _RIGHT}" class="grid" stroke="{_GRID}" '
            'stroke-dasharray="2 4" fill="none"/>'
        )
        lines.append(
            _label(_LEFT - 6, y + 4, f"{top * share:.0f} {escape(harmless(chart.unit))}", anchor="end")
        )
    if chart.points:
        lines.append(_label(_LEFT, HEIGHT - 8, escape(harmless(chart.points[0][0])), anchor="start"))
    if len(chart.points) > 1:
        lines.append(_label(WIDTH - _RIGHT, HEIGHT - 8, escape(harmless(chart.points[-1][0])), anchor="end"))
    return lines


def _x(position: int, count: int) -> float:
    return _LEFT + (position + 0.5) / max(count, 1) * (WIDTH - _LEFT - _RIGHT)


def _values(chart: Chart) -> list[str]:
    """The line, broken at gaps; a lone point is a dot."""
    floor, top, count = HEIGHT - _BOTTOM, _highest(chart), len(chart.points)
    path, pen_down, dots = "", False, []
    for position, (_, value) in enumerate(chart.points):
        if value is None:
            pen_down = False
            continue
        x, y = _x(position, count), floor - value / top * (floor - _TOP)
        path += f"{'L' if pen_down else 'M'}{x:.1f} {y:.1f}"
        pen_down = True
        if count <= 40:
            dots.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" class="line" fill="{_LINE}"/>')
    return [
        f'<path d="{path}" class="line" stroke="{_LINE}" stroke-width="2" fill="none"/>' if path else "",
        *dots,
    ]


def _strip(chart: Chart) -> list[str]:
    """One box per point, coloured by its state."""
    count = len(chart.states)
    width = (WIDTH - _LEFT - _RIGHT) / max(count, 1)
    return [
        f'<rect x="{_LEFT + position * width:.2f}" y="{HEIGHT - _BOTTOM + 6}" '
        f'width="{max(width - 0.5, 0.5):.2f}" height="{_STRIP}" fill="{_STATES.get(state, _STATES["?"])}"/>'
        for position, state in enumerate(chart.states)
    ]
