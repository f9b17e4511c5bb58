"""One card with every kind of block, for golden files and galleries."""

from __future__ import annotations

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
    Span,
    Table,
    code,
    plain,
    rich,
)

EVERY_BLOCK: tuple[Block, ...] = (
    Paragraph(
        rich(
            "Use **465**, say `EHLO`, read [RFC 8314](https://www.rfc-editor.org/rfc/rfc8314); not {x}.",
            {"x": "25"},
        )
    ),
    Heading("What to do"),
    Bullets((plain("first"), plain("second")), numbered=True),
    Bullets((code("ss -ltnp"), (Span("bold", "bold"), Span(" and plain")))),
    Facts((("Host", plain("mx.example.com")), ("Port", code("465")))),
    Table(
        ("Endpoint", "State", "ms"),
        (
            ("mx.example.com:25", "STARTTLS", "12"),
            ("mx.example.com:465", "expired", "9"),
            ("[2001:db8::25]:993", "?", ""),
        ),
        ("good", "bad", "unknown"),
    ),
    Code("relayhost = [smtp.example.com]:465\nsmtp_tls_wrappermode = yes", language="ini", name="main.cf"),
    Chart(
        title="mx.example.com:25",
        alt="Three answers: 12 ms, none, 30 ms.",
        points=(("09:00", 12.0), ("10:00", None), ("11:00", 30.5)),
        states="udw",
    ),
    Attachment("watches.csv", b"target,every\nexample.com,15m\n", "text/csv"),
    Note((Span("Sources: "), Span("RFC 8314", url="https://www.rfc-editor.org/rfc/rfc8314"))),
)
GALLERY = Card(
    title="Everything a card can hold",
    tone="warning",
    blocks=EVERY_BLOCK,
    buttons=(
        Button("Run again", "check mx.example.com"),
        Button("Watch this", "watch add mx.example.com", style="primary"),
        Button("Remove", "watch remove #3", style="danger", confirmed=True),
    ),
    summary="One of each.",
)

# Texts that would be markup, floods, or orders to a terminal.
HOSTILE_TEXTS = (
    "<script>window.pwned=1</script><img src=x onerror=window.pwned=1>",
    "\"'><svg/onload=window.pwned=1> </textarea></article></body>",
    "javascript:alert(1) data:text/html,<script>alert(1)</script>",
    "</bdi></p><style>*{display:none}</style><base href=//evil.example>",
    "&lt;b&gt; &amp;amp; &#60;script&#62;",
    "[bold red]rich markup[/] [link=https://evil.example]x[/link] :boom:",
    "\x1b[31mred\x1b[0m \x1b]8;;https://evil.example\x07x\x1b]8;;\x07 \x1b[2J\x9b31m \x1bc",
    "\u202eevil\u2066x\u2069\u200f \u200b\ufeff",
    "a\0b\x07\x08\r\n\x85\u2028\u2029event: answer\n\ndata: <b>",
    "\ud800 lone \udfff",
    "<@U1> <!channel> @everyone **bold** `code`",
    "A" * 40_000,
    "\n" * 3000,
    "\N{PILE OF POO}" * 3000,
    "",
)
