"""The tables, once, for SQLite and PostgreSQL; `migrations/` brings a database to this shape.

Times are whole milliseconds since 1970, UTC: the same in both databases, sortable, small. Only runs
(`probe`) are kept in seconds. Everything that belongs to people carries its workspace.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)


class Instant(TypeDecorator[datetime]):
    """A datetime in UTC, stored as milliseconds since 1970."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """To the database."""
        return None if value is None else round(value.timestamp() * 1000)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        """From the database."""
        return None if value is None else datetime.fromtimestamp(value / 1000, UTC)


# Names that the database would otherwise make up: migrations need them to change a constraint.
NAMES: Mapping[str, str] = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
METADATA = MetaData(naming_convention=dict(NAMES))
_ID = BigInteger().with_variant(Integer, "sqlite")  # only INTEGER counts up by itself in SQLite


def _of_watch() -> Column[Any]:
    return Column("watch_id", _ID, ForeignKey("watch.id", ondelete="CASCADE"), primary_key=True)


COUNTER = Table(
    "counter",
    METADATA,
    Column("workspace", String(80), primary_key=True),
    Column("last", Integer, nullable=False),
)

WATCH = Table(
    "watch",
    METADATA,
    Column("id", _ID, primary_key=True),
    Column("workspace", String(80), nullable=False),
    Column("number", Integer, nullable=False),
    Column("channel", String(80), nullable=False),
    Column("target", String(300), nullable=False),
    Column("kind", String(10)),
    Column("vantage", String(80), nullable=False),
    Column("interval_s", Float, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("recoveries", Integer, nullable=False),
    Column("reminder_s", Float, nullable=False),
    Column("certificate_days", Text, nullable=False),
    Column("ignored", Text, nullable=False),
    Column("muted_until", Instant),
    Column("windows", Text, nullable=False),
    Column("acknowledged", Text),
    Column("created_at", Instant, nullable=False),
    Column("created_by", String(80), nullable=False),
    UniqueConstraint("workspace", "number"),
    UniqueConstraint("workspace", "channel", "target", "vantage", name="uq_watch_target"),
    sqlite_autoincrement=True,
)

WATCH_STATE = Table(
    "watch_state",
    METADATA,
    _of_watch(),
    Column("vantage", String(80), nullable=False),
    Column("shard", SmallInteger, nullable=False),
    Column("next_due", Instant),
    Column("revision", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("digest", Text),
    Index("ix_watch_state_due", "vantage", "next_due"),
)

PROBE = Table(
    "probe",
    METADATA,
    _of_watch(),
    Column("at", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("word", SmallInteger, nullable=False),
    Column("ms10", Integer),
    sqlite_with_rowid=False,
)


def _rollup(name: str) -> Table:
    return Table(
        name,
        METADATA,
        _of_watch(),
        Column("at", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
        Column("up", Integer, nullable=False),
        Column("warn", Integer, nullable=False),
        Column("down", Integer, nullable=False),
        Column("unknown", Integer, nullable=False),
        Column("median10", Integer),
        Column("p9510", Integer),
        sqlite_with_rowid=False,
    )


PROBE_HOUR = _rollup("probe_hour")
PROBE_DAY = _rollup("probe_day")
# How far roll-ups have come, and similar single values.
PROGRESS = Table(
    "progress",
    METADATA,
    Column("name", String(40), primary_key=True),
    Column("value", BigInteger, nullable=False),
)

INCIDENT = Table(
    "incident",
    METADATA,
    _of_watch(),
    Column("began_at", Instant, primary_key=True),
    Column("ended_at", Instant),
    Column("reason", String(120), nullable=False),
)

REPORT = Table(
    "report",
    METADATA,
    Column("id", _ID, primary_key=True),
    Column("workspace", String(80), nullable=False),
    Column("number", Integer, nullable=False),
    Column("channel", String(80), nullable=False),
    Column("cron", String(120), nullable=False),
    Column("timezone", String(80), nullable=False),
    Column("targets", Text, nullable=False),
    Column("grace_s", Float, nullable=False),
    Column("next_at", Instant, index=True),
    Column("last_at", Instant),
    Column("missed", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("created_by", String(80), nullable=False),
    UniqueConstraint("workspace", "number"),
    sqlite_autoincrement=True,
)

OUTBOX = Table(
    "outbox",
    METADATA,
    Column("id", _ID, primary_key=True),
    Column("key", String(200), nullable=False, unique=True),
    Column("workspace", String(80), nullable=False),
    Column("channel", String(80), nullable=False),
    Column("type", String(20), nullable=False),
    Column("payload", Text, nullable=False),
    Column("thread_of", String(200)),
    Column("edits", String(200)),
    Column("created_at", Instant, nullable=False),
    Column("next_try_at", Instant, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("done_at", Instant),
    Column("message_id", String(200)),
    Column("problem", String(300)),
    Column("gave_up", Boolean, nullable=False),
    Index(
        "ix_outbox_waiting", "workspace", "channel", "id",
        sqlite_where=text("done_at IS NULL"), postgresql_where=text("done_at IS NULL"),
    ),
    Index("ix_outbox_done_at", "done_at"),
    sqlite_autoincrement=True,
)  # fmt: skip

CHANNEL_SETTING = Table(
    "channel_setting",
    METADATA,
    Column("workspace", String(80), primary_key=True),
    Column("channel", String(80), primary_key=True),
    Column("name", String(40), primary_key=True),
    Column("value", String(200), nullable=False),
)

AUDIT = Table(
    "audit",
    METADATA,
    Column("id", _ID, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("workspace", String(80), nullable=False, index=True),
    Column("channel", String(80), nullable=False),
    Column("person", String(80), nullable=False),
    Column("action", String(40), nullable=False),
    Column("subject", String(400), nullable=False),
    sqlite_autoincrement=True,
)

MEMO = Table(
    "memo",
    METADATA,
    Column("key", String(300), primary_key=True),
    Column("value", Text, nullable=False),
    Column("ends_at", Instant, nullable=False, index=True),
)

WORKER = Table(
    "worker",
    METADATA,
    Column("name", String(120), primary_key=True),
    Column("vantage", String(80), nullable=False),
    Column("beat_at", Instant, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("uplink_lost_since", Instant),
)

LEASE = Table(
    "lease",
    METADATA,
    Column("name", String(80), primary_key=True),
    Column("owner", String(120), nullable=False),
    Column("until", Instant, nullable=False),
)
