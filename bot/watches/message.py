"""What is to be posted into a channel, kept in the database until a platform has accepted it.

The key is natural: the same event has the same key, whoever notices it and however often. It is
unique in the database, which is why no message is posted twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from bot.model.value import frozen

MessageType = Literal["alert", "group", "uplink", "vantage", "report"]


@frozen(kw_only=True)
class Message:
    """One message to post or to change. The card is made when it is sent, in the channel's language.

    Attributes:
        key: Such as "alert-7-12" (watch 7, its 12th news) or "report-3-1767225600".
        payload: JSON that `bot/cards/alert.py` and `bot/watches/report.py` understand.
        thread_of: Key of the message in whose thread this one goes.
        edits: Key of the message that this one changes instead of being posted.
    """

    key: str
    workspace: str
    channel: str
    type: MessageType
    payload: Mapping[str, Any]
    thread_of: str | None = None
    edits: str | None = None


@frozen(kw_only=True)
class Delivery:
    """A message that this process has claimed and must now send.

    Attributes:
        tries: Claims so far, this one included: from 2 on an earlier try may have arrived.
        created_at: When it was put into the outbox.
        reply_to: The platform's id of the message that `thread_of` names; None if there is none (yet).
        edit: The same of `edits`.
    """

    message: Message
    tries: int
    created_at: datetime
    reply_to: str | None = None
    edit: str | None = None


@frozen
class Backlog:
    """How the outbox does: messages not yet accepted, the age of the oldest, and given up ones."""

    waiting: int
    oldest_s: float
    given_up: int
