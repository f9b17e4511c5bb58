"""Cards and the matrix on a terminal: everything is shown, nothing hostile is carried out."""

from __future__ import annotations

import io
from functools import partial
from typing import get_args

import pytest
from rich.console import Console

from adapters.terminal.render import print_card, render_card
from adapters.terminal.show import show_card
from bot.advice.findings import advise
from bot.cards.documents import check_document
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
    plain,
)
from bot.cards.verdict import verdict_card
from tests.bot.cards.test_verdict import HOSTILE, result_of
from tests.support.outcomes import V6, bare, certificate, closed, good

BLOCKS: tuple[Block, ...] = (
    Paragraph((Span("see "), Span("here", url="https://example.org"), Span(" now", "bold"))),
    Heading("Heading"),
    Bullets((plain("first"), plain("second")), numbered=True),
    Facts((("Port", plain("465")),)),
    Table(("A", "B"), (("1", "2"), ("[red]3", "4")), ("good", "bad")),
    Code("listen = *"),
    Note(plain("small print")),
    Chart("Answer", "three points", (("a", 1.0), ("b", None), ("c", 3.0))),
    Attachment("watches.csv", b"x"),
)


def rendered(card: Card, document: dict[str, object] | None = None, *, width: int = 120) -> str:
    stream = io.StringIO()
    console = Console(file=stream, width=width, highlight=False, markup=False, emoji=False)
    render_card(card, console, document)
    return stream.getvalue()


def test_every_kind_of_block_is_shown() -> None:
    assert {type(block) for block in BLOCKS} == set(get_args(Block))
    text = rendered(Card(title="Title", tone="good", blocks=BLOCKS))
    for word in ("Title", "here", "Heading", "2. second", "465", "[red]3", "listen = *", "small print",
                 "three points", "[watches.csv]"):  # fmt: skip
        assert word in text


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_matrix_shows_every_stage_with_its_time(language: str) -> None:
    outcomes = (good(25), good(465, V6, certificate=certificate("expired", days=-3)), closed(110))
    result = result_of(*outcomes)
    words = partial(advise, language=language)
    card = verdict_card(result, language, words)
    text = rendered(card, check_document(result, language, words))
    for word in ("mx.example.com (192.0.2.25)", f"mx.example.com ({V6})", "STARTTLS", "TLSv1.3", "110 pop3"):
        assert word in text
    assert text.index("STARTTLS") < text.index("✗")
    assert text.count("465 submissions") == 1


@pytest.mark.parametrize("width", [60, 140])
def test_every_address_is_headed_once(width: int) -> None:
    result = result_of(*(good(port, address) for port in (25, 465) for address in (V6, "192.0.2.25")))
    words = partial(advise, language="en")
    text = rendered(verdict_card(result, "en", words), check_document(result, "en", words), width=width)
    assert text.count(f"mx.example.com ({V6})") == 1
    assert text.count("mx.example.com (192.0.2.25)") == 1


def test_hostile_text_is_not_carried_out() -> None:
    result = result_of(bare(25, greeting=HOSTILE, detail=HOSTILE, signs=["greeting-rejected"]))
    words = partial(advise, language="en")
    text = rendered(verdict_card(result, "en", words), check_document(result, "en", words))
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "\x00" not in text


def test_no_colour_where_it_is_not_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    coloured = Terminal()
    show_card(Card(title="Title", tone="bad"), coloured)
    assert "\x1b[1;31m" in coloured.getvalue()
    monkeypatch.setenv("NO_COLOR", "1")
    bare_terminal = Terminal()
    print_card(Card(title="Title", tone="bad"), bare_terminal)
    assert "31m" not in bare_terminal.getvalue()


def test_a_pipe_gets_plain_text() -> None:
    stream = io.StringIO()
    show_card(Card(title="Title", blocks=BLOCKS), stream)
    assert "\x1b" not in stream.getvalue()
