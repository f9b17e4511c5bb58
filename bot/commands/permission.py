"""Who may do what: asking and checking is for everyone, changing is for those whom the place trusts."""

from __future__ import annotations

from bot.commands.definition import Command
from bot.errors import NotAllowed
from bot.model.request import Request


def may(command: Command, request: Request) -> bool:
    """Whether this person may run this command in this place."""
    needs_right = command.changes or command.guarded
    return not needs_right or request.person.admin or request.place.private


def refuse_unallowed(command: Command, request: Request) -> None:
    """Let an allowed request through.

    Raises:
        NotAllowed: `not-allowed-slack`, `not-for-you-discord` ...: says who may.
    """
    if not may(command, request):
        kind = "not-for-you" if command.guarded else "not-allowed"
        raise NotAllowed(f"{kind}-{request.place.platform}", command=command.name)
