"""Text -> Discord's Markdown. Text from outside can neither mention, format, link nor reorder.

discord.py's escaping is used for Markdown and mass mentions; on top of it, whatever Discord parses
between `<` and `>` (mentions, commands, time stamps, emoji) and automatic links are broken up.
Allowed mentions are switched off on the client as well: this is the second of two locks.
"""

from __future__ import annotations

import re

from discord.utils import escape_markdown, escape_mentions

from bot.cards.model import Span, Text
from bot.cards.plaintext import harmless

_ZERO_WIDTH_SPACE = "\u200b"
_TAG = re.compile(r"<(?=[@#:a/t]|id:)")
_AUTOLINK = re.compile(r"(?i)\b(https?|steam|discord|mailto|tel|sms)(:)(?=\S)")
_LINE_MARK = re.compile(r"(?m)^(\s*)([-+>#]|\d+[.)])(?=\s|$)")
# What discord.py leaves alone: brackets, and every sign within what it takes for the address of a link.
_SIGN = re.compile(r"[\[\]`*_~|]")


# Without any of these nothing in a text is alive; most texts have none.
_ANYTHING = re.compile(
    r"[\\*_~|`>\[\]<@#]|(?i:https?|steam|discord|mailto|tel|sms):|^\s*(?:[-+]|\d+[.)])(?:\s|$)", re.MULTILINE
)


def escaped(text: str) -> str:
    """Text from outside, shown as it stands."""
    if _ANYTHING.search(text) is None:
        return harmless(text, keep_newlines=True)
    shown = escape_markdown(harmless(text, keep_newlines=True), as_needed=False, ignore_links=False)
    shown = escape_mentions(shown)
    shown = _TAG.sub("<" + _ZERO_WIDTH_SPACE, shown)
    shown = _SIGN.sub(lambda found: f"\\{found[0]}" if not _already(shown, found) else found[0], shown)
    shown = _LINE_MARK.sub(lambda found: f"{found[1]}\\{found[2]}", shown)
    return _AUTOLINK.sub(rf"\1\2{_ZERO_WIDTH_SPACE}", shown)


def _already(text: str, found: re.Match[str]) -> bool:
    before = text[: found.start()]
    return (len(before) - len(before.rstrip("\\"))) % 2 == 1


def code_text(text: str) -> str:
    """Text for inside back-quotes; a back-quote cannot be escaped there, so it becomes a look-alike."""
    return harmless(text, keep_newlines=True).replace("`", "\u02cb")


def markdown(text: Text) -> str:
    """A Text as Markdown."""
    return "".join(_span(span) for span in text)


def _span(span: Span) -> str:
    if not span.text:
        return ""
    if span.style == "code":
        inside = code_text(span.text).replace("\n", " ")
        shown = f"`{inside}`" if inside.strip() else ""
    else:
        shown = escaped(span.text)
        if span.style == "bold" and shown.strip():
            shown = f"**{shown}**"
    if span.url and span.url.startswith("https://") and shown.strip():
        return f"[{shown}](<{span.url.replace('>', '%3E').replace(' ', '%20')}>)"
    return shown


def fenced(text: str, language: str = "") -> str:
    """A code block."""
    return f"```{language}\n{code_text(text)}\n```"


_TYPED = re.compile(
    r"<(?:@[!&]?(?P<mention>\d+)|#(?P<channel>\d+)|a?:(?P<emoji>\w+):\d+|/(?P<command>[^:>]{1,100}):\d+"
    r"|(?P<url>https?://[^>\s]+))>"
)
_FENCE = re.compile(r"```(?:[a-zA-Z0-9+-]*\n)?(.*?)```", re.DOTALL)


def read_typed(text: str, *, own_id: str) -> str:
    """The words that a person typed: our mention cut out, fences and angle brackets taken off."""

    def words(found: re.Match[str]) -> str:
        if found["mention"] is not None:
            return " " if found["mention"] == own_id else f"@{found['mention']}"
        if found["channel"] is not None:
            return f"#{found['channel']}"
        return found["url"] or (f"/{found['command']}" if found["command"] else f":{found['emoji']}:")

    plain = _TYPED.sub(words, _FENCE.sub(r"\1", text)).replace("\u00a0", " ").strip()
    return plain[1:-1].strip() if len(plain) > 2 and plain[0] == plain[-1] == "`" else plain


def mentions(text: str, own_id: str) -> bool:
    """Whether a text mentions us itself (a reply to us pings without doing so)."""
    return f"<@{own_id}>" in text or f"<@!{own_id}>" in text


def width(text: str) -> int:
    """Length in UTF-16 units, as clients count: the strictest reading of Discord's "characters"."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "replace")) // 2


def shortened(text: str, limit: int) -> str:
    """At most `limit` UTF-16 units, with an ellipsis where something is missing."""
    if width(text) <= limit:
        return text
    encoded = text.encode("utf-16-le", "replace")
    return encoded[: 2 * (limit - 1)].decode("utf-16-le", "ignore").rstrip() + "…"
