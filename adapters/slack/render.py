"""Card -> Slack messages and files. Limits are kept by splitting, never by failing."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from adapters.slack import limits
from adapters.slack.blocks import (
    CODE_CHARACTERS,
    Json,
    buttons_block,
    context,
    header,
    is_clipped,
    render_block,
    rich_text,
    table_file,
)
from adapters.slack.charts import plottable
from adapters.slack.markup import escaped_plainly, shortened
from bot.cards.model import (
    Attachment,
    Block,
    Card,
    Chart,
    Code,
    Paragraph,
    Pending,
    Span,
    Table,
    Text,
    Tone,
)
from bot.cards.plaintext import render_plain, text_of

KEPT = 128
# Of the JSON around the words of an echo; the words themselves may need twice their length.
HEAD_CHARACTERS = 100
_JSON = json.JSONEncoder(ensure_ascii=False).encode
MARKS: dict[Tone, str] = {
    "plain": "",
    "good": "✅ ",
    "warning": "⚠️ ",
    "bad": "❌ ",
    "unknown": "❔ ",
    "waiting": "⏳ ",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message: blocks for the eye, text for notifications and screen readers."""

    text: str
    blocks: tuple[Json, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A card in Slack's form.

    Attributes:
        messages: The first is the answer, the others continue it; never empty.
        files: To send along into the answer's thread.
        charts: To draw and send along, because no block shows them.
    """

    messages: tuple[Message, ...]
    files: tuple[Attachment, ...] = ()
    charts: tuple[Chart, ...] = ()


def render_card(card: Card, *, native: bool = True, echo: str = "") -> Rendered:
    """A card as messages.

    Args:
        native: Use tables and charts of Slack's own; False after `invalid_blocks`.
        echo: The words that are answered, shown small above (a slash command is not seen by others).
    """
    made = _made(card, native=native)
    head = [context(f"`/mailport {escaped_plainly(echo_line(echo))}`")] if echo else []
    pages = list(_pages(head, made))
    files = made.files
    if len(pages) > limits.MESSAGES_PER_ANSWER:
        pages = pages[: limits.MESSAGES_PER_ANSWER]
        files = (Attachment("mailport.txt", render_plain(card).encode("utf-8", "replace")), *files)
    messages = [
        Message(text=made.text if number == 0 else _continued(card, number, len(pages)), blocks=tuple(page))
        for number, page in enumerate(pages)
    ]
    charts = tuple(
        block for block in card.blocks if isinstance(block, Chart) and not (native and plottable(block))
    )
    return Rendered(messages=tuple(messages), files=files, charts=charts)


@dataclass(frozen=True, slots=True)
class _Made:
    """What a card looks like, whatever was asked.

    Attributes:
        size: Of all blocks as Slack counts them, in characters.
    """

    card: Card
    native: bool
    body: list[Json]
    tail: list[Json]
    text: str
    files: tuple[Attachment, ...]
    size: int


# Answers that the core remembers are the same objects each time: so are their blocks.
_KEPT: dict[tuple[int, bool], _Made] = {}


def _made(card: Card, *, native: bool) -> _Made:
    kept = _KEPT.get((id(card), native))
    if kept is not None and kept.card is card:
        return kept
    mark = MARKS[card.tone]
    head = [header(mark + card.title)] if card.title else []
    body = [*head, *_body(card, native=native, mark="" if head else mark)]
    tail = buttons_block(card.buttons)
    made = _Made(
        card, native, body, tail, fallback_text(card), tuple(_files(card.blocks)), _size([*body, *tail])
    )
    if len(_KEPT) >= KEPT:
        del _KEPT[next(iter(_KEPT))]
    _KEPT[id(card), native] = made  # the card is held too, so its id stays its own
    return made


def _continued(card: Card, number: int, pages: int) -> str:
    title = shortened(card.title, limits.HEADER_CHARACTERS)
    return escaped_plainly(f"{title} ({number + 1}/{pages})".strip())


def text_only(card: Card) -> Rendered:
    """The card without any block: what goes out when Slack takes no block of ours at all."""
    return Rendered(messages=(Message(text=fallback_text(card), blocks=()),))


def echo_line(words: str) -> str:
    """What was asked, in one short line that ends no code span."""
    return shortened(" ".join(words.replace("`", "'").split()), 150)


def fallback_text(card: Card) -> str:
    """The card in plain words: notifications, screen readers, clients without blocks."""
    lines = render_plain(card).strip()
    if card.summary and card.summary not in lines and card.summary != card.title:
        lines = f"{card.title}\n{card.summary}".strip() + lines.removeprefix(card.title)
    mark = MARKS[card.tone]
    return escaped_plainly(mark + shortened(lines, limits.FALLBACK_CHARACTERS)) or "–"


def _body(card: Card, *, native: bool, mark: str) -> Iterable[Json]:
    tables = charts = 0
    for block in card.blocks:
        if mark and isinstance(block, Paragraph):
            block = Paragraph((Span(mark), *block.text))
            mark = ""
        if isinstance(block, Table):
            tables += 1
            fits = native and tables <= limits.TABLES_PER_MESSAGE
            yield from render_block(block, native=fits)
        elif isinstance(block, Chart):
            charts += 1
            yield from render_block(block, native=native and charts <= limits.CHARTS_PER_MESSAGE)
        else:
            yield from render_block(block, native=native)


def _pages(head: list[Json], made: _Made) -> Iterable[list[Json]]:
    """Pages that Slack takes; the buttons stand on the first, which is the one that is edited later."""
    whole = [*head, *made.body, *made.tail]
    size = made.size + sum(HEAD_CHARACTERS + 2 * len(block["elements"][0]["text"]) for block in head)
    if not whole:
        yield rich_text((Span("–"),))
    elif len(whole) <= limits.BLOCKS_PER_MESSAGE and size <= limits.MESSAGE_CHARACTERS:
        yield whole
    else:
        yield from _paged(head, made.body, made.tail)


def _paged(head: list[Json], body: list[Json], tail: list[Json]) -> Iterable[list[Json]]:
    page, size = list(head), _size([*head, *tail])
    room = limits.BLOCKS_PER_MESSAGE - len(tail)
    last = tail
    for block in body:
        weight = _size(block)
        if page and (len(page) >= room or size + weight > limits.MESSAGE_CHARACTERS):
            yield page + last
            page, size, last, room = [], 0, [], limits.BLOCKS_PER_MESSAGE
        page.append(block)
        size += weight
    if page or last:
        yield page + last


def _size(blocks: Json | list[Json]) -> int:
    return len(_JSON(blocks)) + 2


def _files(blocks: Sequence[Block]) -> Iterable[Attachment]:
    for block in blocks:
        match block:
            case Attachment():
                yield block
            case Table() if is_clipped(block):
                yield table_file(block)
            case Code(text, _, name) if len(text) > CODE_CHARACTERS:
                yield Attachment(name, text.encode("utf-8", "replace"))
            case _:
                pass


def render_pending(pending: Pending, language: str) -> Message:
    """A step of something that takes time."""
    count: Text = (Span(f"  {pending.done}/{pending.total}"),) if pending.total else ()
    line: Text = (Span(MARKS["waiting"]), *pending.text, *count)
    details = [block for detail in pending.details[:20] for block in rich_text(detail)]
    blocks = [*rich_text(line), *details][: limits.BLOCKS_PER_MESSAGE]
    return Message(text=escaped_plainly(text_of(line, links=False)) or "–", blocks=tuple(blocks))
