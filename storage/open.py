"""Opens the stores: makes the engine, brings the database to the newest revision, puts it all together."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, delete, inspect, text
from sqlalchemy.engine import URL

from bot.errors import Unavailable
from bot.watches.stores import Stores
from storage.audit import SqlAudit
from storage.channels import SqlChannels
from storage.database import Database, open_database, read_url, translated
from storage.history import SqlHistory
from storage.memos import SqlMemos
from storage.outbox import SqlOutbox
from storage.reports import SqlReports
from storage.tables import AUDIT, CHANNEL_SETTING, COUNTER, OUTBOX, REPORT, WATCH
from storage.watches import SqlWatches
from storage.workers import SqlWorkers

# Two processes that start at once must not migrate at once.
_MIGRATE_LOCK = 0x4D50_4D47


def data_home() -> Path:
    """Where the user's data lives (XDG base directory specification)."""
    given = os.environ.get("XDG_DATA_HOME", "")
    return Path(given) if given.startswith("/") else Path.home() / ".local" / "share"


def database_url(setting: str | None) -> URL:
    """The URL that a setting means; see `database.read_url`."""
    return read_url(setting, data_home=data_home())


async def open_stores(setting: str | None, *, now: Callable[[], datetime] | None = None) -> Stores:
    """Open the database, migrate it if need be, and give its stores.

    Args:
        setting: `Settings.database_url`.
        now: The clock for entries that no call gives a time for.

    Raises:
        BadInput: `database-url-bad`.
        Unavailable: `database-unavailable`.
    """
    url = database_url(setting)
    database = await opened(url)
    try:
        await upgrade(database)
    except BaseException:
        await database.engine.dispose()
        raise
    return stores_of(database, now or (lambda: datetime.now(UTC)))


async def opened(url: URL) -> Database:
    """The database of a URL, its folder made if need be; nothing is migrated."""
    if url.drivername.startswith("sqlite") and url.database:
        path = Path(url.database)
        with translated():
            await asyncio.to_thread(path.parent.mkdir, parents=True, exist_ok=True, mode=0o700)
    return open_database(url)


def stores_of(database: Database, now: Callable[[], datetime]) -> Stores:
    """All stores of an open, migrated database."""

    async def ping() -> None:
        async with database.read() as connection:
            await connection.execute(text("SELECT 1 FROM counter"))

    async def forget_workspace(workspace: str) -> None:
        async with database.write() as connection:
            for table in (WATCH, REPORT, OUTBOX, CHANNEL_SETTING, AUDIT, COUNTER):
                await connection.execute(delete(table).where(table.c.workspace == workspace))

    return Stores(
        channels=SqlChannels(database, now),
        watches=SqlWatches(database),
        reports=SqlReports(database),
        history=SqlHistory(database),
        outbox=SqlOutbox(database),
        audit=SqlAudit(database),
        memos=SqlMemos(database),
        workers=SqlWorkers(database),
        ping=ping,
        forget_workspace=forget_workspace,
        close=database.engine.dispose,
        database=database.kind,
        url=database.engine.url.render_as_string(hide_password=False),
    )


async def upgrade(database: Database) -> None:
    """Bring the database to the newest revision; nothing happens when it is there already."""
    async with database.write() as connection:
        if database.kind == "postgresql":
            await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATE_LOCK})
        await connection.run_sync(_upgrade)


def _upgrade(connection: Connection) -> None:
    # Alembic costs a third of a second and ten megabytes: only a database that is behind pays for it.
    found, known = _revision(connection), known_revisions()
    if found == known[-1]:
        return
    if found is not None and found not in known:
        # "why" is what readiness and status show.
        raise Unavailable("database-newer", found=found, newest=known[-1], why=f"newer revision {found}")
    from storage.migrations.revisions import upgrade_to_newest

    upgrade_to_newest(connection)


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def known_revisions() -> tuple[str, ...]:
    """All revisions, oldest first, by the names of the migrations' files."""
    files = (Path(__file__).parent / "migrations" / "versions").glob("[0-9]*.py")
    return tuple(sorted(path.name.split("_", 1)[0] for path in files))
