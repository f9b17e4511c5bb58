"""Card -> messages with embeds, files and buttons. Limits are kept by splitting, never by failing.

Embeds and not Components V2: an embed can be edited into and out of a message, carries a text
fallback for notifications, and is understood by every client and library (docs/decisions).
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, assert_never

import discord

from adapters.discord import limits
from adapters.discord.api import NOBODY, attachment_list
from adapters.discord.buttons import Json, rows
from adapters.discord.markup import escaped, fenced, markdown, shortened, width
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
    Pending,
    Table,
    Tone,
)
from bot.cards.plaintext import harmless, render_plain, table_lines
from bot.model.value import replace

DrawChart = Callable[[Chart], bytes]

_COLOURS: dict[Tone, int] = {
    "plain": 0x5865F2,
    "good": 0x2EA043,
    "warning": 0xD29922,
    "bad": 0xDA3633,
    "unknown": 0x8B949E,
    "waiting": 0x8B949E,
}
_SIGNS: dict[Tone, str] = {
    "good": "🟢 ",
    "warning": "🟡 ",
    "bad": "🔴 ",
    "unknown": "⚪ ",
    "waiting": "⏳ ",
    "plain": "",
}
# Room for tables in a code block before they are sent as a file.
_TABLE_MAX = 1800
_NAMES_OF_FILES = 60
KEPT = 128
_ECHO = 200


@dataclass(slots=True)
class Outgoing:
    """One message, ready for Discord."""

    embeds: list[Json] = field(default_factory=list)
    files: list[discord.File] = field(default_factory=list)
    content: str = ""
    rows: list[Json] = field(default_factory=list)

    def body(self) -> dict[str, Any]:
        """The JSON of it. Every part is named, because what an edit does not name stays."""
        return {
            "content": self.content,
            "embeds": self.embeds,
            "components": self.rows,
            "attachments": attachment_list(self.files),
            "allowed_mentions": NOBODY,
        }


@dataclass(frozen=True, slots=True)
class _Piece:
    """A run of embed text, or a picture or file."""

    text: str = ""
    chart: Chart | None = None
    attachment: Attachment | None = None


def render_messages(card: Card, draw: DrawChart | None, *, echo: str = "") -> list[Outgoing]:
    """The card as one or a few messages; what is too long goes into a file of the last one.

    Args:
        draw: Makes a PNG of a chart; None leaves its words.
        echo: The words that are answered, shown small above (who presses a button says nothing).
    """
    messages = _messages(card, draw)
    if echo:
        first = replace(messages[0])
        line = f"-# {escaped(shortened(' '.join(echo.split()), _ECHO))}"
        first.content = f"{line}\n{first.content}".strip()
        return [first, *messages[1:]]
    return messages


# Answers that the core remembers are the same objects each time: so are their messages.
_KEPT: dict[int, tuple[Card, list[Outgoing]]] = {}


def _messages(card: Card, draw: DrawChart | None) -> list[Outgoing]:
    kept = _KEPT.get(id(card))
    if kept is not None and kept[0] is card:
        return kept[1]
    made = _made(card, draw)
    if not any(message.files for message in made):  # files are read only once
        if len(_KEPT) >= KEPT:
            del _KEPT[next(iter(_KEPT))]
        _KEPT[id(card)] = (card, made)  # the card is held too, so its id stays its own
    return made


def _made(card: Card, draw: DrawChart | None) -> list[Outgoing]:
    pieces = [piece for block in card.blocks for piece in _pieces(block)]
    groups = _grouped(pieces)
    messages = [_message(card, group, draw, first=number == 0) for number, group in enumerate(groups)]
    if len(messages) > limits.MESSAGES:
        messages = messages[: limits.MESSAGES]
        messages[-1].files.append(_file("mailport.txt", render_plain(card).encode("utf-8", "replace")))
    messages[0].rows = rows(card.buttons)
    return messages


def plainest(card: Card) -> Outgoing:
    """The card as its one sentence and a text file: what goes out when Discord does not take the embeds."""
    line = shortened(escaped(card.summary or card.title), limits.CONTENT // 2) or "…"
    return Outgoing(
        content=line, files=[_file("mailport.txt", render_plain(card).encode("utf-8", "replace"))]
    )


def render_pending(pending: Pending) -> Outgoing:
    """A step of something that takes time."""
    count = f"  {pending.done}/{pending.total}" if pending.total else ""
    lines = [_SIGNS["waiting"] + markdown(pending.text) + count]
    lines += [f"- {markdown(detail)}" for detail in pending.details[:20]]
    text = shortened("\n".join(lines), limits.DESCRIPTION)
    embed = discord.Embed(colour=_COLOURS["waiting"], description=text)
    return Outgoing(embeds=[{**embed.to_dict()}])


def _pieces(block: Block) -> Iterator[_Piece]:
    match block:
        case Paragraph(text):
            yield from _split(markdown(text))
        case Heading(title):
            yield _Piece(f"**{escaped(title)}**")
        case Bullets(items, numbered):
            lines = [
                f"{f'{number}.' if numbered else '-'} {markdown(item)}"
                for number, item in enumerate(items, 1)
            ]
            yield from _split("\n".join(lines))
        case Facts(rows):
            yield from _split("\n".join(f"**{escaped(label)}** {markdown(value)}" for label, value in rows))
        case Table():
            yield from _table(block)
        case Code(text, language, name):
            yield from _code(text, language, name)
        case Note(text):
            yield from _split("\n".join(f"-# {line}" for line in markdown(text).split("\n") if line.strip()))
        case Chart():
            yield _Piece(chart=block)
        case Attachment():
            yield _Piece(attachment=block)
        case _:
            assert_never(block)


def _table(table: Table) -> Iterator[_Piece]:
    text = "\n".join(table_lines(table))
    if len(text) <= _TABLE_MAX:
        yield _Piece(fenced(text))
    else:
        shown = text[:_TABLE_MAX].rpartition("\n")[0]
        yield _Piece(fenced(shown + "\n…"))
        yield _Piece(attachment=Attachment("table.txt", text.encode("utf-8")))


def _code(text: str, language: str, name: str) -> Iterator[_Piece]:
    if len(text) <= _TABLE_MAX:
        yield _Piece(fenced(text, language if language.isalnum() else ""))
    else:
        yield _Piece(attachment=Attachment(name, harmless(text, keep_newlines=True).encode("utf-8")))


def _split(text: str) -> Iterator[_Piece]:
    """Pieces of at most half a description, cut at line ends, else at spaces, else anywhere."""
    most = limits.DESCRIPTION // (2 if width(text) == len(text) else 4)
    while len(text) > most:
        cut = max(text.rfind("\n", 1, most), 0) or max(text.rfind(" ", 1, most), 0) or most
        yield _Piece(text[:cut])
        text = text[cut:].lstrip("\n ")
    if text.strip():
        yield _Piece(text)


def _grouped(pieces: list[_Piece]) -> list[list[_Piece]]:
    """Pieces that fit one message each: one embed's description, at most one picture, ten files."""
    groups: list[list[_Piece]] = [[]]
    used = files = charts = 0
    for piece in pieces:
        size = width(piece.text) + 2
        is_file, is_chart = piece.attachment is not None, piece.chart is not None
        full = used + size > limits.DESCRIPTION - 100 or files + is_file > 8 or charts + is_chart > 1
        if groups[-1] and full:
            groups.append([])
            used = files = charts = 0
        groups[-1].append(piece)
        used, files, charts = used + size, files + is_file, charts + is_chart
    return groups


def _message(card: Card, pieces: list[_Piece], draw: DrawChart | None, *, first: bool) -> Outgoing:
    message = Outgoing()
    text = "\n\n".join(piece.text for piece in pieces if piece.text)
    embed = discord.Embed(colour=_COLOURS[card.tone], description=text or None)
    if first and card.title:
        embed.title = shortened(_SIGNS[card.tone] + escaped(card.title), limits.TITLE)
    for piece in pieces:
        if piece.chart is not None:
            _add_chart(message, embed, piece.chart, draw)
        if piece.attachment is not None:
            message.files.append(_file(piece.attachment.name, piece.attachment.content))
    if embed.title or embed.description or embed.image.url:
        message.embeds.append({**embed.to_dict()})
    if not message.embeds and not message.files:
        message.content = shortened(escaped(card.summary), limits.CONTENT // 2) or "…"
    return message


def _add_chart(message: Outgoing, embed: discord.Embed, chart: Chart, draw: DrawChart | None) -> None:
    caption = f"**{escaped(chart.title)}**\n{escaped(chart.alt)}"
    before = embed.description or ""
    embed.description = shortened(f"{before}\n\n{caption}".strip(), limits.DESCRIPTION)
    if draw is None:
        return
    name = f"chart{len(message.files) + 1}.png"
    message.files.append(
        discord.File(io.BytesIO(draw(chart)), filename=name, description=harmless(chart.alt)[:1024])
    )
    embed.set_image(url=f"attachment://{name}")


def _file(name: str, content: bytes) -> discord.File:
    safe = "".join(character if character.isalnum() or character in "._-" else "_" for character in name)
    return discord.File(
        io.BytesIO(content[: limits.UPLOAD_BYTES]), filename=safe[:_NAMES_OF_FILES] or "mailport.txt"
    )
