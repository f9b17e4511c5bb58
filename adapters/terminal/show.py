"""A card on a terminal: Rich where it is one, plain text where it is not."""

from __future__ import annotations

from typing import TextIO

from bot.cards.model import Card


def show_card(card: Card, stream: TextIO) -> None:
    """Print a card to a stream."""
    if stream.isatty():
        from adapters.terminal.render import print_card

        print_card(card, stream)
        return
    from bot.cards.plaintext import render_plain

    stream.write(render_plain(card))
