"""A consistent copy of the database while it is in use, and the way back.

SQLite: `VACUUM INTO` writes a compact copy from one read snapshot; nobody waits for it. PostgreSQL has
its own tools for that, `pg_dump` and `pg_restore`, which are run when they are installed.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import sqlite3
from pathlib import Path

from sqlalchemy.engine import URL

from bot.errors import BadInput, Unavailable
from storage.database import translated
from storage.lock import ServerLock
from storage.open import database_url, opened, upgrade

_TOOL_DEADLINE_S = 3600


async def upgrade_database(setting: str | None) -> str:
    """Migrate to the newest revision; returns that revision.

    Raises:
        Unavailable: `database-unavailable`.
    """
    from storage.migrations.revisions import newest

    url = database_url(setting)
    database = await opened(url)
    try:
        await upgrade(database)
    finally:
        await database.engine.dispose()
    return newest()


async def backup(setting: str | None, target: Path) -> int:
    """Copy the database into a file; returns its size in bytes.

    Raises:
        BadInput: `backup-exists`, `backup-folder-missing`, `database-missing`.
        Unavailable: `backup-unwritable`, `database-unavailable`, `tool-missing`, `tool-failed`.
    """
    url = database_url(setting)
    await asyncio.to_thread(_refuse_bad_place, target)
    if url.drivername.startswith("sqlite"):
        await asyncio.to_thread(_copy_sqlite, Path(str(url.database)), target)
    else:
        await _run_tool(url, "pg_dump", "--format=custom", f"--file={target}")
    return (await asyncio.to_thread(target.stat)).st_size


def _refuse_bad_place(target: Path) -> None:
    if target.exists():
        raise BadInput("backup-exists", file=str(target))
    if not target.parent.is_dir():
        raise BadInput("backup-folder-missing", file=str(target))


def _copy_sqlite(source: Path, target: Path) -> None:
    if not source.is_file():
        raise BadInput("database-missing", file=str(source))
    unfinished = target.with_name(target.name + ".unfinished")
    try:
        unfinished.write_bytes(b"")  # an empty file may be written into; that there can be none is told so
        with contextlib.closing(sqlite3.connect(source, timeout=30)) as connection:
            connection.execute("VACUUM INTO ?", (str(unfinished),))
        unfinished.replace(target)
    except OSError as problem:
        raise Unavailable("backup-unwritable", file=str(target), why=problem.strerror or "") from problem
    except sqlite3.Error as problem:
        with contextlib.suppress(OSError):
            unfinished.unlink(missing_ok=True)
        raise Unavailable("database-unavailable", why=str(problem)[:200]) from problem


async def restore(setting: str | None, source: Path) -> None:
    """Put a copy in the place of the database, which is kept beside it under another name.

    Raises:
        BadInput: `file-absent`; `backup-unreadable`: not a copy of ours.
        Unavailable: `database-in-use` (a server runs on it), `database-unavailable`, `tool-...`.
    """
    url = database_url(setting)
    if not await asyncio.to_thread(source.exists):
        raise BadInput("file-absent", path=str(source))
    if not await asyncio.to_thread(source.is_file):
        raise BadInput("backup-unreadable", file=str(source))
    if url.drivername.startswith("sqlite"):
        await asyncio.to_thread(_restore_sqlite, source, Path(str(url.database)))
    else:
        await _run_tool(
            url, "pg_restore", "--clean", "--if-exists", "--single-transaction", "--no-owner", str(source)
        )
    await upgrade_database(setting)


def _restore_sqlite(source: Path, target: Path) -> None:
    _refuse_foreign(source)
    with translated():
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with translated(), ServerLock(target):
        incoming = target.with_name(target.name + ".incoming")
        shutil.copyfile(source, incoming)
        if target.exists():
            # Folds the write-ahead log in, so that what is kept is whole.
            with contextlib.closing(sqlite3.connect(target)) as connection:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            target.replace(target.with_name(target.name + ".before-restore"))
        for ending in ("-wal", "-shm"):
            target.with_name(target.name + ending).unlink(missing_ok=True)
        incoming.replace(target)


def _refuse_foreign(source: Path) -> None:
    try:
        with contextlib.closing(
            sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True)
        ) as connection:
            sound = connection.execute("PRAGMA quick_check").fetchone() == ("ok",)
            connection.execute("SELECT version_num FROM alembic_version").fetchone()
            connection.execute("SELECT 1 FROM watch LIMIT 1")
    except sqlite3.Error:
        sound = False
    if not sound:
        raise BadInput("backup-unreadable", file=str(source))


async def _run_tool(url: URL, tool: str, *arguments: str) -> None:
    program = shutil.which(tool)
    if program is None:
        raise Unavailable("tool-missing", tool=tool)
    # The password goes by the environment: other users of the machine can read arguments.
    environment = dict(os.environ)
    if url.password:
        environment["PGPASSWORD"] = str(url.password)
    process = await asyncio.create_subprocess_exec(
        program,
        f"--dbname={_without_password(url)}",
        "--no-password",
        *arguments,
        env=environment,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(_TOOL_DEADLINE_S):
            _, complaint = await process.communicate()
    except BaseException:
        process.kill()
        await process.wait()
        raise
    if process.returncode != 0:
        lines = complaint.decode("utf-8", "replace").strip().splitlines()
        raise Unavailable("tool-failed", tool=tool, why=(lines[-1] if lines else "")[:200])


def _without_password(url: URL) -> str:
    return URL.create(
        "postgresql",
        username=url.username,
        host=url.host,
        port=url.port,
        database=url.database,
        query=url.query,
    ).render_as_string(hide_password=False)
