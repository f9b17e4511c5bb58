"""The same target seen from other places: "no answer from eu, open from us" says whose fault it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from bot.cards.model import Block, Bullets, Paragraph, Text, plain, rich
from bot.cards.moment import show_length
from bot.i18n import has, say, template
from bot.model.value import frozen

MAX_PLACES = 6
MAX_STATES = 4


@frozen
class Place:
    """What the last check from a place found.

    Attributes:
        word: "pass", "warn", "fail" or "unknown".
        digest: `observation.digest` of it; may be of an older version.
    """

    vantage: str
    word: str
    at: datetime
    digest: Mapping[str, Any]


def places_blocks(places: Sequence[Place], now: datetime, language: str) -> tuple[Block, ...]:
    """What other places see; nothing when nobody looks from elsewhere."""
    if not places:
        return ()
    items = tuple(_item(place, now, language) for place in places[:MAX_PLACES])
    return (Paragraph(plain(say(language, "places.title"))), Bullets(items))


def _item(place: Place, now: datetime, language: str) -> Text:
    values = {
        "vantage": place.vantage,
        "verdict": say(language, f"report.word-{place.word}"),
        "ago": show_length(now - place.at),
        "states": _states(place.digest, language),
    }
    key = "seen-states" if values["states"] else "seen"
    return rich(template(language, f"places.{key}"), values)


def _states(digest: Mapping[str, Any], language: str) -> str:
    """Ports with their states: "25 open, 587 no answer"."""
    found: list[str] = []
    for row in digest.get("endpoints", ()):
        if not isinstance(row, list) or len(row) < 2:
            continue
        label, state = str(row[0]), str(row[1])
        name = f"places.state-{state}"
        word = f"{label.rpartition(':')[2]} {say(language, name) if has(language, name) else state}"
        if word not in found:
            found.append(word)
    return ", ".join(found[:MAX_STATES]) + (", …" if len(found) > MAX_STATES else "")
