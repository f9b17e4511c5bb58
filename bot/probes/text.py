"""Text from servers: made harmless to keep, and recognised when it was meant to do harm.

What is cleaned here still goes through each renderer's own escaping; this only takes out what no
place wants: control characters, invisible direction marks, broken UTF-8, endless length.
"""

from __future__ import annotations

import re

MAX_TEXT = 512

# C0 and C1 controls, zero-width and bidirectional marks, line separators, the byte-order mark.
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]+")
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
# Slack's and Discord's ways to call people or to dress up a link.
_MENTION = re.compile(r"<[!@#]|<https?://|\]\(https?:|@(?:everyone|here|channel)\b", re.IGNORECASE)


def clean(raw: bytes | str, longest: int = MAX_TEXT) -> str:
    """Valid, visible, single-line text of at most `longest` characters."""
    text = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else raw
    if not text.isprintable():  # nearly every line is, and the pattern is slow
        text = _UNSEEN.sub(" ", text)
    text = text.strip()
    return text if len(text) <= longest else text[: longest - 1] + "…"


def is_hostile(raw: bytes) -> bool:
    """Whether a greeting holds what no honest greeting holds: escapes, mentions, broken UTF-8."""
    if _CONTROL.search(raw):
        return True
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        return True
    return bool(
        _MENTION.search(text) or _UNSEEN.search(text.replace("\r", "").replace("\n", "").replace("\t", ""))
    )
