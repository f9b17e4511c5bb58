"""Rows of watches <-> values."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, select

from bot.watches.watch import Watch
from bot.watches.watch_store import Claimed
from storage.encoding import (
    decode_acknowledgement,
    decode_list,
    decode_state,
    decode_windows,
    dump,
    encode_acknowledgement,
    encode_windows,
)
from storage.tables import CHANNEL_SETTING, WATCH, WATCH_STATE

WATCH_WITH_DUE = select(WATCH, WATCH_STATE.c.next_due).join(WATCH_STATE, WATCH_STATE.c.watch_id == WATCH.c.id)


def read_watch(row: Row[Any], due: datetime | None) -> Watch:
    """A watch from its row; when it is due stands in another."""
    return Watch(
        id=row.id,
        number=row.number,
        workspace=row.workspace,
        channel=row.channel,
        target=row.target,
        kind=row.kind,
        interval_s=row.interval_s,
        vantage=row.vantage,
        failures=row.failures,
        recoveries=row.recoveries,
        reminder_s=row.reminder_s,
        certificate_days=decode_list(row.certificate_days),
        ignored=decode_list(row.ignored),
        created_at=row.created_at,
        created_by=row.created_by,
        next_due=due,
        muted_until=row.muted_until,
        windows=decode_windows(row.windows),
        acknowledged=decode_acknowledgement(row.acknowledged),
    )


def changeable(watch: Watch) -> dict[str, object]:
    """The columns that people may change."""
    return {
        "channel": watch.channel,
        "kind": watch.kind,
        "interval_s": watch.interval_s,
        "failures": watch.failures,
        "recoveries": watch.recoveries,
        "reminder_s": watch.reminder_s,
        "certificate_days": dump(watch.certificate_days),
        "ignored": dump(watch.ignored),
        "muted_until": watch.muted_until,
        "windows": encode_windows(watch.windows),
        "acknowledged": encode_acknowledgement(watch.acknowledged),
    }


def claimed_rows(ids: Sequence[int]) -> Any:
    """The statement for watches, their states and their channels' wish for alerts, by id."""
    alerts = CHANNEL_SETTING.alias("alerts")
    return (
        select(WATCH, WATCH_STATE.c.next_due, WATCH_STATE.c.state, WATCH_STATE.c.revision, alerts.c.value)
        .join(WATCH_STATE, WATCH_STATE.c.watch_id == WATCH.c.id)
        .outerjoin(
            alerts,
            and_(
                alerts.c.workspace == WATCH.c.workspace,
                alerts.c.channel == WATCH.c.channel,
                alerts.c.name == "alerts",
            ),
        )
        .where(WATCH.c.id.in_(ids))
        .order_by(WATCH.c.id)
    )


def read_claimed(row: Row[Any]) -> Claimed:
    """What stands in a row of `claimed_rows`."""
    return Claimed(
        watch=read_watch(row, row.next_due),
        state=decode_state(row.state),
        revision=row.revision,
        alerts=row.value != "off",
    )
