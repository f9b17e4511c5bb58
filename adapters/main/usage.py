"""What `mailport`, `mailport COMMAND --help` and `mailport help COMMAND` print."""

from __future__ import annotations

import os
import sys
import textwrap
from collections.abc import Iterable, Sequence

from adapters.main.arguments import MANY_WORDS, OWN_FLAGS, Flag, flags_of
from bot.commands.catalog import BY_PATH, COMMANDS, GROUPS, command_of, english_group, second_words
from bot.commands.definition import Command
from bot.errors import BadInput
from bot.i18n import say

_OWN_WORDS = {"db": "upgrade | backup FILE | restore FILE"}
_WIDEST = 100


def overview(language: str) -> str:
    """What `mailport` alone prints."""
    lines = [say(language, "cli.title"), "", say(language, "cli.usage"), ""]
    entries = [(command.name, say(language, f"{command.key}.summary")) for command in COMMANDS]
    entries += [(name, say(language, f"cli.command-{name}")) for name in OWN_FLAGS]
    return "\n".join([*lines, *_columns(entries), "", say(language, "cli.more")])


def help_on(words: Sequence[str], language: str) -> str:
    """The help of a command, of a group of commands, or of everything.

    Raises:
        BadInput: `cli-did-you-mean`, `cli-unknown`.
    """
    if not words:
        return overview(language)
    command = command_of([word.lower() for word in words[:2]]) or command_of([words[0].lower()])
    if command is not None:
        return _command(command, language)
    if (group := english_group(words[0].lower())) in GROUPS:
        return _group(group, language)
    if words[0] in OWN_FLAGS:
        return _own(words[0], language)
    raise unknown_command(list(words))


def unknown_command(words: Sequence[str]) -> BadInput:
    """Why the first word is no command, with what was probably meant."""
    import difflib

    first = words[0]
    names = dict.fromkeys((*(path[0] for path in BY_PATH), *OWN_FLAGS))
    near = difflib.get_close_matches(first.lower(), names, n=1, cutoff=0.7)
    if near and " " not in first:
        suggestion = " ".join([near[0], *words[1:]])[:100]
        return BadInput("cli-did-you-mean", word=first[:40], suggestion=suggestion)
    if " " in first or len(words) > 2 or first.endswith("?"):
        return BadInput("cli-question", question=" ".join(words)[:100])
    if "." in first or "@" in first:
        action = "port" if "@" in first else "check"
        return BadInput("cli-did-you-mean", word=first[:40], suggestion=f"{action} {first}"[:100])
    return BadInput("cli-unknown", word=first[:40])


def subcommand_unknown(group: str, word: str) -> BadInput:
    """Why the second word is none, with what was probably meant."""
    import difflib

    names = second_words(group)
    known = ", ".join(dict.fromkeys(names.values()))
    near = difflib.get_close_matches(word.lower(), names, n=1, cutoff=0.6)
    if near:
        return BadInput("subcommand-near", group=group, word=word[:40], near=names[near[0]], known=known)
    return BadInput("subcommand-unknown", group=group, word=word[:40], known=known)


def _command(command: Command, language: str) -> str:
    words = " ".join(_placeholder(command, option.name) for option in command.options if option.flag is None)
    positional = [
        (option.name.upper(), say(language, f"{command.key}.option-{option.name}"))
        for option in command.options
        if option.flag is None
    ]
    return _page(
        language,
        f"mailport {command.name} {words}".rstrip(),
        say(language, f"{command.key}.summary"),
        positional,
        flags_of(command),
        say(language, f"{command.key}.example").replace("#", ""),  # a shell's comment
    )


def _placeholder(command: Command, name: str) -> str:
    option = command.option(name)
    word = name.upper() + (" …" if option.kind in MANY_WORDS else "")
    return word if option.required else f"[{word}]"


def _group(group: str, language: str) -> str:
    entries = [
        (command.name, say(language, f"{command.key}.summary"))
        for command in COMMANDS
        if command.path[0] == group
    ]
    return "\n".join(
        [f"mailport {group} …", "", *_columns(entries), "", say(language, "cli.more-group", group=group)]
    )


def _own(name: str, language: str) -> str:
    words = f"mailport {name} {_OWN_WORDS.get(name, '')}".rstrip()
    return _page(language, words, say(language, f"cli.command-{name}"), [], OWN_FLAGS[name], "")


def _page(
    language: str,
    usage: str,
    summary: str,
    words: list[tuple[str, str]],
    flags: Sequence[Flag],
    example: str,
) -> str:
    options = [(_flag(flag), say(language, flag.explained)) for flag in flags]
    options.append(("--help", say(language, "cli.help")))
    lines = [say(language, "cli.usage-of", usage=usage), "", summary]
    if words:
        lines += ["", *_columns(words)]
    lines += ["", say(language, "cli.options"), *_columns(options)]
    if example:
        lines += ["", say(language, "cli.example", example=example)]
    return "\n".join(lines)


def _flag(flag: Flag) -> str:
    return f"{flag.name} {'|'.join(flag.only) or flag.value}".rstrip()


def _columns(entries: Iterable[tuple[str, str]]) -> list[str]:
    """Names and what they mean, wrapped to the terminal."""
    pairs = list(entries)
    wide = max(len(name) for name, _ in pairs)
    room = _room()
    lines: list[str] = []
    for name, meaning in pairs:
        wrapped = textwrap.wrap(meaning, max(room - wide - 4, 24)) or [""]
        lines.append(f"  {name:<{wide}}  {wrapped[0]}")
        lines += [f"  {'':<{wide}}  {more}" for more in wrapped[1:]]
    return lines


def _room() -> int:
    # Not shutil's: it costs 2 ms of every start.
    try:
        return min(os.get_terminal_size(sys.stdout.fileno()).columns or _WIDEST, _WIDEST)
    except (OSError, ValueError):
        return _WIDEST
