"""Slack's payloads -> what was asked, as plain values. Pure; odd payloads give None, never an error."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from adapters.slack.blocks import ACTION_CONFIRMED, ACTION_RUN
from adapters.slack.markup import mentions, read_typed
from bot.commands.catalog import BY_PATH

Payload = Mapping[str, Any]
PREFIX = "!mailport"
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

    @property
    def private(self) -> bool:
        """Whether it was asked in a direct message."""
        return self.channel.startswith(("D", "U", "W"))

    @property
    def workspace(self) -> str:
        """The workspace as the core knows it."""
        return f"slack:{self.team}"


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
    trigger = _text(body, "trigger_id")
    return Asked(
        team=team,
        enterprise=_text(body, "enterprise_id") or None,
        channel=channel,
        person=person,
        text=words,
        response_url=_text(body, "response_url") or None,
        trigger_id=trigger or None,
        echo=words or "help",
        once=f"trigger:{trigger}" if trigger else "",
    )


def read_event(body: Payload, *, own_id: str | None, own_bot: str | None) -> Asked | None:
    """A mention, a direct message, or `!mailport …`; None for everything that is not for us."""
    event = body.get("event")
    if not isinstance(event, Mapping) or not _is_spoken(event, own_id, own_bot):
        return None
    text, kind = _text(event, "text"), _text(event, "type")
    if kind == "app_mention":
        words: str | None = _without_prefix(read_typed(text, own_id=own_id or _first_mentioned(text)))
        thread = _text(event, "thread_ts") or _text(event, "ts")
    else:
        words = _spoken_to_us(event, text, own_id)
        thread = _text(event, "thread_ts")
    if words is None:
        return None
    team, channel, ts = _text(body, "team_id"), _text(event, "channel"), _text(event, "ts")
    return Asked(
        team=team or _text(event, "team"),
        enterprise=_text(body, "enterprise_id") or None,
        channel=channel,
        person=_text(event, "user"),
        text=words,
        thread=thread or None,
        # A mention is delivered as `app_mention` and again as `message`: the message itself is the name.
        once=f"message:{team}:{channel}:{ts}",
    )


def _is_spoken(event: Payload, own_id: str | None, own_bot: str | None) -> bool:
    if event.get("bot_id") or event.get("bot_profile") or event.get("hidden") or event.get("app_id"):
        return False
    subtype = event.get("subtype")
    user = _text(event, "user")
    spoken = subtype is None or subtype in SPOKEN_SUBTYPES
    return bool(spoken and user and _text(event, "channel") and user not in (own_id, own_bot))


def _spoken_to_us(event: Payload, text: str, own_id: str | None) -> str | None:
    words = read_typed(text, own_id=own_id)
    channel = _text(event, "channel")
    if event.get("channel_type") == "im" or channel.startswith("D"):
        return _without_prefix(words)
    if own_id and mentions(text, own_id):
        return None
    if words[: len(PREFIX)].lower() != PREFIX or words[len(PREFIX) : len(PREFIX) + 1].strip():
        return None
    return words[len(PREFIX) :].strip()


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
    return Asked(
        team=_text(body, "team", "id") or _text(body, "user", "team_id"),
        enterprise=_text(body, "enterprise", "id") or None,
        channel=channel,
        person=person,
        text=words,
        confirmed=confirmed,
        thread=_text(body, "message", "thread_ts") or _text(container, "thread_ts") or None,
        response_url=_text(body, "response_url") or None,
        trigger_id=trigger or None,
        source=_text(body, "message", "ts") or _text(container, "message_ts") or None,
        replaces=confirmed,
        echo="" if confirmed else words,
        once=f"trigger:{trigger}" if trigger else "",
    )


def needs_form(asked: Asked) -> tuple[str, ...] | None:
    """The command whose one long option is missing, so that a modal has to ask for it."""
    words = tuple(asked.text.lower().split())
    command = BY_PATH.get(words) if asked.command is None else None
    if command is None or asked.trigger_id is None or not command.ready:
        return None
    return command.path if command.form is not None or command.path == ("watch", "add") else None


def changes_something(asked: Asked) -> bool:
    """Whether the person's rights matter, so that Slack has to be asked for them."""
    first = asked.text.split(None, 2)[:2]
    if asked.command is not None:
        first = list(asked.command)
    words = tuple(word.lower().lstrip("!/") for word in first)
    command = BY_PATH.get(words) or BY_PATH.get(words[:1])
    return command is not None and (command.changes or command.path in (("why",), ("audit",)))


def in_team(asked: Asked, team: str | None, enterprise: str | None) -> Asked:
    """With the workspace that Bolt found out (shared channels name several)."""
    return replace(asked, team=team or asked.team, enterprise=enterprise or asked.enterprise)
