"""What stands in the place of an answer that the end of the process cut off."""

from __future__ import annotations

from bot.cards.model import Button, Card, Paragraph, plain
from bot.i18n import say


def interrupted_card(language: str, words: str) -> Card:
    """Says so, and offers to run the same words again."""
    line = say(language, "conversation.interrupted")
    again = Button(label=say(language, "button.run-again"), command=words, style="primary")
    return Card(
        title="",
        tone="unknown",
        blocks=(Paragraph(plain(line)),),
        buttons=(again,) if words else (),
        summary=line,
        language=language,
    )
