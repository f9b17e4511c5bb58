"""The card of an answer: its text, where it comes from, and what to ask or do next."""

from __future__ import annotations

from collections.abc import Sequence

from bot.cards.model import Block, Bullets, Button, Card, Note, Paragraph, Span, Text, rich
from bot.cards.plaintext import text_of
from bot.i18n import say

MAX_LABEL = 70


def answer_card(
    text: str,
    *,
    language: str,
    sources: Sequence[tuple[str, str]],
    follow_ups: Sequence[str],
    command: str | None,
    declined: bool,
) -> Card:
    """The card of an answer whose text is our own markup.

    Args:
        command: The words that do what the question asks for live, offered as a button.
    """
    blocks = _blocks(text)
    if sources:
        blocks.append(Note(_source_line(sources, language)))
    buttons = [Button(label=command[:MAX_LABEL], command=command, style="primary")] if command else []
    buttons += [Button(label=one[:MAX_LABEL], command=one) for one in follow_ups[:3]]
    first = text.split("\n", 1)[0]
    return Card(
        title="",
        tone="unknown" if declined else "plain",
        blocks=tuple(blocks),
        buttons=tuple(buttons),
        summary=text_of(rich(first), links=False),
        language=language,
    )


def _blocks(text: str) -> list[Block]:
    blocks: list[Block] = []
    for part in text.split("\n\n"):
        lines = [line for line in part.split("\n") if line.strip()]
        told = [line for line in lines if not line.startswith("• ")]
        items = [rich(line.removeprefix("• ")) for line in lines if line.startswith("• ")]
        if told:
            blocks.append(Paragraph(rich("\n".join(told))))
        if items:
            blocks.append(Bullets(tuple(items)))
    return blocks


def _source_line(sources: Sequence[tuple[str, str]], language: str) -> Text:
    spans: list[Span] = [Span(say(language, "answer.sources") + " ")]
    for number, (ref, url) in enumerate(sources):
        spans += [Span(", ")] if number else []
        spans.append(Span(ref, "plain", url or None))
    return tuple(spans)
