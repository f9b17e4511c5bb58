"""Runs, hours, days and incidents in memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from bot.watches.alert import Turn
from bot.watches.history import Bucket, Grain, Incident
from bot.watches.observation import Point
from bot.watches.watch_store import Recorded

_KEEP_RUNS = timedelta(days=90)
_SECONDS: dict[Grain, int] = {"hour": 3600, "day": 86400}


class MemoryHistory:
    """`HistoryStore` in memory: keeps runs only, and makes hours and days of them when asked.

    Attributes:
        workspace_of: Gives the workspace of a watch; set by whoever puts the stores together.
    """

    def __init__(self) -> None:
        self.workspace_of: Callable[[int], str | None] = lambda _: None
        self._runs: dict[int, dict[int, Point]] = {}
        self._incidents: dict[int, list[Incident]] = {}

    def write(self, recorded: Recorded) -> None:
        """Keep a run and its turn."""
        second = int(recorded.point.at.timestamp())
        run = Point(datetime.fromtimestamp(second, UTC), recorded.point.word, _tenths(recorded.point.ms))
        self._runs.setdefault(recorded.watch_id, {}).setdefault(second, run)
        if recorded.turn is not None:
            self._turn(recorded.watch_id, recorded.turn)

    def _turn(self, watch_id: int, turn: Turn) -> None:
        incidents = self._incidents.setdefault(watch_id, [])
        if turn.to == "down":
            incidents.append(
                Incident(watch_id=watch_id, began_at=turn.at, ended_at=None, reason=turn.reason[:120])
            )
            return
        self._incidents[watch_id] = [
            one
            if one.ended_at
            else Incident(watch_id=watch_id, began_at=one.began_at, ended_at=turn.at, reason=one.reason)
            for one in incidents
        ]

    def drop(self, watch_id: int) -> None:
        """Forget a watch."""
        self._runs.pop(watch_id, None)
        self._incidents.pop(watch_id, None)

    async def points(
        self, workspace: str, watch_id: int, since: datetime, until: datetime
    ) -> tuple[Point, ...]:
        """See `HistoryStore.points`."""
        if self.workspace_of(watch_id) != workspace:
            return ()
        runs = self._runs.get(watch_id, {})
        return tuple(run for _, run in sorted(runs.items()) if since <= run.at < until)

    async def buckets(
        self, workspace: str, watch_id: int, grain: Grain, since: datetime, until: datetime
    ) -> tuple[Bucket, ...]:
        """See `HistoryStore.buckets`."""
        seconds = _SECONDS[grain]
        groups: dict[int, list[Point]] = {}
        for run in await self.points(workspace, watch_id, since, until):
            groups.setdefault(int(run.at.timestamp()) // seconds * seconds, []).append(run)
        return tuple(bucket_of(datetime.fromtimestamp(start, UTC), runs) for start, runs in groups.items())

    async def incidents(
        self, workspace: str, watch_ids: Sequence[int], since: datetime, until: datetime
    ) -> tuple[Incident, ...]:
        """See `HistoryStore.incidents`."""
        found = [
            one
            for watch_id in watch_ids
            if self.workspace_of(watch_id) == workspace
            for one in self._incidents.get(watch_id, [])
            if one.began_at < until and (one.ended_at is None or one.ended_at > since)
        ]
        return tuple(sorted(found, key=lambda one: (one.began_at, one.watch_id)))

    async def roll_up(self, now: datetime) -> int:
        """See `HistoryStore.roll_up`."""
        before = (now - _KEEP_RUNS).timestamp()
        dropped = 0
        for watch_id, runs in self._runs.items():
            kept = {second: run for second, run in runs.items() if second >= before}
            dropped += len(runs) - len(kept)
            self._runs[watch_id] = kept
        return dropped


def bucket_of(start: datetime, runs: Sequence[Point]) -> Bucket:
    """Runs of an hour or a day as one bucket; percentiles by nearest rank."""
    times = sorted(run.ms for run in runs if run.ms is not None)
    words = [run.word for run in runs]
    return Bucket(
        at=start,
        up=words.count("pass"),
        warn=words.count("warn"),
        down=words.count("fail"),
        unknown=words.count("unknown"),
        median_ms=times[(len(times) + 1) // 2 - 1] if times else None,
        p95_ms=times[(len(times) * 95 + 99) // 100 - 1] if times else None,
    )


def _tenths(ms: float | None) -> float | None:
    return None if ms is None else round(ms * 10) / 10
