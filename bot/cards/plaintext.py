"""Plain text of any Card: terminals that are no terminals, fallback texts, transcripts, logs.

Text from outside is made harmless for a terminal here: control characters, escapes and
direction overrides are shown as what they are, never carried out.
"""

from __future__ import annotations

import re

from bot.cards.model import (
    Attachment,
    Block,
    Bullets,
    Card,
    Chart,
    Code,
    Facts,
    Heading,
    Note,
    Paragraph,
    Strip,
    Table,
    Text,
)
from bot.typed import assert_never

# Cc: controls, Cf: format (direction overrides, zero width), Cs: surrogates, Zl and Zp: line separators. A
# zero-width joiner (200d) holds emoji together, a soft hyphen (ad) is harmless. A test compares it.
_CONTROLS = r"\x0b-\x1f\x7f-\x9f"
_FORMATS = (
    r"\u0600-\u0605\u061c\u06dd\u070f\u0890-\u0891\u08e2\u180e\u200b-\u200c\u200e-\u200f\u2028-\u202e"
    r"\u2060-\u2064\u2066-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f"
    r"\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0001\U000e0020-\U000e007f"
)
# Compiled when first used: every start would pay for it.
_DANGEROUS = rf"[\x00-\x0a{_CONTROLS}{_FORMATS}]"
_DANGEROUS_IN_LINES = rf"[\x00-\x09{_CONTROLS}{_FORMATS}]"


def harmless(text: str, *, keep_newlines: bool = False) -> str:
    """Text without control characters, escapes, surrogates and direction overrides."""
    if text.isprintable():  # nearly always; no character below is printable
        return text
    dangerous = _DANGEROUS_IN_LINES if keep_newlines else _DANGEROUS
    return re.sub(dangerous, "\N{REPLACEMENT CHARACTER}", text)


def given_back(text: str, longest: int) -> str:
    """What somebody pasted, for a document: no control characters but tabs and the ends of lines."""
    lines = text[: 2 * longest].replace("\r\n", "\n")
    return "\t".join(harmless(part, keep_newlines=True) for part in lines.split("\t"))[:longest]


def text_of(text: Text, *, links: bool = True) -> str:
    """A Text as one string; links as "label <url>" when wanted."""
    parts: list[str] = []
    for span in text:
        shown = harmless(span.text, keep_newlines=True)
        parts.append(
            f"{shown} <{harmless(span.url)}>" if links and span.url and span.url != span.text else shown
        )
    return "".join(parts)


def render_plain(card: Card) -> str:
    """The whole card as lines of text."""
    lines = [harmless(card.title), ""] if card.title else []
    for block in card.blocks:
        lines.extend(_lines(block))
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def _lines(block: Block) -> list[str]:
    match block:
        case Paragraph(text):
            return text_of(text).split("\n")
        case Heading(title):
            return [harmless(title)]
        case Bullets(items, numbered):
            return [
                f"{f'{number}.' if numbered else '-'} {text_of(item)}" for number, item in enumerate(items, 1)
            ]
        case Facts(rows):
            width = max((len(label) for label, _ in rows), default=0)
            return [f"{harmless(label):<{width}}  {text_of(value)}" for label, value in rows]
        case Table():
            return table_lines(block)
        case Code(text):
            return [f"    {line}" for line in harmless(text, keep_newlines=True).split("\n")]
        case Note(text):
            return [text_of(text)]
        case Chart():
            return chart_lines(block)
        case Attachment(name):
            return [f"[{harmless(name)}]"]
        case _:
            assert_never(block)


def table_lines(table: Table) -> list[str]:
    """A table with aligned columns."""
    rows = [tuple(harmless(cell) for cell in row) for row in (table.columns, *table.rows)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(table.columns))]
    return [
        "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


# Per state of a chart a sign that needs no colour.
_SIGNS = {"u": "█", "w": "▓", "d": "X", "?": "?", ".": " "}


# A chart in signs has to fit beside its names on a terminal of 80 columns.
MAX_COLUMNS = 56


def chart_lines(chart: Chart) -> list[str]:
    """A chart in words and signs: its values as bars, its states, and last what it shows."""
    strips = chart.strips or ((Strip("", chart.states),) if chart.states else ())
    width = min(24, max((len(strip.label) for strip in strips), default=0))
    margin = " " * (width + 1 if width else 0)
    rows = [
        f"{harmless(strip.label)[:width]:<{width}}{' ' if width else ''}"
        f"{''.join(_SIGNS.get(state, '?') for state in _thinned_states(strip.states))} {harmless(strip.note)}"
        for strip in strips
    ]
    bars = f"{margin}{sparkline(chart, MAX_COLUMNS)}"
    return [harmless(chart.title), *(line.rstrip() for line in (bars, *rows)), harmless(chart.alt)]


def _stretches(count: int) -> list[range]:
    """Positions of a series in as many stretches as there are columns."""
    columns = min(count, MAX_COLUMNS)
    return [range(n * count // columns, (n + 1) * count // columns) for n in range(columns)]


def _thinned_states(states: str) -> str:
    """The worst of each stretch."""
    parts = ({states[position] for position in stretch} for stretch in _stretches(len(states)))
    return "".join(next((state for state in "dw?u" if state in part), ".") for part in parts)


_BARS = "▁▂▃▄▅▆▇█"


def sparkline(chart: Chart, columns: int = 0) -> str:
    """The values as one line of bars; a gap is a space.

    Args:
        columns: At most so many: the highest of each stretch stands for it; 0 keeps all.
    """
    points = [value for _, value in chart.points]
    if columns and len(points) > columns:
        parts = [[points[position] for position in stretch] for stretch in _stretches(len(points))]
        points = [max((value for value in part if value is not None), default=None) for part in parts]
    values = [value for value in points if value is not None]
    if not values:
        return ""
    low, high = min(values), max(values)
    span = (high - low) or 1.0
    return "".join(
        " " if value is None else _BARS[min(7, int((value - low) / span * 7.999))] for value in points
    )
