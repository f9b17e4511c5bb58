"""The command line's arguments, made from the table of commands.

Only the parser of the command that was typed is built, so that `mailport ask` does not pay for the
others; `mailport` alone lists them all.
"""

from __future__ import annotations

import argparse
from typing import NoReturn

from bot.commands.catalog import BY_PATH, COMMANDS, GROUPS
from bot.commands.definition import Command, Option
from bot.errors import BadInput
from bot.i18n import say

# Commands that only the command line has, because they run or mend the program itself.
OWN_COMMANDS = ("chat", "serve", "worker", "doctor", "db")


class Parser(argparse.ArgumentParser):
    """Says in one line what was wrong, and where help is."""

    def error(self, message: str) -> NoReturn:
        """Refuse the arguments.

        Raises:
            BadInput: `usage`.
        """
        raise BadInput("usage", message=message, program=self.prog)


def find_path(words: list[str]) -> tuple[tuple[str, ...], list[str]]:
    """The path of the command that the words begin with, and the words after it; () when there is none."""
    if not words or words[0].startswith("-"):
        return (), words
    if words[0] in GROUPS and len(words) > 1 and (words[0], words[1]) in BY_PATH:
        return (words[0], words[1]), words[2:]
    return (words[0],), words[1:]


def command_parser(command: Command, language: str) -> Parser:
    """The parser of one command of the catalogue."""
    parser = Parser(
        prog=f"mailport {command.name}",
        description=say(language, f"{command.key}.summary"),
        epilog=say(language, "cli.example", example=say(language, f"{command.key}.example")),
        allow_abbrev=False,
    )
    for option in command.options:
        _add_option(parser, command, option, language)
    parser.add_argument("--lang", choices=("en", "es"), help=say(language, "cli.lang"))
    parser.add_argument("--json", action="store_true", help=say(language, "cli.json"))
    if command.confirm:
        parser.add_argument("--yes", action="store_true", help=say(language, "cli.yes"))
    if command.path == ("check",):
        parser.add_argument("--from-file", metavar="FILE", help=say(language, "cli.from-file"))
        parser.add_argument("--jsonl", action="store_true", help=say(language, "cli.jsonl"))
        parser.add_argument(
            "--concurrency", type=int, default=16, metavar="N", help=say(language, "cli.concurrency")
        )
    return parser


_MANY_WORDS = ("text", "schedule", "targets", "command")


def _add_option(parser: Parser, command: Command, option: Option, language: str) -> None:
    explained = say(language, f"{command.key}.option-{option.name}")
    if option.kind == "flag" and option.flag is not None:
        parser.add_argument(option.flag, dest=option.name, action="store_const", const="yes", help=explained)
        return
    if option.flag is not None:
        parser.add_argument(option.flag, dest=option.name, metavar=option.name.upper(), help=explained)
        return
    last = [one for one in command.options if one.flag is None][-1] is option
    many = option.kind in _MANY_WORDS and last
    required = option.required and command.path not in (("trace",), ("check",))
    parser.add_argument(
        option.name, nargs=("+" if required else "*") if many else (None if required else "?"), help=explained
    )


def overview(language: str) -> str:
    """What `mailport` alone prints."""
    lines = [say(language, "cli.title"), "", say(language, "cli.usage"), ""]
    entries = [
        (command.name, say(language, f"{command.key}.summary")) for command in COMMANDS if command.ready
    ]
    entries += [(name, say(language, f"cli.command-{name}")) for name in OWN_COMMANDS]
    width = max(len(name) for name, _ in entries)
    lines += [f"  {name:<{width}}  {summary}" for name, summary in entries]
    return "\n".join([*lines, "", say(language, "cli.more")])
