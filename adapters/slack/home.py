"""The Home tab: what the channels of this person watch, and what Mailport can do. Shown to them alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from adapters.slack import limits
from adapters.slack.api import SlackApi
from adapters.slack.blocks import Json, buttons_block, context, header, render_block, rich_text
from adapters.slack.markup import escaped
from adapters.slack.render import MARKS
from bot.cards.model import Bullets, Button, Span, Text, Tone, plain
from bot.commands.catalog import COMMANDS
from bot.i18n import say
from bot.watches.alert import AlertState
from bot.watches.stores import Stores
from bot.watches.watch import Watch

MAX_CHANNELS = 1000
MAX_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Shown:
    """A watch and how it is."""

    watch: Watch
    state: AlertState | None


async def channels_of(api: SlackApi, token: str, person: str) -> Mapping[str, str]:
    """Names by id of the channels in which this person and we both are.

    Raises:
        SlackFailed: Slack does not say; then nothing may be shown.
    """
    found: dict[str, str] = {}
    cursor = ""
    while len(found) < MAX_CHANNELS:
        answer = await api.read(
            "users.conversations",
            token,
            user=person,
            types="public_channel,private_channel",
            exclude_archived="true",
            limit=200,
            cursor=cursor or None,
        )
        for channel in answer.get("channels") or ():
            if isinstance(channel, Mapping) and channel.get("id"):
                found[str(channel["id"])] = str(channel.get("name") or channel["id"])
        cursor = str((answer.get("response_metadata") or {}).get("next_cursor") or "")
        if not cursor:
            break
    return found


async def watches_of(stores: Stores, workspace: str, channels: Sequence[str]) -> list[Shown]:
    """Watches of these channels of the workspace, the broken ones first."""
    wanted = set(channels)
    watches = [watch for watch in await stores.watches.of_workspace(workspace) if watch.channel in wanted]
    states = await stores.watches.states(workspace, [watch.id for watch in watches])
    shown = [Shown(watch, states.get(watch.id)) for watch in watches]
    return sorted(shown, key=lambda one: (tone_of(one) == "good", one.watch.number))


def tone_of(shown: Shown) -> Tone:
    """How a watch looks."""
    if shown.watch.paused or shown.state is None or shown.state.status == "new":
        return "waiting"
    return "good" if shown.state.status == "up" else "bad"


def home_view(
    language: str, shown: Sequence[Shown] | None, names: Mapping[str, str], public_url: str | None
) -> Json:
    """The whole tab.

    Args:
        shown: None when it could not be found out.
    """
    blocks: list[Json] = [header(say(language, "slack.home.title"))]
    blocks += _watches(language, shown, names)
    blocks.append({"type": "divider"})
    blocks.append(header(say(language, "slack.home.can")))
    blocks += render_block(Bullets(tuple(_abilities(language))), native=True)
    blocks += rich_text(plain(say(language, "slack.home.how")))
    blocks += buttons_block(_buttons(language))
    if public_url:
        blocks.append(context(escaped(say(language, "slack.home.status")) + f" <{public_url}>"))
    return {"type": "home", "blocks": blocks[: limits.BLOCKS_PER_VIEW]}


def _buttons(language: str) -> list[Button]:
    return [
        Button(say(language, "slack.home.add"), "watch add", "primary"),
        Button(say(language, "slack.home.trace"), "trace"),
        Button(say(language, "slack.home.explain"), "explain"),
    ]


def _watches(language: str, shown: Sequence[Shown] | None, names: Mapping[str, str]) -> list[Json]:
    if shown is None:
        return rich_text(plain(say(language, "slack.home.unknown")))
    if not shown:
        return rich_text(plain(say(language, "slack.home.none")))
    items = tuple(_line(language, one, names) for one in shown[:MAX_SHOWN])
    blocks = render_block(Bullets(items), native=True)
    if len(shown) > MAX_SHOWN:
        more = say(language, "slack.home.more", count=len(shown) - MAX_SHOWN)
        blocks += rich_text(plain(more))
    return blocks


def _line(language: str, one: Shown, names: Mapping[str, str]) -> Text:
    status = "paused" if one.watch.paused else one.state.status if one.state is not None else "new"
    return (
        Span(MARKS[tone_of(one)]),
        Span(f"#{one.watch.number} "),
        Span(one.watch.target, "bold"),
        Span(f" – {say(language, f'slack.home.status-{status}')}"),
        Span(f" (#{names.get(one.watch.channel, one.watch.channel)})"),
    )


def _abilities(language: str) -> list[Text]:
    return [
        (Span(command.name, "code"), Span(f" – {say(language, f'{command.key}.summary')}"))
        for command in COMMANDS
        if command.chat and len(command.path) == 1 and command.path[0] not in ("audit", "why")
    ]
