"""One thing that somebody asked, wherever it was asked."""

from __future__ import annotations

from contextvars import ContextVar

from bot.model.value import field, frozen
from bot.typed import Literal

Platform = Literal["slack", "discord", "terminal", "web"]
Language = Literal["en", "es"]
# The id of the request that is being answered, for every line that is logged meanwhile; "" when none is.
CURRENT_REQUEST: ContextVar[str] = ContextVar("mailport_request", default="")


@frozen(kw_only=True)
class Place:
    """Where: nothing of one workspace is ever visible in another.

    Attributes:
        workspace: Slack team or Discord server id, with its platform in front ("slack:T1"); a
            direct message on Discord has the person's own ("discord:dm:42").
        channel: Channel id within the workspace.
        thread: Thread within the channel, where the platform has one.
        private: True in a direct message.
    """

    platform: Platform
    workspace: str
    channel: str
    thread: str | None = None
    private: bool = False


@frozen(kw_only=True)
class Person:
    """Who: an id that the platform vouches for, never a display name.

    Attributes:
        admin: May change watches, reports and settings here.
        locale: What the platform says of the person's language, such as "es-ES".
    """

    id: str
    name: str = ""
    admin: bool = False
    locale: str | None = None


@frozen(kw_only=True)
class Request:
    """A request as the adapters hand it to the core.

    Attributes:
        id: Unique; logged, and shown when something of ours breaks.
        text: What was typed, without the prefix; "" when `words` says it all.
        command: Path of a command already chosen (Discord's subcommands, buttons), else None.
        arguments: Raw option texts by option name, with `command`.
        language: Set only by an explicit wish (`--lang`).
        confirmed: The person pressed the button that confirms.
        lean: One command of a fresh process, which opens the database only if the command needs it.
    """

    id: str
    place: Place
    person: Person
    text: str = ""
    command: tuple[str, ...] | None = None
    arguments: dict[str, str] = field(default_factory=dict)
    language: Language | None = None
    confirmed: bool = False
    lean: bool = False
