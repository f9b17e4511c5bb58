"""The database as the stores see it: an engine, one transaction per call, and errors in our words."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Table, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DataError, DBAPIError, IntegrityError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bot.errors import BadInput, Unavailable

# A call that takes longer is broken, not slow: SQLite waits 30 s for a lock at most.
CALL_DEADLINE_S = 45.0
CONNECT_DEADLINE_S = 10
BUSY_TIMEOUT_MS = 30_000
_OURS = (IntegrityError, ProgrammingError, DataError)  # bugs, to be seen as such


@dataclass(slots=True)
class Database:
    """An open database.

    Attributes:
        write_lock: SQLite has one writer; waiting here is fair and keeps its threads free.
    """

    engine: AsyncEngine
    write_lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def kind(self) -> str:
        """`sqlite` or `postgresql`."""
        return self.engine.dialect.name

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that only reads.

        Raises:
            Unavailable: `database-unavailable`.
        """
        with translated():
            async with asyncio.timeout(CALL_DEADLINE_S), self.engine.connect() as connection:
                yield connection

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that writes: all of it or, on any error, nothing.

        Raises:
            Unavailable: `database-unavailable`.
        """
        with translated():
            async with asyncio.timeout(CALL_DEADLINE_S):
                if self.kind != "sqlite":
                    async with self.engine.begin() as connection:
                        yield connection
                    return
                writer = self.engine.execution_options(mailport_begin="BEGIN IMMEDIATE")
                async with self.write_lock, writer.begin() as connection:
                    yield connection

    def insert(self, table: Table) -> Any:
        """An INSERT that can say `on_conflict_do_nothing` and `on_conflict_do_update`."""
        return sqlite.insert(table) if self.kind == "sqlite" else postgresql.insert(table)


class translated:  # noqa: N801  # used like a function
    """Turns what a database driver raises into `Unavailable`."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, problem: BaseException | None, trace: object) -> None:
        if isinstance(problem, DBAPIError) and not isinstance(problem, _OURS):
            raise Unavailable("database-unavailable", why=_reason(problem.orig)) from problem
        if isinstance(problem, PoolTimeout | TimeoutError):
            raise Unavailable("database-unavailable", why="no answer in time") from problem
        if isinstance(problem, OSError):
            raise Unavailable("database-unavailable", why=_reason(problem)) from problem


def _reason(problem: BaseException | None) -> str:
    if isinstance(problem, OSError) and problem.strerror:
        place = f": {problem.filename}" if problem.filename else ""
        return f"{problem.strerror}{place}"[:200]
    lines = str(problem or "").strip().splitlines()
    words = (lines[0] if lines else type(problem).__name__)[:200]
    if words == "unable to open database file":  # SQLite's word also for a disk that is read-only
        return f"{words} (is its folder there, and writable?)"
    return words


def read_url(text: str | None, *, data_home: Path) -> URL:
    """The URL of an async driver out of the setting.

    Args:
        text: `sqlite:///file`, `postgresql://user@host/name`, with or without a driver; None takes a
            file in the user's data folder.
        data_home: That folder (XDG_DATA_HOME).

    Raises:
        BadInput: `database-url-bad`.
    """
    if text is None:
        return URL.create("sqlite+aiosqlite", database=str(data_home / "mailport" / "mailport.db"))
    try:
        url = make_url(text)
    except ArgumentError:
        raise BadInput(
            "database-url-bad", why="MAILPORT_DATABASE_URL is not the address of a database"
        ) from None
    backend = url.drivername.split("+", 1)[0]
    if backend == "sqlite" and url.database and url.database != ":memory:":
        return url.set(drivername="sqlite+aiosqlite")
    if backend in ("postgresql", "postgres"):
        return url.set(drivername="postgresql+psycopg")
    raise BadInput("database-url-bad", why="MAILPORT_DATABASE_URL is not the address of a database")


def open_database(url: URL) -> Database:
    """Make the engine. Connects to nothing yet."""
    if url.drivername.startswith("sqlite"):
        engine = create_async_engine(url, pool_size=8, max_overflow=0, pool_timeout=CALL_DEADLINE_S)
        event.listen(engine.sync_engine, "connect", _set_pragmas)
        event.listen(engine.sync_engine, "begin", _begin_sqlite)
        return Database(engine)
    engine = create_async_engine(
        url,
        pool_size=8,
        pool_pre_ping=True,
        pool_timeout=CALL_DEADLINE_S,
        connect_args={"connect_timeout": CONNECT_DEADLINE_S},
    )
    return Database(engine)


def _set_pragmas(connection: Any, _: object) -> None:
    # The driver must not begin transactions by itself: it would begin them DEFERRED, and a reader that
    # becomes a writer fails at once with "database is locked", whatever busy_timeout says.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        f"busy_timeout={BUSY_TIMEOUT_MS}",
        "auto_vacuum=INCREMENTAL",  # has an effect only before the first table
        "journal_mode=WAL",
        "synchronous=FULL",  # the outbox must survive a power cut, not only a crash
        "foreign_keys=ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
        cursor.fetchall()
    cursor.close()


def _begin_sqlite(connection: Any) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get("mailport_begin", "BEGIN"))
