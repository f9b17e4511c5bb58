"""Discord's payloads -> what was asked, as plain values. Pure; odd payloads give None, never an error.

Only what the documentation promises is needed, and most of that may be missing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from adapters.discord.buttons import read_custom_id
from adapters.discord.markup import mentions, read_typed
from bot.commands.catalog import BY_PATH
from bot.commands.definition import Command
from bot.model.request import Place

Payload = Mapping[str, Any]
Kind = Literal["command", "button", "form", "message"]

# Interaction types, option types, message types and permission bits, as Discord's documentation numbers them.
COMMAND, COMPONENT, COMPLETE, FORM = 2, 3, 4, 5
SUBCOMMAND, GROUP, ATTACHMENT = 1, 2, 11
SPOKEN = (0, 19)  # DEFAULT, REPLY
MAY_MANAGE = 0x20 | 0x8  # MANAGE_GUILD, ADMINISTRATOR
GROUP_DIRECT = 2  # interaction context PRIVATE_CHANNEL: between others, without us
PREFIXES = ("!mailport", "/mailport")


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
        roles: Of the person in the server.
        admin: Discord says that the person may manage the server; None when it did not say.
        invited: Whether we are a member of the server (a person's own installation works without).
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
    locale: str | None = None
    roles: tuple[str, ...] = ()
    admin: bool | None = None
    invited: bool = True
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


def read_interaction(data: Payload) -> Asked | Completing | None:
    """A command, a pressed button, a submitted form, or somebody who is typing one."""
    body = _mapping(data.get("data"))
    base = _base(data)
    if base is None:
        return None
    match data.get("type"):
        case 2 | 4:
            path, options = _path_and_options(body)
            asked = _asked(base, "command", path=path, **_arguments(options, body))
            return _completing(asked, options) if data.get("type") == COMPLETE else asked
        case 3:
            return _pressed(base, body)
        case 5:
            return _submitted(base, body)
        case _:
            return None


def _completing(asked: Asked, options: Sequence[Payload]) -> Completing:
    focused = next((one for one in options if one.get("focused")), {})
    return Completing(asked=asked, option=_text(focused.get("name")), typed=_text(focused.get("value")))


def _pressed(base: Mapping[str, Any], body: Payload) -> Asked | None:
    pressed = read_custom_id(_text(body.get("custom_id")))
    if pressed is None or pressed.form is not None:
        return None
    echo = "" if pressed.confirmed else pressed.words
    return _asked(
        base,
        "button",
        text=pressed.words,
        stored=pressed.stored,
        confirmed=pressed.confirmed,
        replaces=pressed.confirmed,
        echo=echo,
    )


def _submitted(base: Mapping[str, Any], body: Payload) -> Asked | None:
    pressed = read_custom_id(_text(body.get("custom_id")))
    if pressed is None or pressed.form not in BY_PATH:
        return None
    arguments: dict[str, str] = {}
    for name, value in sorted(_inputs(body.get("components"))):
        if value.strip():
            name = name.partition(".")[0]
            arguments[name] = f"{arguments[name]}\n{value}" if name in arguments else value
    return _asked(base, "form", path=pressed.form, arguments=arguments, echo=" ".join(pressed.form or ()))


def _inputs(components: object) -> list[tuple[str, str]]:
    """All text inputs of a form, whether they stand in labels or in rows."""
    found: list[tuple[str, str]] = []
    for one in components if isinstance(components, list) else [components]:
        part = _mapping(one)
        if isinstance(part.get("value"), str) and part.get("custom_id"):
            found.append((_text(part["custom_id"]), part["value"]))
        for inside in (part.get("component"), part.get("components")):
            if inside:
                found.extend(_inputs(inside))
    return found


def _base(data: Payload) -> dict[str, Any] | None:
    member = _mapping(data.get("member"))
    user = _mapping(member.get("user")) or _mapping(data.get("user"))
    channel = _text(data.get("channel_id")) or _text(_mapping(data.get("channel")).get("id"))
    person, number = _text(user.get("id")), _text(data.get("id"))
    if not person or not number or not channel:
        return None
    guild = _text(data.get("guild_id")) or None
    owners = data.get("authorizing_integration_owners")
    return {
        "id": number,
        "token": _text(data.get("token")),
        "application": _text(data.get("application_id")),
        "guild": guild,
        "channel": channel,
        "between_others": guild is None and data.get("context") == GROUP_DIRECT,
        "person": person,
        "locale": _text(data.get("locale")) or None,
        "roles": _words(member.get("roles")),
        "admin": _may_manage(member.get("permissions")),
        # Key 0 is the server's own installation, key 1 the person's.
        "invited": not isinstance(owners, Mapping) or not owners or "0" in owners,
    }


def _asked(base: Mapping[str, Any], kind: Kind, *, path: tuple[str, ...] | None = None, **more: Any) -> Asked:
    if path is not None and not path:
        return Asked(**base, kind=kind, text="help")
    return Asked(**base, kind=kind, command=path, **more)


def _path_and_options(body: Payload) -> tuple[tuple[str, ...], list[Payload]]:
    path: list[str] = []
    options = [_mapping(one) for one in body.get("options") or ()]
    while options and options[0].get("type") in (SUBCOMMAND, GROUP):
        path.append(_text(options[0].get("name")))
        options = [_mapping(one) for one in options[0].get("options") or ()]
    return tuple(path), options


def _arguments(options: Sequence[Payload], body: Payload) -> dict[str, Any]:
    arguments: dict[str, str] = {}
    files: list[Attached] = []
    attachments = _mapping(_mapping(body.get("resolved")).get("attachments"))
    for one in options:
        name, value = _text(one.get("name")), one.get("value")
        if one.get("type") == ATTACHMENT:
            files.extend(_attached([attachments.get(_text(value))]))
        elif value is True:
            arguments[name] = "yes"
        elif value is not None and value is not False:
            arguments[name] = _text(value)
    return {"arguments": arguments, "files": tuple(files)}


def _attached(many: object) -> tuple[Attached, ...]:
    found = []
    for one in many if isinstance(many, list) else ():
        part = _mapping(one)
        size = part.get("size")
        if _text(part.get("url")):
            known = size if isinstance(size, int) else 0
            found.append(Attached(_text(part["url"]), _text(part.get("filename")) or "file", known))
    return tuple(found)


def read_message(data: Payload, *, own_id: str) -> Asked | None:
    """A mention, an answer to us, or a direct message; None for everything that is not for us."""
    author = _mapping(data.get("author"))
    person = _text(author.get("id"))
    strange = author.get("bot") or data.get("webhook_id") or data.get("type", 0) not in SPOKEN
    if not person or person == own_id or strange or not _text(data.get("channel_id")):
        return None
    guild = _text(data.get("guild_id")) or None
    text = _text(data.get("content"))
    if guild is not None and not mentions(text, own_id) and not _answers_us(data, own_id):
        return None
    words = _without_prefix(read_typed(text, own_id=own_id))
    return Asked(
        kind="message",
        id=_text(data.get("id")),
        guild=guild,
        channel=_text(data.get("channel_id")),
        person=person,
        roles=_words(_mapping(data.get("member")).get("roles")),
        text=words,
        files=_attached(data.get("attachments")),
    )


def _answers_us(data: Payload, own_id: str) -> bool:
    answered = _mapping(_mapping(data.get("referenced_message")).get("author"))
    pinged = any(_text(_mapping(one).get("id")) == own_id for one in data.get("mentions") or ())
    return pinged and _text(answered.get("id")) == own_id and bool(_text(data.get("content")).strip())


def _without_prefix(words: str) -> str:
    """Words without `!mailport` or `/mailport`, which people type out of habit."""
    first, _, rest = words.partition(" ")
    return rest.strip() if first.lower() in PREFIXES else words


def command_of(asked: Asked) -> Command | None:
    """The command that is surely meant; None for a question and for what has to be read first."""
    if asked.command is not None:
        return BY_PATH.get(asked.command)
    words = tuple(word.lower().lstrip("!/") for word in asked.text.split(None, 2)[:2])
    return BY_PATH.get(words) or BY_PATH.get(words[:1])


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
    path = asked.command if asked.command is not None else tuple(asked.text.lower().split())
    command = BY_PATH.get(path)
    if command is None or not command.ready or not asked.token or asked.files or asked.kind == "form":
        return None
    if command.form is not None:
        return None if asked.arguments.get(command.form, "").strip() else path
    return path if path == ("watch", "add") and not asked.arguments else None


def _may_manage(permissions: object) -> bool | None:
    text = _text(permissions)
    return bool(int(text) & MAY_MANAGE) if text.isascii() and text.isdigit() else None


def _mapping(value: object) -> Payload:
    return value if isinstance(value, Mapping) else {}


def _text(value: object) -> str:
    """Text; ids may come as numbers."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def _words(value: object) -> tuple[str, ...]:
    return tuple(_text(one) for one in value) if isinstance(value, list) else ()
