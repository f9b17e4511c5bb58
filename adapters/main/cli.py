"""Console script `mailport`.

Imports stay lazy on purpose: `ask` and `explain` answer in a blink because neither asyncio nor a
network or database library is loaded for them.
"""

from __future__ import annotations

import sys

from adapters.main.arguments import OWN_COMMANDS, command_parser, find_path, overview
from adapters.main.environment import load_settings
from bot.commands.catalog import BY_PATH, FIRST_WORDS, GROUPS
from bot.errors import BadInput, MailportError
from bot.i18n import say
from bot.settings import Settings

INTERRUPTED = 130


def run() -> int:
    """Run the command line with this process's arguments; returns the exit status."""
    try:
        return main(sys.argv[1:])
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has gone (`mailport ... | head`): nothing to complain about.
        sys.stderr.close()
        return 0


def main(words: list[str]) -> int:
    """Run one command line; returns the exit status."""
    language = "en"
    try:
        settings = load_settings()
        language = settings.language
        return _run(words, settings)
    except MailportError as problem:
        from bot.cards.failure import failure_card

        print(failure_card(problem, language).summary, file=sys.stderr)
        return problem.exit_status


def _run(words: list[str], settings: Settings) -> int:
    language = settings.language
    path, rest = find_path(words)
    if not path:
        return _no_command(rest, language)
    if path in BY_PATH:
        return _run_command(path, rest, settings)
    if path[0] in OWN_COMMANDS:
        from adapters.main.own_commands import run_own

        return run_own(path[0], rest, settings)
    if path[0] in GROUPS:
        known = ", ".join(command[1] for command in BY_PATH if command[0] == path[0])
        if rest and rest[0] not in ("-h", "--help"):
            raise BadInput("subcommand-unknown", group=path[0], word=rest[0][:40], known=known)
        print(say(language, "cli.group", group=path[0], known=known))
        return 0 if rest else 2
    raise _unknown(path[0])


def _no_command(rest: list[str], language: str) -> int:
    if rest and rest[0] in ("--version", "-V"):
        from importlib.metadata import version

        print(f"mailport {version('mailport')}")
        return 0
    if rest and rest[0] not in ("-h", "--help"):
        raise BadInput("usage", message=rest[0][:60], program="mailport")
    print(overview(language))
    return 0


def _unknown(word: str) -> BadInput:
    import difflib

    near = difflib.get_close_matches(word.lower(), (*FIRST_WORDS, *OWN_COMMANDS), n=1, cutoff=0.6)
    if near:
        return BadInput("cli-did-you-mean", word=word[:40], suggestion=near[0])
    return BadInput("cli-unknown", word=word[:40])


def _run_command(path: tuple[str, ...], rest: list[str], settings: Settings) -> int:
    command = BY_PATH[path]
    arguments = command_parser(command, settings.language).parse_args(rest)
    if path == ("check",) and arguments.from_file is not None:
        from adapters.main.bulk import check_many

        return check_many(arguments, settings)
    from adapters.main.oneshot import run_once

    return run_once(command, arguments, settings)


if __name__ == "__main__":
    raise SystemExit(run())
