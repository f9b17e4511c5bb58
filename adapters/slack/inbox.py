"""Slack's payloads -> what was asked, as plain values. Pure; odd payloads give None, never an error."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2s
from typing import Any

from adapters.slack.blocks import ACTION_CONFIRMED, ACTION_RUN
from adapters.slack.markup import mentions, read_typed
from bot.commands.catalog import FIRST_WORDS, command_of, english_group
from bot.model.value import replace

Payload = Mapping[str, Any]
PREFIX = "!mailport"
_INSTANT = frozenset({"ask", "explain", "trace", "help"})
_ADDRESSED = re.compile(r"^[\s,:;–—-]+")
SPOKEN_SUBTYPES = frozenset({None, "", "thread_broadcast", "file_share", "me_message"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Something that somebody asked in Slack.

    Attributes:
        team: Workspace, without the platform in front.
        thread: Thread that the answer goes into; None at the top of the channel.
        response_url: Address for answers that needs no membership in the channel.
        trigger_id: Opens a modal within three seconds.
        source: `ts` of the message whose button was pressed.
        replaces: The answer takes the place of that message (a confirmed question).
        echo: Words to show above a public answer, because others did not see them.
        once: Name of what was done; a second delivery with the same name is dropped. Empty: no name.
        said: Name of the message, whatever its words are now.
        edited: It was changed since it was said; if it was answered then, it is not answered again.
    """

    team: str
    enterprise: str | None = None
    channel: str
    person: str
    locale: str | None = None
    text: str = ""
    command: tuple[str, ...] | None = None
    arguments: Mapping[str, str] = field(default_factory=dict)
    confirmed: bool = False
    thread: str | None = None
    response_url: str | None = None
    trigger_id: str | None = None
    source: str | None = None
    replaces: bool = False
    echo: str = ""
    once: str = ""
    said: str = ""
    edited: bool = False

    @property
    def private(self) -> bool:
        """Whether it was asked in a direct message."""
        return self.channel.startswith(("D", "U", "W"))

    @property
    def workspace(self) -> str:
        """The workspace as the core knows it."""
        return f"slack:{self.team}"


def _once(kind: str, *parts: str) -> str:
    """A name for a delivery. The words are part of it: what differs in them is no repetition."""
    if not parts[0]:
        return ""
    return f"{kind}:{blake2s(chr(0).join(parts).encode('utf-8', 'replace'), digest_size=16).hexdigest()}"


def word(value: object) -> str | None:
    """An id as Bolt read it out of a payload, which may hold anything there."""
    return value if isinstance(value, str) and value else None


def _text(payload: Payload, *path: str) -> str:
    value: object = payload
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value if isinstance(value, str) else ""


def read_command(body: Payload) -> Asked | None:
    """A slash command."""
    channel, person, team = (_text(body, name) for name in ("channel_id", "user_id", "team_id"))
    if not channel or not person:
        return None
    words = read_typed(_text(body, "text"))
    trigger, address = _text(body, "trigger_id"), _text(body, "response_url")
    return Asked(
        team=team,
        enterprise=_text(body, "enterprise_id") or None,
        channel=channel,
        person=person,
        text=words,
        response_url=address or None,
        trigger_id=trigger or None,
        echo=words or "help",
        once=_once("command", trigger or address, address, team, channel, person, words),
    )


def read_event(body: Payload, *, own_id: str | None, own_bot: str | None) -> Asked | None:
    """A mention, a direct message, or `!mailport …`; None for everything that is not for us."""
    event = body.get("event")
    if not isinstance(event, Mapping) or not _is_spoken(event, own_id, own_bot):
        return None
    text, kind = _text(event, "text"), _text(event, "type")
    # A mention comes as `app_mention` and, where we are members, as `message` too: whichever is first counts.
    if kind == "app_mention" or (own_id and mentions(text, own_id) and not _is_direct(event)):
        words: str | None = _after_mention(text, own_id or _first_mentioned(text))
        thread = _text(event, "thread_ts") or _text(event, "ts")
    else:
        words = _spoken_to_us(event, text, own_id)
        thread = _text(event, "thread_ts")
    if words is None:
        return None
    team, channel, ts = _text(body, "team_id"), _text(event, "channel"), _text(event, "ts")
    said = f"message:{team}:{channel}:{ts}" if ts else ""
    return Asked(
        team=team or _text(event, "team"),
        enterprise=_text(body, "enterprise_id") or None,
        channel=channel,
        person=_text(event, "user"),
        text=words,
        thread=thread or None,
        once=_once("said", said or _text(body, "event_id"), _text(event, "user"), words),
        said=said,
        edited=bool(event.get("edited")),
    )


def _is_spoken(event: Payload, own_id: str | None, own_bot: str | None) -> bool:
    if event.get("bot_id") or event.get("bot_profile") or event.get("hidden") or event.get("app_id"):
        return False
    subtype = event.get("subtype")
    user = _text(event, "user")
    spoken = subtype is None or subtype in SPOKEN_SUBTYPES
    return bool(spoken and user and _text(event, "channel") and user not in (own_id, own_bot))


def _is_direct(event: Payload) -> bool:
    return event.get("channel_type") == "im" or _text(event, "channel").startswith("D")


def _spoken_to_us(event: Payload, text: str, own_id: str | None) -> str | None:
    words = read_typed(text, own_id=own_id)
    if _is_direct(event):
        return _without_prefix(words)
    if words[: len(PREFIX)].lower() != PREFIX or words[len(PREFIX) : len(PREFIX) + 1].strip():
        return None
    return words[len(PREFIX) :].strip()


def _after_mention(text: str, own_id: str | None) -> str:
    """What was said to us; "hello @Mailport check example.com" is a command too."""
    before, mention, after = _parted(text, own_id)
    words = _without_prefix(_ADDRESSED.sub("", read_typed(after, own_id=own_id)))
    if not mention or not before.strip():
        return words
    first = words.split(None, 1)[:1]
    if first and english_group(first[0].lower().lstrip("/!")) in FIRST_WORDS:
        return words
    return _without_prefix(read_typed(text, own_id=own_id))


def _parted(text: str, own_id: str | None) -> tuple[str, bool, str]:
    start = text.find(f"<@{own_id}") if own_id else -1
    end = text.find(">", start) if start >= 0 else -1
    return (text[:start], True, text[end + 1 :]) if end >= 0 else ("", False, text)


def _without_prefix(words: str) -> str:
    """Words without `!mailport` or `/mailport`, which people type out of habit."""
    first, _, rest = words.partition(" ")
    return rest.strip() if first.lower() in (PREFIX, "/mailport") else words


def _first_mentioned(text: str) -> str | None:
    start = text.find("<@")
    end = min((at for at in (text.find(">", start), text.find("|", start)) if at > 0), default=-1)
    return text[start + 2 : end] if 0 <= start < end else None


def read_action(body: Payload) -> Asked | None:
    """A pressed button."""
    actions = body.get("actions")
    action = actions[0] if isinstance(actions, list) and actions and isinstance(actions[0], Mapping) else {}
    name, words = _text(action, "action_id"), _text(action, "value")
    container = body.get("container")
    container = container if isinstance(container, Mapping) else {}
    channel = _text(body, "channel", "id") or _text(container, "channel_id") or _text(body, "user", "id")
    person, trigger = _text(body, "user", "id"), _text(body, "trigger_id")
    if not words or not person or not name.startswith((ACTION_RUN, ACTION_CONFIRMED)):
        return None
    confirmed = name.startswith(ACTION_CONFIRMED)
    source = _text(body, "message", "ts") or _text(container, "message_ts")
    address = _text(body, "response_url")
    return Asked(
        team=_text(body, "team", "id") or _text(body, "user", "team_id"),
        enterprise=_text(body, "enterprise", "id") or None,
        channel=channel,
        person=person,
        text=words,
        confirmed=confirmed,
        thread=_text(body, "message", "thread_ts") or _text(container, "thread_ts") or None,
        response_url=address or None,
        trigger_id=trigger or None,
        source=source or None,
        replaces=confirmed,
        echo="" if confirmed else words,
        once=_once("action", trigger or address, address, channel, source, person, name, words),
    )


def form_of(asked: Asked) -> tuple[str, ...] | None:
    """The command whose one long option is missing, so that a modal has to ask for it."""
    words = asked.text.lower().lstrip("/!").split()
    command = command_of(words) if asked.command is None else None
    if command is None or len(words) != len(command.path):
        return None
    return command.path if command.form is not None or command.path == ("watch", "add") else None


def needs_form(asked: Asked) -> tuple[str, ...] | None:
    """The command whose modal can and should be opened now."""
    return form_of(asked) if asked.trigger_id is not None else None


def changes_something(asked: Asked) -> bool:
    """Whether the person's rights matter, so that Slack has to be asked for them."""
    first = asked.text.split(None, 2)[:2]
    if asked.command is not None:
        first = list(asked.command)
    command = command_of([word.lower().lstrip("!/") for word in first])
    return command is not None and (command.changes or command.guarded or command.path == ("why",))


def is_instant(asked: Asked) -> bool:
    """Whether the answer follows from the words alone: nothing to show progress of, nothing to share."""
    first = asked.command[:1] if asked.command is not None else tuple(asked.text.split(None, 1)[:1])
    word = first[0].lower().lstrip("/!") if first else "help"
    return word in _INSTANT or english_group(word) not in FIRST_WORDS


def in_team(asked: Asked, team: str | None, enterprise: str | None) -> Asked:
    """With the workspace that Bolt found out (shared channels name several)."""
    team, enterprise = team or asked.team, enterprise or asked.enterprise
    if (team, enterprise) == (asked.team, asked.enterprise):
        return asked
    return replace(asked, team=team, enterprise=enterprise)
