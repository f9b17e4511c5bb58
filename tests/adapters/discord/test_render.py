"""Card -> embeds, files and buttons: golden files, limits, and texts that would be markup, mentions or floods."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.discord import limits
from adapters.discord.buttons import custom_id, long_commands, read_custom_id, rows
from adapters.discord.markup import read_typed, shortened
from adapters.discord.render import Outgoing, render_messages, render_pending
from bot.cards.model import (
    Attachment,
    Block,
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
    rich,
)
from bot.model.value import replace
from tests.support.cards import GALLERY, HOSTILE_TEXTS
from tests.support.discord_rules import message_faults, pings, schema_faults, units
from tests.support.discord_standin import words_of

GOLDEN = Path(__file__).parent / "golden"
DISCORDS = (
    "@everyone @here",
    "<@400> <@!400> <@&500> <#300> <id:browse> </mailport check:900>",
    "<:smile:1> <a:smile:1> <t:1700000000:R>",
    "**bold** *it* __u__ ~~gone~~ ||hidden|| `code` ```ini\nblock``` > quote\n>>> all\n# head\n-# small\n- list",
    "[your bank](https://evil.example) <https://evil.example> https://evil.example discord://x mailto:a@b.c",
    "\\*escaped\\* \\\\<@1> \\[x\\](https://evil.example)",
    ":boom:" * 3000,
    "\N{PILE OF POO}" * 9000,
    "Z" + "\u0301" * 2000,
    "word " * 8000,
    "`" * 300,
    "](",
    "[@everyone](`)",
    "[x](**_~~||)",
    "",
    "   ",
)
CODE = re.compile(r"(?<!\\)```.*?```|(?<!\\)`[^`\n]*`", re.DOTALL)
# What Discord would bring to life outside code; our own links are `](<https://…>)`.
ALIVE = re.compile(
    r"@(?:everyone|here)\b|<(?:@|#|:|a:|t:|/|id:)|(?<!\]\(<)\b(?:https?|discord|mailto):[^\s\u200b]"
)


def draw(_: Chart) -> bytes:
    return b"PNG"


def everywhere(text: str) -> Card:
    """A card with the text at every place that can hold one."""
    blocks: tuple[Block, ...] = (
        Paragraph(plain(text)),
        Paragraph(
            rich("Greeting `{x}`, **{x}**, [RFC](https://www.rfc-editor.org/rfc/rfc8314)", {"x": text})
        ),
        Heading(text[:200]),
        Bullets((plain(text), plain("second"))),
        Facts(((text[:300], plain(text)), ("Port", plain("587")))),
        Table((text, "b"), ((text, text), ("1", ""))),
        Code(text, language=text[:9], name=text[:99] or "x"),
        Note((Span(text, "bold"), Span(text, "code"), Span(text, url="https://example.com/x"))),
        Chart(title=text, alt=text, points=((text, 1.0), (text, 2.0)), unit=text),
        Attachment(text[:99] or "x", b"1"),
    )
    buttons = (Button(text, f"check {text}"), Button("Again", "check example.com", "primary"))
    return Card(title=text, tone="bad", blocks=blocks, buttons=buttons, summary=text)


def bodies(card: Card, echo: str = "") -> list[tuple[dict[str, Any], int]]:
    made = render_messages(card, draw, echo=echo)
    return [(json.loads(json.dumps(one.body())), len(one.files)) for one in made]


def alive(body: dict[str, Any]) -> list[str]:
    texts = [body["content"]]
    texts += [embed.get(name) or "" for embed in body["embeds"] for name in ("title", "description")]
    return [found for text in texts for found in ALIVE.findall(CODE.sub("", text))]


def assert_sound(card: Card) -> None:
    made = bodies(card, echo=card.title)
    assert 1 <= len(made) <= limits.MESSAGES
    for body, files in made:
        assert message_faults(body, files) == []
        assert body["content"] or body["embeds"] or files
        assert pings(body) == []
        assert alive(body) == []
        assert not any(ord(sign) < 32 and sign != "\n" for sign in words_of(body))
        json.dumps(body, ensure_ascii=False).encode()


@pytest.mark.parametrize("text", [*HOSTILE_TEXTS, *DISCORDS])
def test_no_text_breaks_a_message_or_comes_alive(text: str) -> None:
    assert_sound(everywhere(text))


PIECES = st.sampled_from(
    ["@everyone", "<@1>", "<", ">", "@here", "|", "*", "_", "`", "```", "~", "[", "](", ")", ":x:", "http://a.b",
     "\0", "\x1b[1m", "\u202e", "é", "\n", " ", "mx.example.com", "<#1>", "\\", "# ", "- ", "1. ", "word " * 40]
)  # fmt: skip


@given(st.lists(PIECES, max_size=60).map("".join))
def test_no_mixture_of_pieces_comes_alive(text: str) -> None:
    assert_sound(everywhere(text))


@pytest.mark.parametrize("text", [*HOSTILE_TEXTS, *DISCORDS])
def test_progress_with_hostile_details(text: str) -> None:
    body = render_pending(Pending(plain(text), 2, 5, (plain(text), plain("x")))).body()
    assert message_faults(body) == []
    assert alive(body) == []


def test_a_body_names_every_part_so_that_an_edit_leaves_nothing_behind() -> None:
    assert set(Outgoing().body()) == {"content", "embeds", "components", "attachments", "allowed_mentions"}


def test_buttons_that_do_the_same_are_one_and_rows_hold_five() -> None:
    buttons = [Button(f"b{number}", f"check h{number % 12}.example") for number in range(24)]
    assert [len(row["components"]) for row in rows(buttons)] == [5, 5, 2]  # type: ignore[arg-type]


@pytest.mark.parametrize("confirmed", [True, False])
@pytest.mark.parametrize(
    "words", ["check example.com", "explain " + "ñ" * 60, "a:b:c", "watch add " + "x" * 500]
)
def test_what_a_button_does_can_be_read_from_its_id(words: str, *, confirmed: bool) -> None:
    button = Button("x", words, confirmed=confirmed)
    pressed = read_custom_id(custom_id(button))
    assert pressed is not None
    assert pressed.confirmed is confirmed
    assert (pressed.words == words) != bool(pressed.stored)
    assert long_commands([button]) == ([words] if pressed.stored else [])
    assert len(custom_id(button).encode()) <= limits.CUSTOM_ID


@pytest.mark.parametrize("text", ["", "other:run:x", "mailport:", "mailport:run:", "mailport:dance:x"])
def test_ids_of_others_are_none_of_ours(text: str) -> None:
    assert read_custom_id(text) is None


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        pytest.param("<@100> check mx.example.com", "check mx.example.com", id="a mention in front"),
        pytest.param("check mx.example.com <@!100>", "check mx.example.com", id="a mention behind"),
        pytest.param(
            "<@5> said <#7> <:smile:1> </mailport ask:9>", "@5 said #7 :smile: /mailport ask", id="tags"
        ),
        pytest.param("```\n535 5.7.8 no\n```", "535 5.7.8 no", id="a fence"),
        pytest.param("explain ```log\n535 no\n```", "explain 535 no", id="a fence after a word"),
        pytest.param("<https://example.com/x>", "https://example.com/x", id="a quiet link"),
        pytest.param("`check a.example`", "check a.example", id="code"),
    ],
)
def test_what_people_type(typed: str, words: str) -> None:
    assert read_typed(typed, own_id="100") == words


@given(st.text(max_size=60), st.integers(2, 40))
def test_shortened_text_fits_and_is_whole(text: str, limit: int) -> None:
    cut = shortened(text, limit)
    assert units(cut.encode("utf-16-le", "replace").decode("utf-16-le")) <= limit
    cut.encode("utf-8", "surrogatepass").decode("utf-8", "surrogatepass")


CARDS = {
    "gallery": GALLERY,
    "refusal": Card(title="", tone="warning", private=True, summary="Not public.",
                    blocks=(Paragraph(rich("`{target}` is not a public address.", {"target": "@here 10.0.0.1"})),)),
    "question": Card(title="Remove watch #3?", buttons=(Button("Remove", "watch remove #3", "danger", True),)),
    "empty": Card(title="", summary="All is said."),
}  # fmt: skip


@pytest.mark.parametrize("name", CARDS)
def test_cards_look_as_agreed(name: str) -> None:
    made = [body | {"files": files} for body, files in bodies(CARDS[name])]
    for body in made:
        sent = {key: value for key, value in body.items() if key != "files"}
        assert schema_faults("POST", "/channels/{channel_id}/messages", sent) == []
    text = json.dumps(made, indent=1, ensure_ascii=False) + "\n"
    path = GOLDEN / f"{name}.json"
    if not path.exists():  # pragma: no cover  # a new card: look at the file, then commit it
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
        pytest.fail(f"wrote {path}; look at it and run again")
    assert text == path.read_text("utf-8")


def test_a_chart_without_a_pencil_leaves_its_words() -> None:
    (message,) = render_messages(replace(GALLERY, blocks=GALLERY.blocks[7:8]), None)
    assert message.files == []
    assert "Three answers" in words_of(message.body())
