"""Card -> terminal and plain text: golden files, and hostile texts in every place of a card."""

from __future__ import annotations

import io
from functools import partial
from pathlib import Path

import pytest
from rich.console import Console

from adapters.terminal.render import render_card
from bot.advice.findings import advise
from bot.cards.documents import check_document
from bot.cards.model import (
    Attachment,
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
    plain,
)
from bot.cards.plaintext import render_plain
from bot.cards.verdict import verdict_card
from tests.bot.cards.test_verdict import result_of
from tests.support.cards import GALLERY, HOSTILE_TEXTS
from tests.support.hostile import HOSTILE
from tests.support.outcomes import V6, certificate, closed, good

GOLDEN = Path(__file__).parent / "golden"
EVERY_HOSTILE = (*HOSTILE_TEXTS, *HOSTILE)


def rendered(
    card: Card, width: int, document: dict[str, object] | None = None, *, colour: bool = False
) -> str:
    stream = io.StringIO()
    console = Console(
        file=stream, width=width, highlight=False, markup=False, emoji=False, legacy_windows=False,
        force_terminal=colour, color_system="256" if colour else None,
    )  # fmt: skip
    render_card(card, console, document)
    return "\n".join(line.rstrip() for line in stream.getvalue().split("\n"))


def same_as(name: str, made: str) -> None:
    # To renew a file: write `made` to it and look at the difference.
    assert made == (GOLDEN / name).read_text("utf-8")


def check() -> tuple[Card, dict[str, object]]:
    outcomes = (good(25), good(465, V6, certificate=certificate("expired", days=-3)), closed(110), good(993))
    result, words = result_of(*outcomes), partial(advise, language="en")
    return verdict_card(result, "en", words), check_document(result, "en", words)


def test_every_block_in_plain_text() -> None:
    same_as("every_block.txt", render_plain(GALLERY))


@pytest.mark.parametrize("width", [40, 80])
def test_every_block_on_a_terminal(width: int) -> None:
    same_as(f"every_block_{width}.txt", rendered(GALLERY, width))


def test_every_block_in_colour() -> None:
    made = rendered(GALLERY, 80, colour=True)
    for part in ("\x1b[1;33mEverything a card can hold", "\x1b]8;", "https://www.rfc-editor.org/rfc/rfc8314"):
        assert part in made


@pytest.mark.parametrize("width", [40, 80, 200])
def test_a_check_on_a_terminal(width: int) -> None:
    card, document = check()
    made = rendered(card, width, document)
    same_as(f"check_{width}.txt", made)
    assert max(len(line) for line in made.split("\n")) <= width


@pytest.mark.parametrize("number", range(len(EVERY_HOSTILE)))
def test_hostile_text_gives_no_orders(number: int) -> None:
    text = EVERY_HOSTILE[number][:1500]
    card = Card(
        title=text,
        blocks=(
            Paragraph((Span(text), Span(text, "bold"), Span(text, "code"), Span("x", url=f"https://a.example/{text}"))),
            Heading(text),
            Bullets((plain(text),)),
            Facts(((text, plain(text)),)),
            Table((text,), ((text,),)),
            Code(text),
            Note(plain(text)),
            Chart(title=text, alt=text, points=((text, 1.0),)),
            Attachment(text, text.encode("utf-8", "replace")),
        ),
    )  # fmt: skip
    forbidden = set("\0\x07\x08\r\x85\x9b\u202e\u2066\u2028\ud800")
    for width in (40, 200):
        assert not (forbidden | {"\x1b"}) & set(rendered(card, width))
    assert not (forbidden | {"\x1b"}) & set(render_plain(card))
    coloured = rendered(card, 80, colour=True)
    assert not (forbidden - {"\x07"}) & set(coloured)
    assert "\x1b[31m" not in coloured
    assert "\x1b[2J" not in coloured
    assert "\x1bc" not in coloured
