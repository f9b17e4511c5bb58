"""Card -> a terminal, by Rich. Text from outside is made harmless first and never read as markup."""

from __future__ import annotations

from typing import TextIO, assert_never

from rich.console import Console, RenderableType
from rich.padding import Padding
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
from bot.cards.plaintext import harmless, sparkline

_STYLES: dict[Tone, str] = {
    "plain": "bold",
    "good": "bold green",
    "warning": "bold yellow",
    "bad": "bold red",
    "unknown": "bold cyan",
    "waiting": "dim",
}
_SPAN_STYLES = {"plain": "", "bold": "bold", "code": "cyan"}


def print_card(card: Card, stream: TextIO) -> None:
    """Print a card; `NO_COLOR` is honoured by Rich."""
    console = Console(file=stream, highlight=False, markup=False, emoji=False)
    if card.title:
        console.print(RichText(harmless(card.title), style=_STYLES[card.tone]))
        console.print()
    for block in card.blocks:
        console.print(_rendered(block))
        console.print()


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
            return Padding(RichText(harmless(text, keep_newlines=True), style="cyan"), (0, 0, 0, 4))
        case Note(text):
            return _text(text, style="dim")
        case Chart():
            return RichText(f"{harmless(block.title)}\n{sparkline(block)}\n{harmless(block.alt)}")
        case Attachment(name):
            return RichText(f"[{harmless(name)}]", style="dim")
        case _:
            assert_never(block)


def _text(text: Text, style: str = "") -> RichText:
    made = RichText(style=style)
    for span in text:
        made.append(harmless(span.text, keep_newlines=True), _style(span))
    return made


def _style(span: Span) -> str:
    return f"link {span.url} underline" if span.url else _SPAN_STYLES[span.style]


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
        style = _STYLES[tone].removeprefix("bold").strip()
        made.add_row(*(RichText(harmless(cell)) for cell in row), style=style)
    return made
