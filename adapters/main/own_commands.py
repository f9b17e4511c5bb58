"""Commands that only the command line has: chat, serve, worker, doctor, db."""

from __future__ import annotations

import os
import re
from pathlib import Path

from adapters.main.arguments import Given
from adapters.main.oneshot import wished_language
from bot.errors import BadInput
from bot.model.request import Language
from bot.model.target import parse_port
from bot.settings import Settings

_VANTAGE = re.compile(r"[^\s,#`]{1,80}")


def run_own(name: str, given: Given, settings: Settings) -> int:
    """Run one of them; returns the exit status.

    Raises:
        BadInput: Words that the command does not take.
    """
    if given.words and name != "db":
        raise BadInput("too-many-words", command=f"mailport {name}", extra=" ".join(given.words)[:60])
    match name:
        case "chat":
            return _chat(settings, wished_language(given))
        case "doctor":
            from adapters.main.doctor import run_doctor

            return run_doctor(settings, as_json=given.has("--json"))
        case "db":
            return _database(given.words, settings)
        case "worker":
            return _worker(given, settings)
        case _:
            from adapters.main.serve import run_serve

            return run_serve(settings, as_json=given.has("--json"))


def _worker(given: Given, settings: Settings) -> int:
    vantage = given.options.get("--vantage", settings.vantage)
    if not _VANTAGE.fullmatch(vantage):
        raise BadInput("vantage-bad", text=vantage[:60])
    from adapters.main.watching import run_worker

    port = given.options.get("--metrics-port")
    return run_worker(
        settings,
        vantage=vantage,
        as_json=given.has("--json"),
        metrics_port=None if port is None else parse_port(port),
    )


def _database(words: tuple[str, ...], settings: Settings) -> int:
    action = words[0] if words else ""
    takes = 1 if action == "upgrade" else 2
    if action not in ("upgrade", "backup", "restore") or len(words) < takes or not all(words):
        raise BadInput("db-usage")
    if len(words) > takes:
        raise BadInput("too-many-words", command=f"mailport db {action}", extra=" ".join(words[takes:])[:60])
    from adapters.main.database import run_database

    return run_database(action, words[1] if takes > 1 else None, settings)


def _chat(settings: Settings, language: Language | None) -> int:
    import asyncio

    from adapters.main.compose import close_tools, make_tools
    from adapters.terminal.chat import chat

    async def talk() -> None:
        tools = make_tools(settings)
        try:
            await chat(tools, _history_file(), language)
        finally:
            await close_tools(tools)

    asyncio.run(talk())
    return 0


def _history_file() -> Path | None:
    folder = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local/state") / "mailport"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = folder / "chat-history"
        file.touch(mode=0o600)  # what somebody asked is nobody else's business
    except OSError:
        return None
    return file
