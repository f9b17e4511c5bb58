"""A finding in words, as cards and documents need it.

The sentences and sources belong to the catalogue (`bot/advice/findings.py`), which lies above the
cards; so they are handed in as a function.
"""

from __future__ import annotations

from collections.abc import Callable

from bot.cards.model import Text
from bot.model.value import frozen
from bot.model.verdict import Finding


@frozen
class Source:
    """Who says so: a reference such as "RFC 8314 §3.3" and where to read it."""

    ref: str
    url: str


@frozen(kw_only=True)
class Advice:
    """A finding in words of one language: what it is, why it matters, what to do, who says so."""

    title: Text
    detail: Text
    fix: Text
    sources: tuple[Source, ...]


# `advise` of the catalogue with the language filled in.
InWords = Callable[[Finding], Advice]
