"""What runs of watches led to, as rows: states, points and turns."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Text, bindparam, case, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.watches.watch_store import Recorded
from storage.database import Database
from storage.encoding import dump, encode_state
from storage.history import WORDS, write_turn
from storage.tables import PROBE, WATCH_STATE, Instant


async def write_runs(database: Database, connection: AsyncConnection, recorded: Sequence[Recorded]) -> None:
    """Write what runs led to: states, points and turns."""
    await _write_states(connection, recorded)
    await _write_points(database, connection, recorded)
    for one in recorded:
        if one.turn is not None:
            await write_turn(database, connection, one.watch_id, one.turn)


async def still_current(connection: AsyncConnection, recorded: Sequence[Recorded]) -> list[Recorded]:
    """Those whose watch is there and was not claimed or written since; their states are locked."""
    table = WATCH_STATE.c
    statement = select(table.watch_id, table.revision).where(
        table.watch_id.in_([one.watch_id for one in recorded])
    )
    rows = (await connection.execute(statement.order_by(table.watch_id).with_for_update())).all()
    revisions = {row.watch_id: row.revision for row in rows}
    return [one for one in recorded if revisions.get(one.watch_id) == one.revision]


async def _write_states(connection: AsyncConnection, recorded: Sequence[Recorded]) -> None:
    table = WATCH_STATE.c
    statement = (
        update(WATCH_STATE)
        .where(table.watch_id == bindparam("of"))
        .values(
            state=bindparam("new_state"),
            digest=func.coalesce(bindparam("new_digest", type_=Text()), table.digest),
            revision=table.revision + 1,
            # Paused while the check was running: stays paused.
            next_due=case((table.next_due.is_(None), None), else_=bindparam("due", type_=Instant())),
        )
    )
    rows = [
        {
            "of": one.watch_id,
            "new_state": encode_state(one.state),
            "new_digest": None if one.digest is None else dump(one.digest),
            "due": one.next_due,
        }
        for one in recorded
    ]
    await connection.execute(statement, rows)


async def _write_points(
    database: Database, connection: AsyncConnection, recorded: Sequence[Recorded]
) -> None:
    rows = [
        {
            "watch_id": one.watch_id,
            "at": int(one.point.at.timestamp()),
            "word": WORDS.index(one.point.word),
            "ms10": None if one.point.ms is None else min(round(one.point.ms * 10), 2**31 - 1),
        }
        for one in recorded
    ]
    await connection.execute(database.insert(PROBE).on_conflict_do_nothing(), rows)
