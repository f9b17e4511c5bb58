"""Slack's own text markup: read what people typed, write what servers said without it coming alive.

Slack escapes only `&`, `<` and `>` (docs.slack.dev, "Formatting message text"). Typed addresses come
as links (`<http://example.com|example.com>`), and `<!channel>` in a message of ours would call everyone.
"""

from __future__ import annotations

import re

from bot.cards.plaintext import harmless

_WORD_JOINER = "\N{WORD JOINER}"
_TYPED = re.compile(
    r"<(?:(?P<url>(?:https?://|mailto:|tel:)[^|>\s]*)(?:\|(?P<label>[^>]*))?"
    r"|@(?P<user>[UW][A-Z0-9]+)(?:\|(?P<name>[^>]*))?"
    r"|#(?P<channel>[CG][A-Z0-9]+)(?:\|(?P<channel_name>[^>]*))?"
    r"|!(?P<special>[a-z]+)(?P<detail>\^[^|>]*)?(?:\|(?P<special_label>[^>]*))?)>"
)
# Whatever Slack would take as a mention or a link, in any text object; and the words that call
# everybody, which older clients and `parse=full` integrations make live again.
_ALIVE = re.compile(
    r"(?<=<)(?=[!@#]|(?:https?|mailto|tel|slack):)|(?<=@)(?=(?:channel|here|everyone|group)(?![a-z0-9]))",
    re.IGNORECASE,
)
# Type that people put around names: code, bold and italic signs, and what phones make of quotes and dashes.
_FENCE = re.compile(r"```\n?(.*?)\n?```", re.DOTALL)
_CODE = re.compile(r"`([^`\n]+)`")
_STRONG = re.compile(r"(?<![\w*_])([*_])(?=\S)([^*_\n]+?)(?<=\S)\1(?![\w*_])")
_LONG_DASH = re.compile(r"(?<!\S)—(?=[a-z])")
_FORMATTING = re.compile(r"(?=[*_~`:])")


def read_typed(text: str, *, own_id: str | None = None) -> str:
    """The words that a person typed, out of the text that Slack sends.

    Args:
        own_id: User id of our bot: its mentions are cut out.
    """

    def words(found: re.Match[str]) -> str:
        if found["url"] is not None:
            return found["label"] or found["url"].removeprefix("mailto:").removeprefix("tel:")
        if found["user"] is not None:
            return " " if found["user"] == own_id else f"@{found['name'] or found['user']}"
        if found["channel"] is not None:
            return f"#{found['channel_name'] or found['channel']}"
        return found["special_label"] or f"@{found['special']}"

    plain = _LONG_DASH.sub("--", without_type(_TYPED.sub(words, text)))
    plain = plain.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    return plain.replace("\u00a0", " ").strip()


def without_type(text: str) -> str:
    """Text without the signs that make code and bold type of it; what stands between them stays."""
    if "`" in text:
        text = _CODE.sub(r"\1", _FENCE.sub(r"\1", text))
    return _STRONG.sub(r"\2", text) if "*" in text or "_" in text else text


def mentions(text: str, user: str) -> bool:
    """Whether a text mentions this user."""
    return f"<@{user}>" in text or f"<@{user}|" in text


def defused(text: str) -> str:
    """Text for objects in which Slack reads no markup (rich_text, plain_text, cells).

    Nothing is read there, so this is the second fence: mentions and links are broken by an invisible
    joiner, control characters and direction overrides are shown as what they are.
    """
    quiet = harmless(text, keep_newlines=True)
    return _ALIVE.sub(_WORD_JOINER, quiet) if "<" in quiet or "@" in quiet else quiet


def escaped(text: str) -> str:
    """Text for mrkdwn in which no character of it is markup: no mention, link, bold type or emoji."""
    quiet = _FORMATTING.sub(_WORD_JOINER, defused(text))
    return quiet.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def escaped_plainly(text: str) -> str:
    """Text for a message's `text` field: nothing in it calls anybody; formatting stays as typed."""
    return defused(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def link(url: str, label: str) -> str:
    """An mrkdwn link to an address that we wrote or checked."""
    address = url.replace("&", "&amp;").replace("<", "%3C").replace(">", "%3E").replace("|", "%7C")
    return f"<{address}|{escaped(label)}>"


def shortened(text: str, limit: int) -> str:
    """At most `limit` characters, with an ellipsis where something is missing."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"
