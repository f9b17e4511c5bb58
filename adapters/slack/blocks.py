"""One block of a Card -> Block Kit blocks. Pure; every text from outside is escaped here.

Running text becomes `rich_text`, in which Slack reads no markup at all: a host name with underscores,
a DNS line or a hostile greeting shows exactly as it is, and can be copied (docs/decisions/0301).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any, assert_never

from adapters.slack import limits
from adapters.slack.charts import chart_block, plottable
from adapters.slack.markup import defused, escaped, escaped_plainly, link, shortened
from bot.cards.model import (
    Attachment,
    Block,
    Bullets,
    Button,
    Chart,
    Code,
    Facts,
    Heading,
    Note,
    Paragraph,
    Span,
    Table,
    Text,
)
from bot.cards.plaintext import chart_lines, table_lines

Json = dict[str, Any]

# A rich_text block has no documented limit; pieces of this size leave room for the message's own.
PIECE_CHARACTERS = 2500
CODE_CHARACTERS = 6000
TABLE_CHARACTERS = 7000
ACTION_RUN = "mailport.run"
ACTION_CONFIRMED = "mailport.confirmed"


def render_block(block: Block, *, native: bool) -> list[Json]:
    """Blocks for one part of a card; files are none of its business.

    Args:
        native: Whether to use the block types that not every workspace takes (tables, charts).
    """
    match block:
        case Paragraph(text):
            return rich_text(text)
        case Heading(title):
            return rich_text((Span(title, "bold"),))
        case Bullets():
            return _bullets(block)
        case Facts(rows):
            return rich_text(_fact_lines(rows))
        case Table():
            return [table_block(block)] if native else preformatted("\n".join(table_lines(clipped(block))))
        case Code(text):
            return preformatted(shortened(text, CODE_CHARACTERS))
        case Note(text):
            return [context(mrkdwn(text))]
        case Chart():
            return (
                [chart_block(block), *_states(block)]
                if native and plottable(block)
                else _chart_in_words(block)
            )
        case Attachment():
            return []
        case _:
            assert_never(block)


def header(text: str) -> Json:
    """A title line."""
    shown = shortened(defused(" ".join(text.split())), limits.HEADER_CHARACTERS)
    return {"type": "header", "text": {"type": "plain_text", "text": shown or "–", "emoji": False}}


def rich_text(text: Text) -> list[Json]:
    """Running text, cut into as many blocks as its length needs."""
    return [
        {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": piece}]}
        for piece in _pieces(text)
    ]


def _pieces(text: Text) -> Iterable[list[Json]]:
    piece: list[Json] = []
    room = PIECE_CHARACTERS
    for span in text:
        shown = defused(span.text)
        while shown:
            part, shown = _cut(shown, room)
            piece.append(_element(part, span))
            room -= len(part)
            if room <= 0 or shown:
                yield piece
                piece, room = [], PIECE_CHARACTERS
    if piece:
        yield piece


def _cut(text: str, room: int) -> tuple[str, str]:
    """A first part that fits, ending at a line or word where there is one."""
    if len(text) <= room:
        return text, ""
    for separator in ("\n", " "):
        at = text.rfind(separator, room // 2, room)
        if at > 0:
            return text[: at + 1], text[at + 1 :]
    return text[:room], text[room:]


def _element(text: str, span: Span) -> Json:
    style = {span.style: True} if span.style in ("bold", "code") else None
    element: Json = {"type": "text", "text": text}
    if span.url is not None and span.url.startswith(("https://", "http://")):
        element = {"type": "link", "url": span.url[: limits.SECTION_CHARACTERS], "text": text}
    return element | ({"style": style} if style else {})


def _bullets(block: Bullets) -> list[Json]:
    style = "ordered" if block.numbered else "bullet"
    made: list[Json] = []
    group: list[Json] = []
    room = PIECE_CHARACTERS
    for item in block.items:
        for piece in _pieces(item):
            size = sum(len(element["text"]) for element in piece)
            if group and size > room:
                made.append(_list(style, group))
                group, room = [], PIECE_CHARACTERS
            group.append({"type": "rich_text_section", "elements": piece})
            room -= size
    return [*made, _list(style, group)] if group else made


def _list(style: str, sections: list[Json]) -> Json:
    return {
        "type": "rich_text",
        "elements": [{"type": "rich_text_list", "style": style, "elements": sections}],
    }


def _fact_lines(rows: Sequence[tuple[str, Text]]) -> Text:
    spans: list[Span] = []
    for number, (label, value) in enumerate(rows):
        spans.append(Span(("\n" if number else "") + f"{label}: ", "bold"))
        spans.extend(value)
    return tuple(spans)


def preformatted(text: str) -> list[Json]:
    """Text to copy exactly, in fixed type."""
    return [
        {
            "type": "rich_text",
            "elements": [
                {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": part}]},
            ],
        }
        for part in _parts(defused(text))
    ]


def _parts(text: str) -> Iterable[str]:
    while text:
        part, text = _cut(text, PIECE_CHARACTERS)
        yield part


def context(text: str) -> Json:
    """Small print; `verbatim` keeps Slack from making links of names and addresses by itself."""
    shown = shortened(text, limits.SECTION_CHARACTERS) or "–"
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": shown, "verbatim": True}]}


def mrkdwn(text: Text) -> str:
    """A Text as mrkdwn, cut before its limit at a span so that no markup is left open."""
    made, room = "", limits.SECTION_CHARACTERS - 1
    for span in text:
        if span.url is not None:
            shown = link(span.url, span.text)
        elif span.style == "code":
            shown = f"`{escaped_plainly(span.text.replace('`', ' '))}`" if span.text.strip() else ""
        else:
            shown = f"*{escaped(span.text)}*" if span.style == "bold" else escaped(span.text)
        if len(shown) > room:
            return made + "…"
        made += shown
        room -= len(shown)
    return made


def clipped(table: Table) -> Table:
    """As much of a table as one message takes: rows, columns and characters."""
    columns = table.columns[: limits.TABLE_COLUMNS]
    rows: list[tuple[str, ...]] = []
    size = sum(len(column) for column in columns)
    for row in table.rows[: limits.TABLE_ROWS - 1]:
        cells = tuple(shortened(cell, 300) for cell in row[: limits.TABLE_COLUMNS])
        size += sum(len(cell) + 30 for cell in cells)
        if size > TABLE_CHARACTERS and rows:
            break
        rows.append(cells)
    return Table(columns, tuple(rows))


def is_clipped(table: Table) -> bool:
    """Whether a table has more than one message takes."""
    return len(clipped(table).rows) < len(table.rows) or len(table.columns) > limits.TABLE_COLUMNS


def table_block(table: Table) -> Json:
    """A native table; its first row are the column names."""
    shown = clipped(table)
    return {"type": "table", "rows": [[_cell(cell) for cell in row] for row in (shown.columns, *shown.rows)]}


def _cell(text: str) -> Json:
    return {"type": "raw_text", "text": defused(text) or "–"}


def table_file(table: Table) -> Attachment:
    """The whole of a table as CSV."""
    made = io.StringIO()
    writer = csv.writer(made)
    writer.writerow(table.columns)
    writer.writerows(table.rows)
    return Attachment("mailport.csv", made.getvalue().encode("utf-8", "replace"), "text/csv")


def _states(chart: Chart) -> list[Json]:
    """The states, which a native chart cannot show, and what the chart shows, for screen readers."""
    _, _, *rows, alt = chart_lines(chart)
    return [*(preformatted("\n".join(rows)) if rows else ()), context(mrkdwn((Span(alt),)))]


def _chart_in_words(chart: Chart) -> list[Json]:
    title, *rows, alt = chart_lines(chart)
    bars = [row for row in rows if row.strip()]
    return [
        *rich_text((Span(title, "bold"),)),
        *(preformatted("\n".join(bars)) if bars else ()),
        *rich_text((Span(alt),)),
    ]


def buttons_block(buttons: Sequence[Button]) -> list[Json]:
    """The row of next steps; a command too long to travel in a button is left out."""
    elements: list[Json] = []
    for number, button in enumerate(buttons[: limits.BUTTONS_PER_BLOCK]):
        if len(button.command) > limits.BUTTON_VALUE_CHARACTERS or not button.command:
            continue
        action = ACTION_CONFIRMED if button.confirmed else ACTION_RUN
        element: Json = {
            "type": "button",
            "text": {
                "type": "plain_text",
                "text": shortened(defused(button.label), limits.BUTTON_LABEL_CHARACTERS) or "–",
                "emoji": False,
            },
            "action_id": f"{action}.{number}",
            "value": button.command,
        }
        if button.style != "plain":
            element["style"] = button.style
        elements.append(element)
    return [{"type": "actions", "elements": elements}] if elements else []
