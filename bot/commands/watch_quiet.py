"""`watch ack`, `mute` and `maintenance`: what holds alerts back, and says so."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.cards.model import Button, Card, Facts, Paragraph, Reply, plain, rich
from bot.cards.moment import show_length, show_moment
from bot.cards.plaintext import text_of
from bot.cards.verdict import shown_target
from bot.commands.definition import Call
from bot.commands.watch import change_all, manner_of_call
from bot.commands.watching import find_some, watch_document
from bot.errors import BadInput
from bot.i18n import say, template
from bot.model.duration import parse_duration
from bot.model.value import replace
from bot.watches.watch import Acknowledgement, Watch, Window
from bot.watches.window_words import parse_window

MUTE = timedelta(hours=1)
MAX_MUTE = timedelta(days=30)
MAX_REASON = 200
MAX_WINDOWS = 20
_OFF = frozenset({"off", "none", "0", "end", "no", "nada", "fin"})
_LIST = frozenset({"list", "lista", "show", "ver"})
_REMOVE = frozenset({"remove", "delete", "cancel", "clear", "quitar", "eliminar", "borrar", *_OFF})


async def acknowledge(call: Call) -> Reply:
    """Somebody is on it: no reminders until it recovers. `all` means every broken watch of the channel.

    Raises:
        BadInput: `watch-not-broken`, `watch-none-broken`.
    """
    stores, watches = await find_some(call, all_allowed=True)
    states = await stores.watches.states(call.request.place.workspace, [watch.id for watch in watches])
    broken = [watch for watch in watches if watch.id in states and states[watch.id].status == "down"]
    if not broken and len(watches) == 1:
        raise BadInput("watch-not-broken", number=watches[0].number, target=watches[0].target)
    if not broken:
        raise BadInput("watch-none-broken")
    person, now = call.request.person, call.tools.clock.now()
    name = person.name or person.id
    reason = " ".join((call.get("reason", str) or "").split())[:MAX_REASON]
    changed = [
        replace(
            watch,
            acknowledged=Acknowledgement(
                incident=states[watch.id].incident, person=name, reason=reason, at=now
            ),
        )
        for watch in broken
    ]
    key = "ack-reason" if reason else "ack"
    return await change_all(call, stores, changed, "ack", key, person=name, reason=reason)


async def mute(call: Call) -> Reply:
    """No alerts for a while, one hour unless said otherwise; what holds after it is told then.

    Raises:
        BadInput: `duration-bad`, `mute-long`.
    """
    stores, watches = await find_some(call, all_allowed=True)
    words = (call.get("time", str) or "").strip().lower().removeprefix("for ").removeprefix("durante ")
    if words in _OFF:
        return await change_all(call, stores, [replace(one, muted_until=None) for one in watches], "unmute")
    length = MUTE
    if words:
        seconds = parse_duration(words)
        if seconds is None or seconds <= 0:
            raise BadInput("duration-bad", text=words[:40])
        length = timedelta(seconds=min(seconds, 1e9))
    if length > MAX_MUTE:
        raise BadInput("mute-long", given=show_length(length), longest=show_length(MAX_MUTE))
    until = call.tools.clock.now() + length
    shown = show_moment(until, call.language, call.timezone)
    muted = [replace(watch, muted_until=until) for watch in watches]
    return await change_all(call, stores, muted, "mute", until=shown, length=show_length(length))


async def maintenance(call: Call) -> Reply:
    """Announce a window, list those of a watch, or take them back (`remove`, `remove 2`).

    Raises:
        BadInput: `window-bad` and its kin, `window-many`, `window-unknown`.
    """
    stores, watches = await find_some(call, all_allowed=True)
    now = call.tools.clock.now()
    words = (call.get("window", str) or "list").strip()
    first, _, rest = words.lower().partition(" ")
    if first in _LIST and not rest:
        return _listed(call, watches, now)
    if first in _REMOVE:
        changed = [replace(one, windows=_without(one, rest, now)) for one in watches]
        return await change_all(call, stores, changed, "maintenance", "maintenance-removed")
    window = parse_window(words.removeprefix("add "), call.timezone, now)
    changed = [replace(one, windows=_with(one, window, now)) for one in watches]
    start, end = (show_moment(one, call.language, call.timezone) for one in (window.start, window.end))
    return await change_all(call, stores, changed, "maintenance", start=start, end=end)


def windows_ahead(watch: Watch, now: datetime) -> tuple[Window, ...]:
    """Windows that are not over, in order."""
    ahead = (window for window in watch.windows if window.end > now)
    return tuple(sorted(ahead, key=lambda window: (window.start, window.end)))


def _with(watch: Watch, window: Window, now: datetime) -> tuple[Window, ...]:
    windows = tuple(dict.fromkeys((*windows_ahead(watch, now), window)))
    if len(windows) > MAX_WINDOWS:
        raise BadInput("window-many", limit=MAX_WINDOWS)
    return tuple(sorted(windows, key=lambda one: (one.start, one.end)))


def _without(watch: Watch, rest: str, now: datetime) -> tuple[Window, ...]:
    """All windows gone, or the one of that place in the list."""
    ahead = windows_ahead(watch, now)
    place = rest.strip().removeprefix("#")
    if not place or place in ("all", "todas", "todos"):
        return ()
    if not place.isascii() or not place.isdigit() or not 1 <= int(place[:6]) <= len(ahead):
        raise BadInput("window-unknown", text=place[:20], count=len(ahead))
    return tuple(window for number, window in enumerate(ahead, 1) if number != int(place))


def _listed(call: Call, watches: tuple[Watch, ...], now: datetime) -> Reply:
    language, manner = call.language, manner_of_call(call)

    def moment(at: datetime) -> str:
        return show_moment(at, language, manner.timezone)

    rows = [
        (f"#{watch.number} ({number})", plain(f"{moment(one.start)} – {moment(one.end)}"))
        for watch in watches
        for number, one in enumerate(windows_ahead(watch, now), 1)
    ]
    shown = ", ".join(f"{shown_target(watch.target)} (#{watch.number})" for watch in watches[:5])
    key = "watch.windows" if rows else "watch.windows-none"
    text = rich(template(language, key), {"targets": shown})
    buttons: tuple[Button, ...] = ()
    if len(rows) and len(watches) == 1:
        command = f"watch maintenance #{watches[0].number} remove"
        buttons = (Button(label=say(language, "button.remove"), command=command, style="danger"),)
    card = Card(
        title="",
        blocks=(Paragraph(text), *((Facts(tuple(rows)),) if rows else ())),
        buttons=buttons,
        summary=text_of(text, links=False),
        language=language,
    )
    documents = [watch_document(watch, None, now) for watch in watches]
    return Reply(card=card, document={"schema": "mailport.watches/1", "watches": documents})
