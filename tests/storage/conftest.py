"""The same promises over three implementations: memory, SQLite and a real PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from bot.model.request import Place
from bot.watches.stores import Stores
from storage.memory.open import memory_stores
from storage.open import open_stores

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
HERE = Place(platform="slack", workspace="slack:T1", channel="C1")
ELSEWHERE = Place(platform="slack", workspace="slack:T2", channel="C1")


def later(**step: float) -> datetime:
    """NOW and a bit."""
    return NOW + timedelta(**step)


@pytest.fixture
def postgres_url(postgres_cluster: str) -> str:
    """The cluster's database, emptied."""
    engine = create_engine(postgres_cluster.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    engine.dispose()
    return postgres_cluster


@pytest.fixture(params=["sqlite", "postgresql"])
def database_setting(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """MAILPORT_DATABASE_URL of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'mailport.db'}"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
async def stores(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Stores]:
    """Empty stores."""
    if request.param == "memory":
        opened = memory_stores(lambda: NOW)
    elif request.param == "sqlite":
        opened = await open_stores(f"sqlite:///{tmp_path / 'mailport.db'}", now=lambda: NOW)
    else:
        opened = await open_stores(request.getfixturevalue("postgres_url"), now=lambda: NOW)
    yield opened
    await opened.close()
