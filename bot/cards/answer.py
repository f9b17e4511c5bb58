"""The card of an answer: its text, what it rests on, and what can be done or asked next."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from bot.cards.model import Block, Bullets, Button, Card, Code, Note, Paragraph, Span, Text, plain, rich
from bot.i18n import say
from bot.model.value import frozen

_MAX_LABEL = 75
_CODE_LINE = re.compile(r"`[^`]+`")


@frozen(kw_only=True)
class AnswerView:
    """What the card shows.

    Attributes:
        text: Paragraphs in our own markup, parted by blank lines; lines that begin with a bullet are lists.
        values: Put into `{slots}` after the markup was read.
        sources: (reference, address).
        follow_ups: Questions to ask next, as typed.
        command: The words of the live action that was asked for, else "".
    """

    title: str
    text: str
    values: Mapping[str, str]
    sources: tuple[tuple[str, str], ...]
    follow_ups: tuple[str, ...]
    command: str
    language: str


def answer_card(view: AnswerView) -> Card:
    """The card; the first line alone is its summary."""
    first = view.text.split("\n", 1)[0]
    blocks = tuple(_blocks(view.text, view.values))
    if view.sources:
        blocks += (Note(_sources(view)),)
    return Card(
        title=view.title,
        blocks=blocks,
        buttons=tuple(_buttons(view)),
        summary="".join(span.text for span in rich(first, view.values)),
        language=view.language,
    )


def _blocks(text: str, values: Mapping[str, str]) -> Iterator[Block]:
    for paragraph in re.split(r"\n\s*\n", text):
        lines = paragraph.split("\n")
        while lines:
            kind = _kind(lines[0])
            size = next((n for n, line in enumerate(lines) if _kind(line) != kind), len(lines))
            yield _block(kind, lines[:size], values)
            lines = lines[size:]


def _kind(line: str) -> str:
    if line.startswith("• "):
        return "bullet"
    if re.match(r"\d\. ", line):
        return "number"
    return "code" if _CODE_LINE.fullmatch(line) else "text"


def _block(kind: str, lines: list[str], values: Mapping[str, str]) -> Block:
    if kind in ("bullet", "number"):
        items = (re.sub(r"^(?:• |\d\. )", "", line) for line in lines)
        return Bullets(tuple(rich(item, values) for item in items), numbered=kind == "number")
    if kind == "code":
        return Code("\n".join(line.strip("`") for line in lines))
    return Paragraph(rich(" ".join(lines), values))


def _sources(view: AnswerView) -> Text:
    spans = list(plain(say(view.language, "answer.sources") + " "))
    for position, (reference, address) in enumerate(view.sources):
        spans += plain(" · ") if position else ()
        spans.append(Span(reference, "plain", address))
    return tuple(spans)


def _buttons(view: AnswerView) -> Iterator[Button]:
    if view.command:
        yield Button(label=say(view.language, "answer.do"), command=view.command, style="primary")
    for question in view.follow_ups:
        yield Button(label=question[:_MAX_LABEL], command=f"ask {question}")
