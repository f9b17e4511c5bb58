"""Installing in many workspaces: slack_sdk's stores on the configured database, Bolt's OAuth pages."""

from __future__ import annotations

from dataclasses import dataclass

from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_sdk.oauth.installation_store.sqlalchemy import AsyncSQLAlchemyInstallationStore
from slack_sdk.oauth.state_store.sqlalchemy import AsyncSQLAlchemyOAuthStateStore
from sqlalchemy import StaticPool
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from adapters.slack.api import QUIET
from adapters.slack.manifest import BOT_SCOPES
from adapters.slack.web import INSTALL, REDIRECT
from bot.errors import Unavailable
from bot.settings import Settings

STATE_S = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuth:
    """The stores and the settings that Bolt's pages use."""

    engine: AsyncEngine
    store: AsyncSQLAlchemyInstallationStore
    settings: AsyncOAuthSettings

    async def close(self) -> None:
        """Close the connections."""
        await self.engine.dispose()


async def open_oauth(settings: Settings, url: str) -> OAuth:
    """Open the stores and make their tables where they are missing.

    Args:
        url: Of an async driver; "" keeps everything in memory.

    Raises:
        Unavailable: `database-unavailable`.
    """
    client_id, secret = settings.slack_client_id or "", settings.slack_client_secret or ""
    engine = _engine(url)
    store = AsyncSQLAlchemyInstallationStore(client_id=client_id, engine=engine, logger=QUIET)
    states = AsyncSQLAlchemyOAuthStateStore(expiration_seconds=STATE_S, engine=engine, logger=QUIET)
    try:
        await store.create_tables()  # type: ignore[no-untyped-call]  # slack_sdk leaves it untyped
        await states.create_tables()  # type: ignore[no-untyped-call]
    except (SQLAlchemyError, OSError) as problem:
        await engine.dispose()
        raise Unavailable("database-unavailable", why=type(problem).__name__) from None
    public = (settings.public_url or "").rstrip("/")
    pages = AsyncOAuthSettings(
        client_id=client_id,
        client_secret=secret,
        scopes=list(BOT_SCOPES),
        user_scopes=[],
        redirect_uri=f"{public}{REDIRECT}" if public else None,
        install_path=INSTALL,
        redirect_uri_path=REDIRECT,
        installation_store=store,
        installation_store_bot_only=True,
        state_store=states,
        state_expiration_seconds=STATE_S,
        logger=QUIET,
    )
    return OAuth(engine=engine, store=store, settings=pages)


def _engine(url: str) -> AsyncEngine:
    if not url:
        return create_async_engine("sqlite+aiosqlite://", poolclass=StaticPool)
    if url.startswith("sqlite"):
        return create_async_engine(url, connect_args={"timeout": 5.0})
    return create_async_engine(url, pool_size=2, max_overflow=2, pool_pre_ping=True, pool_timeout=5.0)
