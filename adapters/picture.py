"""Charts as PNG, by resvg."""

from __future__ import annotations

from bot.cards.chart import chart_svg
from bot.cards.model import Chart

SCALE = 2


def chart_png(chart: Chart) -> bytes:
    """The chart at twice its size, for sharp screens."""
    import resvg_py

    return bytes(resvg_py.svg_to_bytes(svg_string=chart_svg(chart), zoom=SCALE))
