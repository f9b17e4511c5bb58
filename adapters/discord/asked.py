"""What somebody asked on Discord, as plain values; knows no payload."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from bot.commands import catalog
from bot.commands.definition import Command
from bot.model.request import Place

Kind = Literal["command", "button", "form", "message"]


@dataclass(frozen=True, slots=True)
class Attached:
    """A file that came along."""

    url: str
    name: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Something that somebody asked on Discord.

    Attributes:
        id: Of the interaction or message.
        token: Of the interaction, good for 15 minutes; "" for a message.
        guild: Server; None in a direct message.
        channel: A thread is a channel of its own.
        between_others: A direct message between people, in which we are only as a command.
        name: `@` and the person's user name, which is one person's only; a display name anybody can take.
        roles: Of the person in the server.
        admin: Discord says that the person may manage the server; None when it did not say.
        invited: Whether we are a member of the server (a person's own installation works without).
        silenced: Discord says that we may not write messages of our own here, which alerts would be.
        replaces: The answer takes the place of the message whose button was pressed.
        echo: Words to show above a public answer, because others did not see them.
    """

    kind: Kind
    id: str
    token: str = ""
    application: str = ""
    guild: str | None = None
    channel: str
    between_others: bool = False
    person: str
    name: str = ""
    locale: str | None = None
    roles: tuple[str, ...] = ()
    admin: bool | None = None
    invited: bool = True
    silenced: bool = False
    text: str = ""
    command: tuple[str, ...] | None = None
    arguments: Mapping[str, str] = field(default_factory=dict)
    stored: str = ""
    files: tuple[Attached, ...] = ()
    confirmed: bool = False
    replaces: bool = False
    echo: str = ""

    @property
    def private(self) -> bool:
        """Whether it was asked in a direct message to us."""
        return self.guild is None and not self.between_others

    @property
    def workspace(self) -> str:
        """The server as the core knows it; everybody's direct messages are a world of their own."""
        if self.guild is not None:
            return f"discord:{self.guild}"
        return f"discord:group:{self.channel}" if self.between_others else f"discord:dm:{self.person}"

    @property
    def place(self) -> Place:
        """Where it was asked, as the core knows it."""
        return Place(platform="discord", workspace=self.workspace, channel=self.channel, private=self.private)

    @property
    def once(self) -> str:
        """Name of what was done; a second delivery with the same name is dropped."""
        return f"{'message' if self.kind == 'message' else 'interaction'}:{self.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Completing:
    """Somebody is typing an option.

    Attributes:
        option: Name of the option.
        typed: What stands there so far.
    """

    asked: Asked
    option: str
    typed: str


def command_of(asked: Asked) -> Command | None:
    """The command that is surely meant; None for a question and for what has to be read first."""
    if asked.command is not None:
        return catalog.BY_PATH.get(asked.command)
    return catalog.command_of([word.lower().lstrip("!/") for word in asked.text.split(None, 2)[:2]])


def words_of(asked: Asked) -> str:
    """The same, as somebody would type it."""
    command = command_of(asked)
    if asked.command is None or command is None:
        return asked.text
    words = [command.name]
    for option in command.options:
        value = asked.arguments.get(option.name)
        if value and option.kind != "flag":
            words.append(f"{option.keyword} {value}" if option.keyword else value)
    return " ".join(words)


def form_of(asked: Asked) -> tuple[str, ...] | None:
    """The command whose one long option is missing, so that a form has to ask for it."""
    words = asked.command if asked.command is not None else tuple(asked.text.lower().split())
    command = catalog.command_of(words)
    path = command.path if command is not None and len(words) == len(command.path) else ()
    if command is None or not path or not asked.token or asked.files or asked.kind == "form":
        return None
    if command.form is not None:
        return None if asked.arguments.get(command.form, "").strip() else path
    return path if path == ("watch", "add") and not asked.arguments else None
