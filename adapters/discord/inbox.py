"""Discord's payloads -> what was asked, as plain values. Pure; odd payloads give None, never an error.

Only what the documentation promises is needed, and most of that may be missing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from adapters.discord.asked import Asked, Attached, Completing, Kind
from adapters.discord.buttons import read_custom_id
from adapters.discord.markup import mentions, read_typed
from bot.commands.catalog import BY_PATH

Payload = Mapping[str, Any]

# Interaction types, option types, message types and permission bits, as Discord's documentation numbers them.
COMMAND, COMPONENT, COMPLETE, FORM = 2, 3, 4, 5
SUBCOMMAND, GROUP, ATTACHMENT = 1, 2, 11
SPOKEN = (0, 19)  # DEFAULT, REPLY
ADMINISTRATOR = 0x8
MAY_MANAGE = 0x20 | ADMINISTRATOR  # MANAGE_GUILD
MAY_SEE, MAY_WRITE, MAY_WRITE_IN_THREADS = 1 << 10, 1 << 11, 1 << 38
THREADS = (10, 11, 12)
GROUP_DIRECT = 2  # interaction context PRIVATE_CHANNEL: between others, without us
MAX_NAME = 32
PREFIXES = ("!mailport", "/mailport")


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
        "name": _name(user),
        "locale": _text(data.get("locale")) or None,
        "roles": _words(member.get("roles")),
        "admin": _may_manage(member.get("permissions")),
        # Key 0 is the server's own installation, key 1 the person's.
        "silenced": guild is not None and _may_not_write(data),
        "invited": not isinstance(owners, Mapping) or not owners or "0" in owners,
    }


def _asked(base: Mapping[str, Any], kind: Kind, *, path: tuple[str, ...] | None = None, **more: Any) -> Asked:
    if path is not None and not path:
        return Asked(**base, kind=kind, text="help")
    return Asked(**base, kind=kind, command=path, **more)


def _path_and_options(body: Payload) -> tuple[tuple[str, ...], list[Payload]]:
    path: list[str] = []
    options = [_mapping(one) for one in _items(body.get("options"))]
    while options and options[0].get("type") in (SUBCOMMAND, GROUP):
        path.append(_text(options[0].get("name")))
        options = [_mapping(one) for one in _items(options[0].get("options"))]
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
    for one in _items(many):
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
        name=_name(author),
        roles=_words(_mapping(data.get("member")).get("roles")),
        text=words,
        files=_attached(data.get("attachments")),
    )


def _answers_us(data: Payload, own_id: str) -> bool:
    answered = _mapping(_mapping(data.get("referenced_message")).get("author"))
    pinged = any(_text(_mapping(one).get("id")) == own_id for one in _items(data.get("mentions")))
    return pinged and _text(answered.get("id")) == own_id and bool(_text(data.get("content")).strip())


def _without_prefix(words: str) -> str:
    """Words without `!mailport` or `/mailport`, which people type out of habit."""
    first, _, rest = words.partition(" ")
    return rest.strip() if first.lower() in PREFIXES else words


def _name(user: Payload) -> str:
    name = _text(user.get("username"))[:MAX_NAME]
    return f"@{name}" if name else ""


def _may_manage(permissions: object) -> bool | None:
    text = _text(permissions)
    return bool(int(text) & MAY_MANAGE) if text.isascii() and text.isdigit() else None


def _mapping(value: object) -> Payload:
    return value if isinstance(value, Mapping) else {}


def _may_not_write(data: Payload) -> bool:
    """Whether our rights are known here and lack seeing the channel or writing into it."""
    text = _text(data.get("app_permissions"))
    if not (text.isascii() and text.isdigit() and int(text)) or int(text) & ADMINISTRATOR:
        return False
    in_thread = _mapping(data.get("channel")).get("type") in THREADS
    needed = MAY_SEE | (MAY_WRITE_IN_THREADS if in_thread else MAY_WRITE)
    return int(text) & needed != needed


def _items(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: object) -> str:
    """Text; ids may come as numbers."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def _words(value: object) -> tuple[str, ...]:
    return tuple(_text(one) for one in _items(value))
