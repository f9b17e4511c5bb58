"""A message before it knows its platform.

A Card is a title, a tone, blocks and buttons. Slack, Discord, the terminal and the browser each
have one renderer that turns it into their own form, escaping every text on the way; limits of a
platform are kept there by splitting, never here. Text is a tuple of spans. Our own sentences write
them as a small markup (`rich`), into which values are put *after* parsing: text from servers
and users can never become a link, a mention or bold type.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from bot.model.value import field, frozen
from bot.typed import Literal

Tone = Literal["plain", "good", "warning", "bad", "unknown", "waiting"]


@frozen
class Span:
    """A run of text in one style.

    Attributes:
        text: Raw text, never markup.
        style: "plain", "bold" or "code".
        url: Makes it a link. Only addresses that we wrote ourselves or checked.
    """

    text: str
    style: Literal["plain", "bold", "code"] = "plain"
    url: str | None = None


Text = tuple[Span, ...]


@frozen
class Paragraph:
    """Running text."""

    text: Text


@frozen
class Heading:
    """A sub-heading."""

    text: str


@frozen
class Bullets:
    """A list, numbered or not."""

    items: tuple[Text, ...]
    numbered: bool = False


@frozen
class Facts:
    """Labels and values, such as "Port: 465"."""

    rows: tuple[tuple[str, Text], ...]


@frozen
class Table:
    """Columns and rows of plain cells.

    Attributes:
        tones: Per row a tone for platforms that can show it; may be shorter than rows.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    tones: tuple[Tone, ...] = ()


@frozen
class Code:
    """Text to copy exactly: a DNS line, a configuration, a transcript.

    Attributes:
        language: For colouring where the platform can ("ini", "python", ...).
        name: File name when it has to be sent as a file.
    """

    text: str
    language: str = ""
    name: str = "mailport.txt"


@frozen
class Note:
    """Small print: sources, ages, hints."""

    text: Text


@frozen
class Strip:
    """A row of states below a chart, such as one target's.

    Attributes:
        states: One letter per point of the chart, as in `Chart.states`.
        note: Stands at its end, such as "99.3 %".
    """

    label: str
    states: str
    note: str = ""


@frozen
class Chart:
    """A picture of a series, with words for those who can't see it.

    Attributes:
        alt: Says what the picture shows.
        points: (label, value or None for a gap), in order.
        states: One letter per point: "u" up, "w" warning, "d" down, "?" unknown, "." no data.
        unit: Of the values, such as "ms".
        strips: Rows of states; without any, `states` is the only one.
        language: Of the words in it.
    """

    title: str
    alt: str
    points: tuple[tuple[str, float | None], ...]
    states: str = ""
    unit: str = "ms"
    strips: tuple[Strip, ...] = ()
    language: str = "en"


@frozen
class Attachment:
    """A file to send along, such as a CSV."""

    name: str
    content: bytes
    media_type: str = "text/plain"


Block = Paragraph | Heading | Bullets | Facts | Table | Code | Note | Chart | Attachment


@frozen
class Button:
    """A next step.

    Attributes:
        label: What it says, a verb.
        command: The words it stands for, as if typed: "check example.com". Short enough to travel
            in a custom id (80 bytes) or else the adapter stores it.
        style: "danger" for what removes.
        confirmed: Pressing it is the confirmation of a question just asked.
    """

    label: str
    command: str
    style: Literal["plain", "primary", "danger"] = "plain"
    confirmed: bool = False


@frozen(kw_only=True)
class Card:
    """A message.

    Attributes:
        title: One line; also the notification text together with `summary`.
        summary: One sentence that alone would do: fallback text and screen readers.
        private: Only the asker may see it (errors, refusals, settings).
        language: Of the texts in it.
        key: Names a message that is edited or threaded later (alerts, progress), else None.
    """

    title: str
    tone: Tone = "plain"
    blocks: tuple[Block, ...] = ()
    buttons: tuple[Button, ...] = ()
    summary: str = ""
    private: bool = False
    language: str = "en"
    key: str | None = None


_MARKUP = re.compile(
    r"\*\*(?P<bold>[^*\n]+)\*\*|`(?P<code>[^`\n]+)`|\[(?P<label>[^\]\n]+)\]\((?P<url>https?://[^)\s]+)\)"
)
_SLOT = re.compile(r"\{([a-z_0-9]+)\}")


def plain(text: str) -> Text:
    """Text as it stands, with no markup read."""
    return (Span(text),) if text else ()


def code(text: str) -> Text:
    """Text in fixed type, with no markup read."""
    return (Span(text, "code"),) if text else ()


def rich(template: str, values: Mapping[str, object] = {}) -> Text:  # never changed
    """Our own markup (`**bold**`, `` `code` ``, `[label](url)`) with values put in afterwards.

    Args:
        template: A sentence of ours, never text from outside.
        values: Fill `{name}` slots; may be hostile. A slot without a value stays as it is.
    """
    spans: list[Span] = []
    position = 0
    for match in _MARKUP.finditer(template):
        spans.extend(_filled(template[position : match.start()], "plain", None, values))
        position = match.end()
        if match["bold"] is not None:
            spans.extend(_filled(match["bold"], "bold", None, values))
        elif match["code"] is not None:
            spans.extend(_filled(match["code"], "code", None, values))
        else:
            spans.extend(_filled(match["label"], "plain", match["url"], values))
    spans.extend(_filled(template[position:], "plain", None, values))
    return tuple(spans)


def _filled(
    template: str, style: Literal["plain", "bold", "code"], url: str | None, values: Mapping[str, object]
) -> list[Span]:
    text = _SLOT.sub(lambda slot: str(values.get(slot[1], slot[0])), template)
    return [Span(text, style, url)] if text else []


@frozen(kw_only=True)
class Reply:
    """What the core gives back for a request.

    Attributes:
        card: For people.
        document: For `--json`: exactly one JSON document; None when the command has none.
        status: Exit status of the command line (0, 1, 2, 3).
    """

    card: Card
    document: Mapping[str, object] | None = None
    status: int = 0


@frozen
class Pending:
    """A step of something that takes time, for progress that edits one message."""

    text: Text
    done: int = 0
    total: int = 0
    details: tuple[Text, ...] = field(default=())
