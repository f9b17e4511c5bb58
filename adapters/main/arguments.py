"""The command line's arguments, read by the table of commands.

Small and our own, so that a mistake is told in the asker's language with what would be right (argparse
speaks English only), and so that `mailport ask` does not pay for what it does not need. The rules are the
usual ones: options may stand anywhere, as `--ports 25` or `--ports=25`; after `--` nothing is an option.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.commands.catalog import command_of, english_group
from bot.commands.definition import Command, Option
from bot.errors import BadInput
from bot.model.value import field, frozen

# Kinds that take all words that are left.
MANY_WORDS = ("text", "schedule", "targets", "command")
# Commands whose words may come from somewhere else (standard input, a file), so none need to be given.
_MAY_BE_EMPTY = (("trace",), ("check",), ("explain",))


@frozen
class Flag:
    """An option of the command line.

    Attributes:
        name: With its dashes.
        value: What stands for its value in the help; "" when it takes none.
        explained: Key of the sentence that explains it.
        only: The values that it takes, for the help.
    """

    name: str
    value: str
    explained: str
    only: tuple[str, ...] = ()


@frozen
class Given:
    """What was typed after the command.

    Attributes:
        words: Words that are no options, in order.
        options: Value by option name with its dashes; "yes" for one without a value.
    """

    words: tuple[str, ...] = ()
    options: dict[str, str] = field(default_factory=dict)

    def has(self, name: str) -> bool:
        """Whether an option was given."""
        return name in self.options


LANG = Flag("--lang", "LANG", "cli.lang", ("en", "es"))
JSON = Flag("--json", "", "cli.json")
_JSON_LOGS = Flag("--json", "", "cli.json-logs")
_CHECK = (
    Flag("--from-file", "FILE", "cli.from-file"),
    Flag("--jsonl", "", "cli.jsonl"),
    Flag("--concurrency", "N", "cli.concurrency"),
)
# Commands that only the command line has, because they run or mend the program itself.
OWN_FLAGS: dict[str, tuple[Flag, ...]] = {
    "chat": (LANG,),
    "serve": (LANG, _JSON_LOGS),
    "worker": (
        Flag("--vantage", "NAME", "cli.vantage"),
        Flag("--metrics-port", "PORT", "cli.metrics-port"),
        LANG,
        _JSON_LOGS,
    ),
    "doctor": (LANG, JSON),
    "db": (LANG,),
}
OWN_COMMANDS = tuple(OWN_FLAGS)


def find_path(words: Sequence[str]) -> tuple[tuple[str, ...], list[str]]:
    """The path of the command that the words begin with, and the words after it; () when there is none."""
    if not words or words[0].startswith("-"):
        return (), list(words)
    first = english_group(words[0])
    # Here every word of a command counts, in either language: a question stands behind `ask`.
    command = command_of([first, *words[1:2]]) or command_of([first])
    if command is not None:
        return command.path, list(words[len(command.path) :])
    return (first,), list(words[1:])


def flags_of(command: Command) -> tuple[Flag, ...]:
    """The options of a command of the catalogue."""
    own = tuple(
        Flag(
            option.flag,
            "" if option.kind == "flag" else option.name.upper(),
            f"{command.key}.option-{option.name}",
            option.choices,
        )
        for option in command.options
        if option.flag is not None
    )
    yes = (Flag("--yes", "", "cli.yes"),) if command.confirm else ()
    return (*own, *yes, *(_CHECK if command.path == ("check",) else ()), LANG, JSON)


def read(program: str, flags: Sequence[Flag], words: Sequence[str]) -> Given:
    """Tell options from words.

    Raises:
        BadInput: `option-unknown`, `option-near`, `option-needs-value`, `option-takes-none`.
    """
    known = {flag.name: flag for flag in flags}
    plain: list[str] = []
    options: dict[str, str] = {}
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if word == "--":
            plain += rest
            break
        # One word with spaces in it is a text ("-ERR [AUTH] failed"), and "-" is standard input.
        if not word.startswith("-") or word == "-" or " " in word:
            plain.append(word)
            continue
        name, equals, value = word.partition("=")
        flag = known.get(name)
        if flag is None:
            raise _unknown(program, name, tuple(known))
        if flag.value and not equals:
            if not rest or (rest[0].startswith("--") and len(rest[0]) > 2):
                raise BadInput("option-needs-value", option=name, value=flag.value, program=program)
            value = rest.pop(0)
        if flag.value and not value.strip():
            # A script's variable that is unset: left out, the command would do something else.
            raise BadInput("option-needs-value", option=name, value=flag.value, program=program)
        if not flag.value and equals:
            raise BadInput("option-takes-none", option=name, program=program)
        options[name] = value if flag.value else "yes"
    return Given(tuple(plain), options)


def texts_of(command: Command, given: Given) -> dict[str, str]:
    """The options of a command as texts by name, as every other adapter hands them over.

    Raises:
        BadInput: `too-many-words`, `option-missing`.
    """
    texts = {
        option.name: given.options[option.flag]
        for option in command.options
        if option.flag is not None and given.has(option.flag)
    }
    words = list(given.words)
    positional = [option for option in command.options if option.flag is None]
    for option in positional:
        many = option.kind in MANY_WORDS and option is positional[-1]
        taken, words = (words, []) if many else (words[:1], words[1:])
        if taken:
            texts[option.name] = " ".join(taken)
    if words and command.path == ("check",) and "ports" not in texts:
        # In a channel the ports stand behind the target, so here they may too.
        texts["ports"], words = ",".join(words), []
    if words:
        raise BadInput("too-many-words", command=command.name, extra=" ".join(words)[:60])
    if command.path not in _MAY_BE_EMPTY:
        _refuse_missing(command, positional, texts)
    return texts


def _refuse_missing(command: Command, options: Sequence[Option], texts: dict[str, str]) -> None:
    for option in options:
        if option.required and not texts.get(option.name, "").strip():
            raise BadInput(
                "option-missing", command=command.name, option=option.name, command_key=command.key
            )


def as_typed(command: Command, given: Given) -> str | None:
    """The words as they would be typed in a channel, when that is how they were typed.

    `mailport watch add example.com every 15m` means what it means in a channel, beside
    `mailport watch add example.com --every 15m`. None when no such word is there.
    """
    keywords = {option.keyword for option in command.options if option.keyword is not None}
    if not keywords & {word.lower() for word in given.words[1:]}:
        return None
    said = [command.name, *given.words]
    for option in command.options:
        if option.flag is not None and given.has(option.flag):
            if option.keyword is not None:
                said += [option.keyword, given.options[option.flag]]
            else:
                said += [option.flag] if option.kind == "flag" else [given.options[option.flag]]
    return " ".join(said)


def _unknown(program: str, name: str, known: tuple[str, ...]) -> BadInput:
    import difflib

    near = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    if near:
        return BadInput("option-near", option=name[:40], near=near[0], program=program)
    return BadInput("option-unknown", option=name[:40], known=", ".join(known), program=program)
