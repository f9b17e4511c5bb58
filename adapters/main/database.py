"""`mailport db upgrade|backup FILE|restore FILE`."""

from __future__ import annotations

import asyncio
from pathlib import Path

from bot.i18n import say
from bot.settings import Settings
from storage.copies import backup, restore, upgrade_database


def run_database(action: str, file: str | None, settings: Settings) -> int:
    """Do it and say so in one line."""
    print(asyncio.run(_work(action, Path(file or ""), settings)))
    return 0


async def _work(action: str, path: Path, settings: Settings) -> str:
    if action == "backup":
        size = await backup(settings.database_url, path)
        return say(settings.language, "db.backup", path=path, size=size)
    if action == "restore":
        await restore(settings.database_url, path)
        return say(settings.language, "db.restored", path=path)
    revision = await upgrade_database(settings.database_url)
    return say(settings.language, "db.upgraded", revision=revision)
