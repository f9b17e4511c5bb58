"""Commands that are declared but not built yet: said plainly, so that nobody waits in vain."""

from __future__ import annotations

from bot.cards.model import Reply
from bot.commands.definition import Call
from bot.errors import Unavailable


async def not_yet(call: Call) -> Reply:
    """Say that this version cannot do it.

    Raises:
        Unavailable: `not-yet`, always.
    """
    raise Unavailable("not-yet", command=call.command.name)
