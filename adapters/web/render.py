"""Card -> HTML. Every text is escaped here, and nothing else puts text into a page.

Text from outside stands in `<bdi>`, so that a direction override in it cannot reorder the page.
"""

from __future__ import annotations

import re
from base64 import b64encode
from html import escape
from typing import assert_never

from bot.cards.chart import chart_svg
from bot.cards.model import (
    Attachment,
    Block,
    Bullets,
    Button,
    Card,
    Chart,
    Code,
    Facts,
    Heading,
    Note,
    Paragraph,
    Pending,
    Span,
    Table,
    Text,
)
from bot.cards.plaintext import harmless
from bot.i18n import say

MAX_TEXT = 60_000
# Values of a chart that are also given as a table; a longer series is told by its words alone.
MAX_VALUES = 400
# A file rides inside the page, as an address of its own content.
MAX_FILE = 500_000
_MEDIA_TYPE = re.compile(r"text/[a-z0-9.+-]+|application/json", re.ASCII)


def render_html(card: Card) -> str:
    """The card as an `<article>`."""
    title = f"<h2>{_escaped(card.title)}</h2>" if card.title else ""
    blocks = "".join(_block(block, card.language) for block in card.blocks)
    buttons = "".join(_button(button) for button in card.buttons)
    if buttons:
        buttons = f'<div class="buttons">{buttons}</div>'
    language = _attribute(card.language)
    return f'<article class="card tone-{card.tone}" lang="{language}">{title}{blocks}{buttons}</article>'


def render_progress(pending: Pending, language: str) -> str:
    """A step of something that takes time: what is awaited, and what is known already."""
    count = f' <span class="count">{pending.done}/{pending.total}</span>' if pending.total else ""
    details = "".join(f"<li>{_text(line)}</li>" for line in pending.details)
    steps = f"<ul>{details}</ul>" if details else ""
    return (
        f'<div class="card tone-waiting" lang="{_attribute(language)}">'
        f'<p class="spinner">{_text(pending.text)}{count}</p>{steps}</div>'
    )


def _escaped(text: str) -> str:
    return f"<bdi>{escape(harmless(text[:MAX_TEXT]))}</bdi>"


def _attribute(text: str) -> str:
    return escape(harmless(text[:MAX_TEXT]), quote=True)


def _multiline(text: str) -> str:
    return escape(harmless(text[:MAX_TEXT], keep_newlines=True))


def _block(block: Block, language: str) -> str:
    match block:
        case Paragraph(text):
            return f"<p>{_text(text)}</p>"
        case Heading(title):
            return f"<h3>{_escaped(title)}</h3>"
        case Bullets(items, numbered):
            tag = "ol" if numbered else "ul"
            return f"<{tag}>{''.join(f'<li>{_text(item)}</li>' for item in items)}</{tag}>"
        case Facts(rows):
            pairs = (f"<div><dt>{_escaped(label)}</dt><dd>{_text(value)}</dd></div>" for label, value in rows)
            return f"<dl>{''.join(pairs)}</dl>"
        case Table():
            return _table(block)
        case Code(text):
            # A region that scrolls must be reachable by keyboard (WCAG 2.1.1).
            return f'<pre tabindex="0"><code>{_multiline(text)}</code></pre>'
        case Note(text):
            return f'<p class="note">{_text(text)}</p>'
        case Chart():
            return _chart(block, language)
        case Attachment():
            return _file(block, language)
        case _:
            assert_never(block)


def _chart(chart: Chart, language: str) -> str:
    """The picture, its words, and its values as a table for those who want or need them."""
    # The picture carries the same words as its label, so the caption is for eyes only.
    caption = f'<figcaption aria-hidden="true">{_escaped(chart.alt)}</figcaption>'
    values = ""
    if len(chart.points) <= MAX_VALUES:
        rows = "".join(
            f'<tr><th scope="row">{_escaped(label)}</th><td>{_value(value, chart.unit)}</td></tr>'
            for label, value in chart.points
        )
        summary = escape(say(language, "web.chart-values"))
        values = f"<details><summary>{summary}</summary><table><tbody>{rows}</tbody></table></details>"
    return f"<figure>{chart_svg(chart)}{caption}{values}</figure>"


def _value(value: float | None, unit: str) -> str:
    return "–" if value is None else f"{value:g} {_escaped(unit)}"


def _file(file: Attachment, language: str) -> str:
    """A file to look at, and to save."""
    shown = _multiline(file.content[:MAX_TEXT].decode("utf-8", "replace"))
    save = ""
    if len(file.content) <= MAX_FILE:
        media_type = file.media_type if _MEDIA_TYPE.fullmatch(file.media_type) else "text/plain"
        address = f"data:{media_type};base64,{b64encode(file.content).decode('ascii')}"
        name = _attribute(file.name)
        save = f'<p><a download="{name}" href="{address}">{escape(say(language, "web.save"))}</a></p>'
    return (
        f"<details><summary>{_escaped(file.name)}</summary>{save}"
        f'<pre tabindex="0"><code>{shown}</code></pre></details>'
    )


def _table(table: Table) -> str:
    head = "".join(f'<th scope="col">{_escaped(column)}</th>' for column in table.columns)
    rows: list[str] = []
    for number, row in enumerate(table.rows):
        tone = table.tones[number] if number < len(table.tones) else "plain"
        cells = "".join(f"<td>{_escaped(cell)}</td>" for cell in row)
        rows.append(f'<tr class="tone-{tone}">{cells}</tr>')
    label = _attribute(", ".join(table.columns))
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{label}">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def _text(text: Text) -> str:
    return "".join(_span(span) for span in text)


def _span(span: Span) -> str:
    inside = _multiline(span.text).replace("\n", "<br>")
    match span.style:
        case "bold":
            inside = f"<strong>{inside}</strong>"
        case "code":
            inside = f"<code>{inside}</code>"
        case "plain":
            inside = f"<bdi>{inside}</bdi>"
        case _:
            assert_never(span.style)
    if span.url is None or not span.url.startswith(("https://", "http://")):
        return inside
    return f'<a href="{_attribute(span.url)}" rel="noreferrer noopener">{inside}</a>'


def _button(button: Button) -> str:
    kind = ' class="danger"' if button.style == "danger" else ""
    value = _attribute(button.command)
    inside = _escaped(button.label)
    return f'<button type="submit" form="press" name="press" value="{value}"{kind}>{inside}</button>'
