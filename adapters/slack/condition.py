"""How Slack does, in words; every change is one line in the log."""

from __future__ import annotations

import logging

from adapters.slack.api import SlackFailed
from bot.i18n import say

_LOG = logging.getLogger("mailport.slack")
_WORDS = {"token": "token", "rate": "rate", "other": "refused"}


class Condition:
    """The word for `status` and `/readyz`: "ok", or what is wrong."""

    def __init__(self, language: str) -> None:
        self._language = language
        self.words = say(language, "slack.status-starting")

    def set_ok(self) -> None:
        """It works."""
        if self.words != "ok":
            _LOG.info("Slack: connected")
        self.words = "ok"

    def tell(self, word: str, **details: object) -> None:
        """Something is wrong; the same words again are no news."""
        reason = say(self._language, f"slack.status-{word}", **details)
        if reason != self.words:
            _LOG.warning("Slack: %s", reason)
        self.words = reason

    def tell_failed(self, problem: SlackFailed) -> None:
        """A call failed."""
        setting = "SLACK_APP_TOKEN" if problem.method == "apps.connections.open" else "SLACK_BOT_TOKEN"
        self.tell(_WORDS.get(problem.kind, "unreachable"), why=problem.error, setting=setting)
