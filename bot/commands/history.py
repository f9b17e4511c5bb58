"""`history`: what was recorded of a watched target."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.cards.history import Recorded, history_card
from bot.cards.model import Reply
from bot.commands.definition import Call
from bot.commands.posting import manner_for
from bot.commands.report_build import holds_s, recorded
from bot.commands.watching import find_some
from bot.errors import BadInput, MailportError, NotFound
from bot.model.target import parse_target
from bot.watches.alert import AlertState
from bot.watches.figures import axis, figures_of, slots_of
from bot.watches.history import Incident
from bot.watches.stores import Stores
from bot.watches.watch import Watch

DAYS = 7
MAX_DAYS = 3650
MAX_POINTS = 10_000
WINDOWS = {
    "24h": timedelta(days=1),
    "7d": timedelta(days=7),
    "30d": timedelta(days=30),
    "90d": timedelta(days=90),
}


async def history(call: Call) -> Reply:
    """Uptime, times, incidents and a chart; every place that the target is watched from.

    Raises:
        NotFound: `watch-none`, `watch-unknown` and its kin: it is not watched here.
        BadInput: `history-days`.
    """
    days = call.get("days", int) or DAYS
    if days > MAX_DAYS:
        raise BadInput("history-days", given=days, most=MAX_DAYS)
    stores, watches = await _find(call)
    now = call.tools.clock.now()
    found = []
    for watch in watches:
        states = await stores.watches.states(watch.workspace, [watch.id])
        if watch.id in states:
            found.append(await _recorded(stores, watch, states[watch.id], days, now))
    if not found:
        raise NotFound("watch-gone")
    target = watches[0].target
    card = history_card(target, found, days, now, manner_for(call.language, call.timezone))
    return Reply(card=card, document=_document(target, found, days))


async def _find(call: Call) -> tuple[Stores, tuple[Watch, ...]]:
    """The channel's watches of the target; on the command line, which is the operator's, anybody's else."""
    try:
        return await find_some(call)
    except NotFound:
        if call.request.place.platform != "terminal":
            raise
        stores = await call.tools.stores()
        found = await watched_anywhere(stores, call.need("target", str))
        if not found:
            raise
        return stores, found


async def watched_anywhere(stores: Stores, text: str) -> tuple[Watch, ...]:
    """Per place the oldest watch of a target in any workspace."""
    try:
        target = str(parse_target(text))
    except MailportError:
        return ()
    oldest: dict[str, Watch] = {}
    for vantage in sorted(await stores.watches.vantages()):
        same = [watch for watch in await stores.watches.of_vantage(vantage) if watch.target == target]
        if same:
            oldest[vantage] = min(same, key=lambda watch: watch.id)
    return tuple(oldest.values())


async def _recorded(stores: Stores, watch: Watch, state: AlertState, days: int, now: datetime) -> Recorded:
    # The run that is being recorded now belongs to it.
    until = now + timedelta(seconds=1)
    since = now - timedelta(days=days)
    buckets = await recorded(stores, watch, since, until)
    first = buckets[0].at if buckets else now - timedelta(seconds=watch.interval_s)
    starts = axis(max(since, first), until, watch.interval_s)
    points = await stores.history.points(watch.workspace, watch.id, since, until)
    return Recorded(
        watch=watch,
        state=state,
        slots=slots_of(buckets, starts, until, holds_s(watch, until - starts[0])),
        figures=figures_of(buckets),
        uptime=await uptimes(stores, watch, now),
        incidents=await stores.history.incidents(watch.workspace, [watch.id], since, until),
        points=points[-MAX_POINTS:],
        cut=len(points) > MAX_POINTS,
    )


async def uptimes(stores: Stores, watch: Watch, now: datetime) -> dict[str, float | None]:
    """Percent of the known runs that were up, over the usual windows."""
    until = now + timedelta(seconds=1)
    found: dict[str, float | None] = {}
    for name, length in WINDOWS.items():
        found[name] = figures_of(await recorded(stores, watch, now - length, until)).uptime
    return found


# ---- for scripts


def _document(target: str, found: Sequence[Recorded], days: int) -> dict[str, object]:
    """`mailport.history/1`; of several places the uptime is that of the first, all are under `watches`."""
    points = sorted(
        ((point.at, one.watch.vantage, point.word, point.ms) for one in found for point in one.points),
        key=lambda point: point[0],
    )
    incidents = sorted(
        ((incident, one.watch) for one in found for incident in one.incidents),
        key=lambda pair: pair[0].began_at,
    )
    return {
        "schema": "mailport.history/1",
        "target": target,
        "days": days,
        "points": [
            {"at": _stamp(at), "vantage": vantage, "verdict": word, "ms": ms}
            for at, vantage, word, ms in points
        ],
        "points_cut": any(one.cut for one in found),
        "incidents": [_incident(incident, watch) for incident, watch in incidents],
        "uptime": dict(found[0].uptime),
        "watches": [
            {
                "number": one.watch.number,
                "vantage": one.watch.vantage,
                "uptime": dict(one.uptime),
                "median_ms": one.figures.median_ms,
                "p95_ms": one.figures.p95_ms,
            }
            for one in found
        ],
    }


def _incident(incident: Incident, watch: Watch) -> dict[str, object]:
    ended = incident.ended_at
    return {
        "vantage": watch.vantage,
        "began_at": _stamp(incident.began_at),
        "ended_at": _stamp(ended) if ended else None,
        "seconds": (ended - incident.began_at).total_seconds() if ended else None,
        "reason": incident.reason,
    }


def _stamp(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
