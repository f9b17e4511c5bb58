"""How a watch stands now, for lists and details: one word, and what qualifies it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from bot.model.value import frozen
from bot.watches.alert import AlertState
from bot.watches.watch import Watch

StandingWord = Literal["new", "up", "warn", "down", "unknown"]
Extra = Literal["paused", "muted", "maintenance", "acknowledged", "flapping"]


@frozen
class Standing:
    """How a watch stands.

    Attributes:
        word: "unknown" when the last run could not tell; "new" before the first run.
        since: Since when it is up or down; None before that is settled.
        extras: What qualifies it, most important first.
    """

    word: StandingWord
    since: datetime | None
    extras: tuple[Extra, ...]


def standing_of(watch: Watch, state: AlertState, now: datetime) -> Standing:
    """How a watch stands at a time."""
    extras: list[Extra] = []
    if watch.paused:
        extras.append("paused")
    held = watch.held_back(now)
    if held is not None:
        extras.append(held)
    down = state.status == "down"
    if down and watch.acknowledged is not None and watch.acknowledged.incident == state.incident:
        extras.append("acknowledged")
    if state.flapping:
        extras.append("flapping")
    return Standing(_word(state), state.since, tuple(extras))


def _word(state: AlertState) -> StandingWord:
    if state.status == "down":
        return "down"
    if state.last_word == "unknown":
        return "unknown"
    if state.status == "new":
        # A first failure waits for its confirmation, but nobody should read that all is well.
        return "down" if state.last_word == "fail" else "new"
    return "warn" if state.last_word == "warn" else "up"
