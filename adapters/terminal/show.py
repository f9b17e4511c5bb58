"""A card on a terminal: Rich where it is one, plain text where it is not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TextIO

from bot.cards.model import Card


def show_card(card: Card, stream: TextIO, document: Mapping[str, object] | None = None) -> None:
    """Print a card to a stream; with a check's document its whole matrix on a terminal."""
    if stream.isatty():
        from adapters.terminal.render import print_card

        print_card(card, stream, document)
        return
    from bot.cards.plaintext import render_plain

    stream.write(render_plain(card))
