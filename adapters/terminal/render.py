"""Card -> a terminal, by Rich. Text from outside is made harmless first and never read as markup."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TextIO, assert_never

from rich.console import Console, Group, RenderableType
from rich.style import Style
from rich.table import Table as RichTable
from rich.text import Text as RichText

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
    Span,
    Table,
    Text,
    Tone,
)
from bot.cards.plaintext import chart_lines, harmless

STYLES: dict[Tone, str] = {
    "plain": "bold",
    "good": "bold green",
    "warning": "bold yellow",
    "bad": "bold red",
    "unknown": "bold cyan",
    "waiting": "dim",
}
_SPANSTYLES = {"plain": "", "bold": "bold", "code": "cyan"}


def print_card(card: Card, stream: TextIO, document: Mapping[str, object] | None = None) -> None:
    """Print a card; `NO_COLOR` is honoured by Rich.

    Args:
        document: Of a check: its matrix of endpoints and stages stands in for the card's short table.
    """
    render_card(card, Console(file=stream, highlight=False, markup=False, emoji=False), document)


def render_card(card: Card, console: Console, document: Mapping[str, object] | None = None) -> None:
    """Print a card to a console."""
    if card.title:
        console.print(RichText(harmless(card.title), style=STYLES[card.tone]))
        console.print()
    for part in _parts(card, document, console.width):
        console.print(part)
        console.print()


def _parts(card: Card, document: Mapping[str, object] | None, width: int) -> Iterator[RenderableType]:
    from adapters.terminal.matrix import check_matrix, is_endpoint_table

    matrix = check_matrix(document, card.language, width) if document is not None else None
    if matrix is None:
        yield from map(_rendered, card.blocks)
        return
    # What was seen first, then what it means: the sentence, the matrix, the findings.
    yield from map(_rendered, card.blocks[:1])
    yield matrix
    for block in card.blocks[1:]:
        if not is_endpoint_table(block, card.language):
            yield _rendered(block)


def _rendered(block: Block) -> RenderableType:
    match block:
        case Paragraph(text):
            return _text(text)
        case Heading(title):
            return RichText(harmless(title), style="bold underline")
        case Bullets(items, numbered):
            return _bullets(items, numbered=numbered)
        case Facts(rows):
            return _facts(rows)
        case Table():
            return _table(block)
        case Code(text):
            return _code(text)
        case Note(text):
            return _text(text, style="dim")
        case Chart():
            *picture, words = chart_lines(block)
            return Group(RichText("\n".join(picture), no_wrap=True, overflow="crop"), RichText(words))
        case Attachment(name, content):
            shown = harmless(content.decode("utf-8", "replace").replace("\r", ""), keep_newlines=True)
            return Group(RichText(f"[{harmless(name)}]", style="dim"), RichText(shown))
        case _:
            assert_never(block)


def _text(text: Text, style: str = "") -> RichText:
    made = RichText(style=style)
    for span in text:
        made.append(harmless(span.text, keep_newlines=True), _style(span))
    return made


def _style(span: Span) -> str | Style:
    # A style object, not a style in words: words would be parsed.
    return Style(link=harmless(span.url), underline=True) if span.url else _SPANSTYLES[span.style]


def _code(text: str) -> RenderableType:
    """Lines to copy: the terminal folds them, so that they are whole when copied."""
    lines = harmless(text, keep_newlines=True).split("\n")
    shown = "\n".join(f"    {line}" for line in lines)
    return RichText(shown, style="cyan", no_wrap=True, overflow="ignore")


def _bullets(items: tuple[Text, ...], *, numbered: bool) -> RenderableType:
    grid = RichTable.grid(padding=(0, 1))
    grid.add_column(justify="right")
    grid.add_column()
    for number, item in enumerate(items, 1):
        grid.add_row(f"{number}." if numbered else "•", _text(item))
    return grid


def _facts(rows: tuple[tuple[str, Text], ...]) -> RenderableType:
    grid = RichTable.grid(padding=(0, 2))
    for label, value in rows:
        grid.add_row(RichText(harmless(label), style="bold"), _text(value))
    return grid


def _table(table: Table) -> RenderableType:
    made = RichTable(box=None, header_style="bold", pad_edge=False)
    for column in table.columns:
        made.add_column(RichText(harmless(column)), overflow="fold")
    for number, row in enumerate(table.rows):
        tone = table.tones[number] if number < len(table.tones) else "plain"
        style = STYLES[tone].removeprefix("bold").strip()
        made.add_row(*(RichText(harmless(cell)) for cell in row), style=style)
    return made
