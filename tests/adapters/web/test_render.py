"""Card -> HTML: the golden file, and texts that would be markup, scripts or floods."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

import pytest

from adapters.web.render import render_html, render_progress
from bot.cards.model import (
    Attachment,
    Bullets,
    Button,
    Card,
    Chart,
    Code,
    Facts,
    Heading,
    Note,
    Paragraph,
    Pending,
    Span,
    Table,
    plain,
)
from tests.support.cards import GALLERY, HOSTILE_TEXTS
from tests.support.hostile import HOSTILE

GOLDEN = Path(__file__).parent / "golden"
EVERY_HOSTILE = (*HOSTILE_TEXTS, *HOSTILE)
_VOID = {"br", "img", "input", "meta", "link"}
# What the renderer writes itself; nothing else may ever appear.
_TAGS = {
    "article", "a", "bdi", "br", "button", "code", "dd", "details", "div", "dl", "dt", "figcaption", "figure", "h2",
    "h3", "li", "ol", "p", "pre", "span", "strong", "summary", "table", "tbody", "td", "th", "thead", "tr", "ul",
    "svg", "rect", "text", "path", "circle",
}  # fmt: skip


class Reader(HTMLParser):
    """Checks nesting, and gathers tags, attributes and text."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str]] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    reader.close()
    assert reader.open == []
    return reader


def test_every_block_looks_like_the_golden_file() -> None:
    # One tag a line, so that a change can be read. To renew: write `made` to the file and look at the difference.
    made = render_html(GALLERY).replace("><", ">\n<") + "\n"
    assert made == (GOLDEN / "every_block.html").read_text("utf-8")
    assert read(made).tags <= _TAGS


@pytest.mark.parametrize("number", range(len(EVERY_HOSTILE)))
def test_hostile_text_stays_text_everywhere(number: int) -> None:
    text = EVERY_HOSTILE[number]
    card = Card(
        title=text,
        language=text[:20],
        blocks=(
            Paragraph((Span(text), Span(text, "bold"), Span(text, "code"), Span(text, url="javascript:alert(1)"))),
            Paragraph((Span(text, url=f"https://example.org/{text[:50]}"),)),
            Heading(text),
            Bullets((plain(text),)),
            Facts(((text, plain(text)),)),
            Table((text,), ((text,),)),
            Code(text, language=text, name=text),
            Note(plain(text)),
            Chart(title=text, alt=text, points=((text, 1.0),), states="u", unit=text[:30]),
            Attachment(text, text.encode("utf-8", "replace"), media_type=text),
        ),
        buttons=(Button(text, text),),
    )  # fmt: skip
    html = render_html(card)
    found = read(html)
    assert found.tags <= _TAGS
    assert not [name for name, _ in found.attributes if name.startswith("on") or name in ("style", "src")]
    addresses = [value for name, value in found.attributes if name == "href"]
    assert all(one.startswith(("https://example.org/", "data:text/plain;base64,")) for one in addresses)
    everything = html + "".join(found.texts) + "".join(value for _, value in found.attributes)
    assert not set(everything) & set("\0\x07\x08\x1b\x9b\r\x85\u202e\u2066\u2028\ud800")


def test_progress_shows_what_is_known_already() -> None:
    pending = Pending(plain("Waiting for <25>"), done=1, total=3, details=(plain("mx:465 \x1b[2J ok"),))
    found = read(render_progress(pending, "en"))
    assert "".join(found.texts) == "Waiting for <25> 1/3mx:465 \N{REPLACEMENT CHARACTER}[2J ok"


def test_a_chart_says_its_values_and_a_gap_is_a_gap() -> None:
    html = render_html(GALLERY)
    assert 'role="img" aria-label="Three answers: 12 ms, none, 30 ms."' in html
    assert "<td>–</td>" in html


def test_a_file_can_be_saved_and_a_huge_one_only_looked_at() -> None:
    assert 'download="watches.csv" href="data:text/csv;base64,dGFyZ2V0' in render_html(GALLERY)
    huge = render_html(Card(title="", blocks=(Attachment("big.csv", b"x" * 600_000),)))
    assert "download=" not in huge
    assert len(huge) < 100_000
