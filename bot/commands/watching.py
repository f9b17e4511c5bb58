"""What all commands about watches share: finding one by what people type, and writing it as JSON."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.commands.definition import Call
from bot.errors import BadInput, MailportError, NotFound
from bot.model.duration import show_duration
from bot.model.target import parse_target
from bot.watches.alert import AlertState
from bot.watches.standing import standing_of
from bot.watches.stores import Stores
from bot.watches.watch import Watch, find_watches

ALL = frozenset({"all", "todo", "todos", "todas", "*"})
# A worker that has not said so for this long is taken for dead.
ALIVE_S = 90.0
MAX_NEAR = 3


async def watches_here(call: Call) -> tuple[Stores, tuple[Watch, ...]]:
    """The stores and the watches of the channel that the request came from."""
    place = call.request.place
    stores = await call.tools.stores()
    return stores, await stores.watches.of_channel(place.workspace, place.channel)


async def find_one(call: Call) -> tuple[Stores, Watch]:
    """The watch that the option `target` names.

    Raises:
        NotFound: `watch-none`, `watch-unknown` with near ones, `watch-elsewhere`.
        BadInput: `watch-ambiguous` when a target is watched from several places.
    """
    stores, watches = await find_some(call)
    if len(watches) > 1:
        shown = ", ".join(f"#{one.number} ({one.vantage})" for one in watches[:8])
        raise BadInput("watch-ambiguous", text=call.need("target", str)[:80], shown=shown)
    return stores, watches[0]


async def find_some(call: Call, *, all_allowed: bool = False) -> tuple[Stores, tuple[Watch, ...]]:
    """The watches that the option `target` names: usually one, several places of a target, or all.

    Raises:
        NotFound: As `find_one`.
    """
    text = call.need("target", str).strip().strip("`")
    stores, own = await watches_here(call)
    if not own:
        raise NotFound("watch-none", command=call.command.name)
    if all_allowed and text.lower() in ALL:
        return stores, own
    found = find_watches(own, text) or find_watches(own, _as_target(text))
    if not found:
        raise await _unknown(call, stores, own, text)
    return stores, found


def _as_target(text: str) -> str:
    try:
        return str(parse_target(text))
    except MailportError:
        return text


async def _unknown(call: Call, stores: Stores, own: Sequence[Watch], text: str) -> NotFound:
    everywhere = await stores.watches.of_workspace(call.request.place.workspace)
    if text.startswith("#") or text.isdigit():
        if find_watches(everywhere, text):
            return NotFound("watch-elsewhere", text=text[:20])
        return NotFound("watch-unknown", text=text[:20], near=near_numbers(own, text))
    return NotFound("watch-unknown", text=text[:80], near=near_targets(own, text))


def near_numbers(watches: Sequence[Watch], text: str) -> str:
    """The watches whose numbers are nearest to the one typed, in words."""
    digits = text.lstrip("#")
    wanted = int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else 0
    nearest = sorted(watches, key=lambda watch: abs(watch.number - wanted))[:MAX_NEAR]
    return ", ".join(f"#{one.number} {one.target}" for one in sorted(nearest, key=lambda one: one.number))


def near_targets(watches: Sequence[Watch], text: str) -> str:
    """The watches whose targets look most like the one typed, in words."""
    names = [watch.target for watch in watches]
    near = difflib.get_close_matches(text.lower(), names, n=MAX_NEAR, cutoff=0.5) or names[:MAX_NEAR]
    return ", ".join(f"#{one.number} {one.target}" for one in watches if one.target in near)


async def vantages_without_worker(call: Call, stores: Stores, vantages: Sequence[str]) -> tuple[str, ...]:
    """Those places that no living process probes from.

    What answers in a chat is a running server, which probes for its own place; a command line is none.
    """
    since = call.tools.clock.now() - timedelta(seconds=ALIVE_S)
    alive = {one.vantage for one in await stores.workers.alive(since)}
    if call.request.place.platform != "terminal":
        alive.add(call.tools.settings.vantage)
    return tuple(sorted({one for one in vantages if one not in alive}))


def watch_document(watch: Watch, state: AlertState | None, now: datetime) -> dict[str, object]:
    """A watch as JSON for scripts."""
    known = state or AlertState()
    standing = standing_of(watch, known, now)
    return {
        "number": watch.number,
        "target": watch.target,
        "as": watch.kind,
        "vantage": watch.vantage,
        "every": show_duration(watch.interval_s),
        "status": standing.word,
        "since": _text(standing.since),
        "marks": list(standing.extras),
        "next_check": _text(watch.next_due),
        "last_check": _text(known.last_at),
        "failures": watch.failures,
        "recoveries": watch.recoveries,
        "reminder": show_duration(watch.reminder_s),
        "certificate_days": list(watch.certificate_days),
        "ignored": list(watch.ignored),
        "muted_until": _text(watch.muted_until) if watch.muted_until and watch.muted_until > now else None,
        "maintenance": [
            {"start": _text(window.start), "end": _text(window.end)}
            for window in watch.windows
            if window.end > now
        ],
    }


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat().replace("+00:00", "Z") if moment is not None else None
