"""Alembic's entry: runs the migrations on the connection that was handed over.

From the command line (`alembic -c storage/migrations/alembic.ini revision --autogenerate`) it opens
MAILPORT_DATABASE_URL itself.
"""

from __future__ import annotations

import asyncio
import os

from alembic import context
from sqlalchemy import Connection

from storage.database import open_database
from storage.open import database_url
from storage.tables import METADATA


def _is_ours(name: str | None, kind: str, _: object) -> bool:
    # Others keep their own tables beside ours: the job queue and Slack's installations.
    return kind != "table" or name in METADATA.tables


def _run(connection: Connection) -> None:
    context.configure(
        connection=connection, target_metadata=METADATA, render_as_batch=True, include_name=_is_ours
    )
    with context.begin_transaction():
        context.run_migrations()


async def _run_alone() -> None:
    database = open_database(database_url(os.environ.get("MAILPORT_DATABASE_URL")))
    async with database.write() as connection:
        await connection.run_sync(_run)
    await database.engine.dispose()


handed_over = context.config.attributes.get("connection")
if handed_over is None:
    asyncio.run(_run_alone())
else:
    _run(handed_over)
