"""Opening, migrating, copying, and what a database that does not work is told as."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Connection, inspect, text

from bot.errors import BadInput, Unavailable
from bot.watches.watch import Draft
from storage.copies import backup, restore, upgrade_database
from storage.database import Database, read_url
from storage.lock import ServerLock
from storage.migrations.revisions import all_revisions, differences, move_to, newest, revision_of
from storage.open import data_home, database_url, known_revisions, open_stores, opened, upgrade
from tests.storage.conftest import HERE, NOW


async def on(database: Database, work: Callable[[Connection], object]) -> object:
    async with database.write() as connection:
        return await connection.run_sync(work)


@pytest.mark.parametrize(
    ("setting", "url"),
    [
        pytest.param(None, "sqlite+aiosqlite:////data/mailport/mailport.db", id="default: the data folder"),
        pytest.param("sqlite:///m.db", "sqlite+aiosqlite:///m.db", id="plain SQLite"),
        pytest.param("sqlite+aiosqlite:////m.db", "sqlite+aiosqlite:////m.db", id="SQLite with driver"),
        pytest.param("postgresql://u:p@h/d", "postgresql+psycopg://u:p@h/d", id="plain PostgreSQL"),
        pytest.param("postgres://h/d", "postgresql+psycopg://h/d", id="as hosting providers write it"),
    ],
)
def test_the_setting_takes_plain_urls(setting: str | None, url: str) -> None:
    assert read_url(setting, data_home=Path("/data")).render_as_string(hide_password=False) == url


@pytest.mark.parametrize("setting", ["", "mailport.db", "mysql://h/d", "sqlite://", "sqlite:///:memory:"])
def test_other_urls_are_refused_without_repeating_them(setting: str) -> None:
    with pytest.raises(BadInput) as refused:
        read_url(setting, data_home=Path("/data"))
    assert refused.value.key == "database-url-bad"
    assert refused.value.details == {"why": "MAILPORT_DATABASE_URL is not the address of a database"}


def test_the_data_folder_is_xdgs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert database_url(None).database == str(tmp_path / "mailport" / "mailport.db")
    monkeypatch.setenv("XDG_DATA_HOME", "relative/is/invalid")
    assert data_home() == Path.home() / ".local" / "share"


def test_the_files_name_the_revisions_as_alembic_does() -> None:
    assert known_revisions() == all_revisions()


async def test_a_database_of_a_newer_version_is_left_alone(database_setting: str) -> None:
    database = await opened(database_url(database_setting))
    try:
        await upgrade(database)
        async with database.write() as connection:
            await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        with pytest.raises(Unavailable) as refused:
            await upgrade(database)
        assert (refused.value.key, refused.value.details["found"]) == ("database-newer", "9999")
    finally:
        await database.engine.dispose()


async def test_migrations_lead_up_to_the_tables_and_back_to_nothing(database_setting: str) -> None:
    database = await opened(database_url(database_setting))
    try:
        for revision in all_revisions():
            await on(database, partial(move_to, revision=revision))
        assert await on(database, revision_of) == newest()
        await on(database, differences)
        await on(database, lambda connection: move_to(connection, "base"))
        left = await on(database, lambda connection: inspect(connection).get_table_names())
        assert left == ["alembic_version"]
    finally:
        await database.engine.dispose()


async def test_a_table_that_is_not_ours_does_not_disturb(database_setting: str) -> None:
    database = await opened(database_url(database_setting))
    try:
        await upgrade(database)
        await on(database, lambda connection: connection.execute(text("CREATE TABLE slack_bots (id int)")))
        await on(database, differences)
    finally:
        await database.engine.dispose()


async def test_many_open_at_once_and_migrate_once(database_setting: str) -> None:
    opened_ = await asyncio.gather(*(open_stores(database_setting) for _ in range(3)))
    for stores in opened_:
        await stores.ping()
        await stores.close()


async def test_runs_are_stored_without_rowid_and_deletions_give_space_back(tmp_path: Path) -> None:
    stores = await open_stores(f"sqlite:///{tmp_path / 'm.db'}")
    await stores.close()
    with sqlite3.connect(tmp_path / "m.db") as connection:
        sql = connection.execute("SELECT sql FROM sqlite_master WHERE name = 'probe'").fetchone()[0]
        assert "WITHOUT ROWID" in sql
        assert connection.execute("PRAGMA auto_vacuum").fetchone() == (2,)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


async def test_what_was_written_is_there_after_opening_again(database_setting: str) -> None:
    stores = await open_stores(database_setting)
    await stores.watches.add(HERE, [Draft(target="a.example")], person="U1", now=NOW)
    await stores.close()
    again = await open_stores(database_setting)
    assert [watch.target for watch in await again.watches.of_workspace("slack:T1")] == ["a.example"]
    await again.close()


async def test_a_copy_made_while_writing_is_whole_and_can_be_put_back(
    database_setting: str, tmp_path: Path
) -> None:
    stores = await open_stores(database_setting)
    copy = tmp_path / "copy"

    async def write() -> None:
        for number in range(40):
            draft = Draft(target=f"{number}.example")
            await stores.watches.add(HERE, [draft], person="U1", now=NOW)

    _, size = await asyncio.gather(write(), backup(database_setting, copy))
    assert size == copy.stat().st_size > 0
    kept = len(await stores.watches.of_workspace("slack:T1"))
    await stores.close()
    await restore(database_setting, copy)
    again = await open_stores(database_setting)
    watches = await again.watches.of_workspace("slack:T1")
    assert [watch.number for watch in watches] == list(range(1, len(watches) + 1))
    assert len(watches) <= kept == 40
    await again.close()


async def test_a_copy_never_overwrites_and_says_what_is_missing(tmp_path: Path) -> None:
    setting = f"sqlite:///{tmp_path / 'm.db'}"
    for target, key in (
        (tmp_path / "a" / "b", "backup-folder-missing"),
        (tmp_path / "c", "database-missing"),
    ):
        with pytest.raises(BadInput) as refused:
            await backup(setting, target)
        assert refused.value.key == key
    await upgrade_database(setting)
    await backup(setting, tmp_path / "c")
    with pytest.raises(BadInput) as refused:
        await backup(setting, tmp_path / "c")
    assert refused.value.key == "backup-exists"


async def test_a_place_that_takes_no_file_is_told_as_such(tmp_path: Path) -> None:
    setting = f"sqlite:///{tmp_path / 'm.db'}"
    await upgrade_database(setting)
    with pytest.raises(Unavailable) as refused:
        await backup(setting, Path("/proc/copy"))  # not even for root
    assert (refused.value.key, refused.value.details["file"]) == ("backup-unwritable", "/proc/copy")
    assert refused.value.details["why"]


async def test_only_a_sound_copy_of_ours_is_put_back(tmp_path: Path) -> None:
    setting = f"sqlite:///{tmp_path / 'm.db'}"
    await upgrade_database(setting)
    (tmp_path / "text").write_text("hello")
    sqlite3.connect(tmp_path / "other.db").execute("CREATE TABLE x (y)").connection.close()
    for name, key in (
        ("text", "backup-unreadable"), ("other.db", "backup-unreadable"), ("missing", "file-absent"),
    ):  # fmt: skip
        with pytest.raises(BadInput) as refused:
            await restore(setting, tmp_path / name)
        assert refused.value.key == key
    stores = await open_stores(setting)
    await stores.ping()
    await stores.close()


async def test_nothing_is_put_back_under_a_running_server(tmp_path: Path) -> None:
    setting = f"sqlite:///{tmp_path / 'm.db'}"
    await upgrade_database(setting)
    await backup(setting, tmp_path / "copy")
    with ServerLock(tmp_path / "m.db"), pytest.raises(Unavailable) as refused:
        await restore(setting, tmp_path / "copy")
    assert refused.value.key == "database-in-use"
    await restore(setting, tmp_path / "copy")


def test_the_server_lock_ends_with_its_process(tmp_path: Path) -> None:
    program = "import sys;from pathlib import Path;from storage.lock import ServerLock;ServerLock(Path(sys.argv[1])).take()"
    subprocess.run([sys.executable, "-c", program, str(tmp_path / "m.db")], check=True, timeout=20)
    with ServerLock(tmp_path / "m.db"):
        pass


@pytest.mark.parametrize(
    "setting",
    [
        pytest.param("sqlite:////proc/nowhere/m.db", id="a folder that cannot be made"),
        pytest.param("sqlite:////dev/null/m.db", id="a folder that is a file"),
        pytest.param("postgresql://x@127.0.0.1:1/x", id="no server there"),
    ],
)
async def test_a_database_that_cannot_be_opened_is_unavailable(setting: str) -> None:
    with pytest.raises(Unavailable) as refused:
        await open_stores(setting)
    assert refused.value.key == "database-unavailable"
    assert refused.value.details["why"]


async def test_a_file_that_is_no_database_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "m.db").write_bytes(b"not a database, and long enough to be read as one" * 40)
    with pytest.raises(Unavailable):
        await open_stores(f"sqlite:///{tmp_path / 'm.db'}")


async def test_a_full_disk_is_unavailable_and_nothing_of_the_call_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "m.db"
    stores = await open_stores(f"sqlite:///{path}")
    await stores.close()
    database = await opened(database_url(f"sqlite:///{path}"))
    from storage.open import stores_of

    limited = stores_of(database, lambda: NOW)
    async with database.engine.connect() as connection:
        pages = (await connection.exec_driver_sql("PRAGMA page_count")).scalar_one()
        await connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
    drafts = [Draft(target=f"{number}.example") for number in range(400)]
    with pytest.raises(Unavailable) as refused:
        await limited.watches.add(HERE, drafts, person="U1", now=NOW)
    assert "full" in str(refused.value.details["why"])
    assert await limited.watches.of_workspace("slack:T1") == ()
    await limited.close()
