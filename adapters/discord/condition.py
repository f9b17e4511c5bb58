"""How Discord does, in words; every change is one line in the log."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from adapters.discord.api import DiscordFailed
from bot.i18n import say

_LOG = logging.getLogger("mailport.discord")
_WORDS: Mapping[str, str] = {"token": "token", "unreachable": "unreachable", "rate": "rate"}


class Condition:
    """The word for `status` and `/readyz`: "ok" when all parts work, else what is wrong with the first."""

    def __init__(self, language: str) -> None:
        self._language = language
        self._parts: dict[str, str | None] = {}
        self.words = ""
        self.begin()

    def begin(self) -> None:
        """Nothing is known yet."""
        self._parts = {}
        self.words = say(self._language, "discord.status-starting")

    def expect(self, parts: list[str]) -> None:
        """It is ok when all of these have said so."""
        self._parts = dict.fromkeys(parts)

    def works(self, part: str) -> None:
        """One part works."""
        self._parts[part] = ""
        self._sum_up()

    def fails(self, part: str, word: str, **details: object) -> None:
        """One part does not."""
        self._parts[part] = say(self._language, f"discord.status-{word}", **details)
        self._sum_up()

    def tell(self, word: str, **details: object) -> None:
        """Nothing works, and this is why; the same words again are no news."""
        self._set(say(self._language, f"discord.status-{word}", **details))

    def tell_failed(self, problem: DiscordFailed) -> None:
        """A call failed that everything depends on."""
        self.tell(_WORDS.get(problem.kind, "refused"), why=problem.error)

    def _sum_up(self) -> None:
        reasons = [one for one in self._parts.values() if one]
        if reasons:
            self._set(reasons[0])
        elif None not in self._parts.values():
            if self.words != "ok":
                _LOG.info("Discord: connected")
            self.words = "ok"

    def _set(self, reason: str) -> None:
        if reason != self.words:
            _LOG.warning("Discord: %s", reason)
        self.words = reason
