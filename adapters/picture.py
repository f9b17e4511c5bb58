"""Charts as PNG, by resvg, with a font of our own: a fresh machine may have none at all."""

from __future__ import annotations

from pathlib import Path

from bot.cards.chart import chart_svg
from bot.cards.model import Chart

# Sharp on good screens; a tall picture is drawn smaller, so that none takes more than some 50 ms.
SCALE, TALL_SCALE = 1.5, 1.0
TALL_FROM = 6
FONT = Path(__file__).parent / "fonts" / "DejaVuSans-subset.ttf"
FAMILY = "DejaVu Sans"
# What the font can write; for anything else the machine's own fonts are asked too, which takes longer.
_COVERED = ((0x20, 0x17F), (0x391, 0x45F), (0x2010, 0x2026))


def chart_png(chart: Chart) -> bytes:
    """The chart, larger than its SVG for sharp screens (measured in benchmarks/chart.py)."""
    import resvg_py

    svg = chart_svg(chart)
    return bytes(
        resvg_py.svg_to_bytes(
            svg_string=svg,
            zoom=TALL_SCALE if len(chart.strips) >= TALL_FROM else SCALE,
            font_files=[str(FONT)],
            font_family=FAMILY,
            sans_serif_family=FAMILY,
            skip_system_fonts=_is_covered(svg),
        )
    )


def _is_covered(text: str) -> bool:
    if text.isascii():
        return True
    return all(any(low <= ord(one) <= high for low, high in _COVERED) for one in set(text))
