"""A card on a terminal: Rich where it is one, plain text where it is not."""

from __future__ import annotations

from collections.abc import Mapping

from bot.cards.model import Attachment, Card
from bot.typed import TextIO


def show_card(card: Card, stream: TextIO, document: Mapping[str, object] | None = None) -> None:
    """Print a card to a stream; with a check's document its whole matrix on a terminal."""
    if stream.isatty():
        from adapters.terminal.render import print_card

        print_card(card, stream, document)
        return
    from bot.cards.plaintext import harmless, render_plain

    stream.write(render_plain(card))
    for file in card.blocks:
        if isinstance(file, Attachment):  # there is nowhere to send it: it is shown
            shown = harmless(file.content.decode("utf-8", "replace").replace("\r", ""), keep_newlines=True)
            stream.write(f"\n{shown}\n")
