"""Our own markup, and text from outside that must never become markup."""

from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cards.model import Card, Chart, Code, Facts, Paragraph, Span, Table, plain, rich
from bot.cards.plaintext import harmless, render_plain, sparkline, text_of


def test_markup_is_read_before_values_are_put_in() -> None:
    text = rich(
        "Use **{port}** on `{host}`, see [RFC {n}](https://www.rfc-editor.org/)",
        {"port": "**x**", "host": "`", "n": 8314},
    )
    assert text == (
        Span("Use "),
        Span("**x**", "bold"),
        Span(" on "),
        Span("`", "code"),
        Span(", see "),
        Span("RFC 8314", "plain", "https://www.rfc-editor.org/"),
    )


@given(st.text())
def test_a_value_is_never_a_link(value: str) -> None:
    assert all(span.url is None for span in rich("a {x} b", {"x": value}))


@given(st.text())
def test_nothing_that_commands_a_terminal_survives(text: str) -> None:
    shown = harmless(text)
    assert not any(ord(character) < 32 or 127 <= ord(character) < 160 for character in shown)
    assert "\u202e" not in shown


def test_an_unknown_slot_stays() -> None:
    assert rich("{what}") == (Span("{what}"),)


def test_a_whole_card_as_text() -> None:
    card = Card(
        title="Title",
        blocks=(
            Paragraph(rich("See [here](https://example.com/)")),
            Facts((("Port", plain("465")), ("Security", plain("TLS")))),
            Table(("Host", "State"), (("mx.example.com", "open"), ("a", "b"))),
            Code("line 1\nline 2"),
            Chart("Latency", "about 4 ms", (("a", 1.0), ("b", None), ("c", 3.0))),
        ),
    )
    shown = render_plain(card)
    assert "here <https://example.com/>" in shown
    assert "Port      465" in shown
    assert "    line 2" in shown
    assert "▁ █" in shown


def test_a_chart_of_one_point_is_a_bar() -> None:
    assert sparkline(Chart("t", "a", (("x", 5.0),))) == "▁"
    assert sparkline(Chart("t", "a", (("x", None),))) == ""


def test_links_can_be_left_out() -> None:
    assert text_of(rich("[a](https://b.example/)"), links=False) == "a"


@pytest.mark.parametrize("keep_newlines", [False, True])
def test_what_unicode_calls_control_or_format_is_replaced_and_nothing_else(keep_newlines: bool) -> None:
    for code in range(sys.maxunicode + 1):
        sign = chr(code)
        category = unicodedata.category(sign)
        dangerous = category in ("Cc", "Cs", "Zl", "Zp") or (category == "Cf" and sign not in "\u200d\u00ad")
        dangerous = dangerous and not (keep_newlines and sign == "\n")
        known = category != "Cn"  # a later Unicode may have given a meaning to what this one leaves free
        if known:
            assert (harmless(sign, keep_newlines=keep_newlines) != sign) == dangerous, hex(code)
