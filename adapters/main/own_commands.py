"""Commands that only the command line has: chat, serve, worker, doctor, db."""

from __future__ import annotations

import os
import re
from pathlib import Path

from adapters.main.arguments import Parser
from bot.errors import BadInput
from bot.i18n import say
from bot.settings import Settings

_VANTAGE = re.compile(r"[^\s,#`]{1,80}")


def run_own(name: str, rest: list[str], settings: Settings) -> int:
    """Run one of them; returns the exit status."""
    parser = Parser(prog=f"mailport {name}", description=say(settings.language, f"cli.command-{name}"))
    match name:
        case "chat":
            parser.parse_args(rest)
            return _chat(settings)
        case "doctor":
            parser.add_argument("--json", action="store_true", help=say(settings.language, "cli.json"))
            from adapters.main.doctor import run_doctor

            return run_doctor(settings, as_json=parser.parse_args(rest).json)
        case "db":
            parser.add_argument("action", choices=("upgrade", "backup", "restore"))
            parser.add_argument("file", nargs="?", metavar="FILE")
            arguments = parser.parse_args(rest)
            if arguments.action != "upgrade" and not arguments.file:
                raise BadInput("usage", message=f"{arguments.action} FILE", program="mailport db")
            from adapters.main.database import run_database

            return run_database(arguments.action, arguments.file, settings)
        case "worker":
            return _worker(parser, rest, settings)
        case _:
            parser.add_argument("--json", action="store_true", help=say(settings.language, "cli.json-logs"))
            as_json = parser.parse_args(rest).json
            from adapters.main.serve import run_serve

            return run_serve(settings, as_json=as_json)


def _worker(parser: Parser, rest: list[str], settings: Settings) -> int:
    language = settings.language
    parser.add_argument(
        "--vantage", metavar="NAME", default=settings.vantage, help=say(language, "cli.vantage")
    )
    parser.add_argument("--json", action="store_true", help=say(language, "cli.json-logs"))
    arguments = parser.parse_args(rest)
    if not _VANTAGE.fullmatch(arguments.vantage):
        raise BadInput("vantage-bad", text=arguments.vantage[:60])
    from adapters.main.watching import run_worker

    return run_worker(settings, vantage=arguments.vantage, as_json=arguments.json)


def _chat(settings: Settings) -> int:
    import asyncio

    from adapters.main.compose import close_tools, make_tools
    from adapters.terminal.chat import chat

    async def talk() -> None:
        tools = make_tools(settings)
        try:
            await chat(tools, _history_file())
        finally:
            await close_tools(tools)

    asyncio.run(talk())
    return 0


def _history_file() -> Path | None:
    folder = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local/state") / "mailport"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return folder / "chat-history"
