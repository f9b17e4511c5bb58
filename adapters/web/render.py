"""Card -> HTML. Every text is escaped here, and nothing else puts text into a page.

Text from outside stands in `<bdi>`, so that a direction override in it cannot reorder the page.
"""

from __future__ import annotations

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
    Span,
    Table,
    Text,
)
from bot.cards.plaintext import harmless

MAX_TEXT = 60_000


def render_html(card: Card) -> str:
    """The card as an `<article>`."""
    title = f"<h2>{_escaped(card.title)}</h2>" if card.title else ""
    blocks = "".join(_block(block) for block in card.blocks)
    buttons = "".join(_button(button) for button in card.buttons)
    if buttons:
        buttons = f'<div class="buttons">{buttons}</div>'
    language = escape(card.language, quote=True)
    return f'<article class="card tone-{card.tone}" lang="{language}">{title}{blocks}{buttons}</article>'


def _escaped(text: str) -> str:
    return f"<bdi>{escape(harmless(text[:MAX_TEXT]))}</bdi>"


def _multiline(text: str) -> str:
    return escape(harmless(text[:MAX_TEXT], keep_newlines=True))


def _block(block: Block) -> str:
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
            return f"<figure>{chart_svg(block)}<figcaption>{_escaped(block.alt)}</figcaption></figure>"
        case Attachment(name, content):
            return f"<details><summary>{_escaped(name)}</summary>{_file(content)}</details>"
        case _:
            assert_never(block)


def _file(content: bytes) -> str:
    return f'<pre tabindex="0"><code>{_multiline(content.decode("utf-8", "replace"))}</code></pre>'


def _table(table: Table) -> str:
    head = "".join(f'<th scope="col">{_escaped(column)}</th>' for column in table.columns)
    rows: list[str] = []
    for number, row in enumerate(table.rows):
        tone = table.tones[number] if number < len(table.tones) else "plain"
        cells = "".join(f"<td>{_escaped(cell)}</td>" for cell in row)
        rows.append(f'<tr class="tone-{tone}">{cells}</tr>')
    label = escape(harmless(", ".join(table.columns)), quote=True)
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
    return f'<a href="{escape(span.url, quote=True)}" rel="noreferrer noopener">{inside}</a>'


def _button(button: Button) -> str:
    kind = ' class="danger"' if button.style == "danger" else ""
    value = escape(harmless(button.command), quote=True)
    inside = _escaped(button.label)
    return f'<button type="submit" form="press" name="press" value="{value}"{kind}>{inside}</button>'
