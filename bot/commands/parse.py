"""From words to a command and its values.

Words that begin with a command are one. Words whose beginning resembles a command get "did you
mean". Everything else is a question: `ask` gets all of it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from bot.commands.catalog import BY_PATH, FIRST_WORDS, GROUPS, command_of, second_words
from bot.commands.definition import AS_TYPED, Command, Option
from bot.errors import BadInput
from bot.model.request import Request
from bot.model.value import frozen

MAX_TEXT = 40_000
# Words that begin questions and are near a command's name: never corrected.
_QUESTION_WORDS = frozenset(
    {"what", "which", "why", "who", "when", "where", "how", "is", "puerto", "puertos", "ports"}
)
_FREE = ("schedule", "targets")
# What people write for a keyword of the catalogue, in either language.
_SAID_FOR = {
    "every": "every|each|cada", "from": "from|desde", "for": "for|para", "days": "days|días|dias",
    "failures": "failures|failure|fallos", "recoveries": "recoveries|recuperaciones",
    "reminder": "reminder|remind|recordatorio", "certificate": "certificate|certificado",
    "ignore": "ignore|ignora|ignorar", "alert": "alert|avisa|avisar", "as": "as|como",
}  # fmt: skip
_LENGTH = r"(\d[\d.]*\s*[a-zA-Zíó]+|\S+)"


@frozen
class Parsed:
    """A command and its values by option name."""

    command: Command
    values: Mapping[str, object]


def parse_request(request: Request) -> Parsed:
    """Find the command of a request and read its options.

    Raises:
        BadInput: With the one line to tell the asker.
    """
    if request.command is not None:
        command = BY_PATH.get(request.command)
        if command is None:
            raise BadInput("command-unknown", word=" ".join(request.command)[:40])
        return Parsed(command, _read_named(command, request.arguments))
    text = request.text[:MAX_TEXT].replace("\0", "").strip()
    if not text:
        return Parsed(BY_PATH["help",], {})
    command_, rest = find_command(text)
    return Parsed(command_, _read_line(command_, rest))


def find_command(text: str) -> tuple[Command, str]:
    """The command that a text begins with and the words after it; a question is `ask` with all of it.

    Raises:
        BadInput: `did-you-mean`, `subcommand-missing`.
    """
    words = text.split(None, 2)
    first = words[0].lower().lstrip("/!")
    if first in GROUPS:
        return _find_in_group(first, words, text)
    spoken = command_of([first, *(word.lower() for word in words[1:])])
    if spoken is not None and spoken.path[0] != first:
        return spoken, words[2] if len(words) > 2 else ""
    if (first,) in BY_PATH and not _is_question_after_all(first, words):
        return BY_PATH[first,], text.split(None, 1)[1] if len(words) > 1 else ""
    _refuse_near_miss(first, words)
    return BY_PATH["ask",], text


def _is_question_after_all(first: str, words: list[str]) -> bool:
    # "check" alone is a command with its option missing; "port 465 or 587?" and "why does ..." are questions.
    if first == "why":
        return (
            len(words) > 1 and words[1].lower() not in ("can't", "cant", "can") and not _known_path(words[1:])
        )
    if first == "port" and len(words) > 1:
        return words[1].strip("?,.").isdigit() or (
            len(words) > 2 and words[1].lower() in ("for", "to", "is", "does")
        )
    if first in ("help", "status", "audit"):
        return len(words) > 1 and first != "help"
    if first in ("check", "keys", "history", "trace") and len(words) > 1:
        return words[1].lower() in ("if", "whether", "that", "the", "my", "our", "for", "is", "of", "all")
    return False


def _known_path(words: list[str]) -> bool:
    lowered = " ".join(words).lower().split()
    return bool(lowered) and ((lowered[0],) in BY_PATH or lowered[0] in GROUPS)


def _find_in_group(group: str, words: list[str], text: str) -> tuple[Command, str]:
    seconds = second_words(group)
    known = list(dict.fromkeys(seconds.values()))
    if len(words) == 1:
        raise BadInput("subcommand-missing", group=group, known=", ".join(known))
    second = words[1].lower()
    if second in seconds:
        return BY_PATH[group, seconds[second]], words[2] if len(words) > 2 else ""
    import difflib  # late, like `values` below: a question needs neither

    near = difflib.get_close_matches(second, seconds, n=1, cutoff=0.6)
    if near:
        raise BadInput(
            "did-you-mean", word=f"{group} {second}"[:60], suggestion=f"{group} {seconds[near[0]]}"
        )
    if len(words) > 2:
        # "watch mail.example.com and tell me ..." is a wish in words: ask recognises it.
        return BY_PATH["ask",], text
    raise BadInput("subcommand-missing", group=group, known=", ".join(known))


def _refuse_near_miss(first: str, words: list[str]) -> None:
    if first in _QUESTION_WORDS or len(words) > 3 or "?" in words[-1]:
        return
    import difflib

    near = difflib.get_close_matches(first, FIRST_WORDS, n=1, cutoff=0.75)
    if near and near[0] != first:
        rest = " ".join(words[1:])
        raise BadInput("did-you-mean", word=first[:40], suggestion=f"{near[0]} {rest}".strip()[:100])


def _read_named(command: Command, arguments: Mapping[str, str]) -> dict[str, object]:
    values = _read_free(command, arguments)
    for option in command.options:
        text = arguments.get(option.name, "").strip()
        if option.name in values and option.kind in ("schedule", "targets") and option.keyword is None:
            continue
        if text:
            values[option.name] = _value(option, text[:MAX_TEXT])
    _refuse_missing(command, values)
    return values


def _read_free(command: Command, arguments: Mapping[str, str]) -> dict[str, object]:
    """Options that stand inside the words of another one, as in chat: `add example.com every 15m`."""
    free = next((one for one in command.options if one.keyword is None and one.kind in _FREE), None)
    if free is None or not arguments.get(free.name, "").strip():
        return {}
    return _read_line(command, arguments[free.name].strip()[:MAX_TEXT])


def _read_line(command: Command, rest: str) -> dict[str, object]:
    values: dict[str, object] = {}
    for option in command.options:
        if option.kind == "flag":
            given, rest = _take_flag(option, rest)
            if given:
                values[option.name] = "yes"
        elif option.keyword is not None:
            text, rest = _take_keyword(option, rest)
            if text:
                values[option.name] = _value(option, text)
    positional = [
        option for option in command.options if option.keyword is None and option.kind not in ("file", "flag")
    ]
    for index, option in enumerate(positional):
        if option.kind == "timezone" and len(positional) > 1:
            zone, rest_without = _take_zone(str(values.get("when", "")))
            if zone:
                values["timezone"], values["when"] = zone, rest_without
            continue
        text, rest = _take_positional(option, rest.strip(), last=index == len(positional) - 1)
        if text:
            values[option.name] = _value(option, text)
    if rest.strip():
        raise BadInput("too-many-words", command=command.name, extra=rest.strip()[:60])
    _refuse_missing(command, values)
    return values


def _take_keyword(option: Option, rest: str) -> tuple[str, str]:
    """Cut ` every 15m` out of the words; the last keyword option takes all that follows it."""
    many = option.kind in ("targets", "text") and option.keyword == "for"
    value = r"(.+)$" if many else _LENGTH if option.kind in ("interval", "duration") else r"(\S+)"
    said = option.keyword or ""
    words = _SAID_FOR.get(said, said)
    found = re.search(rf"(?:^|\s)(?:--)?(?:{words})[\s=]+{value}", rest, re.IGNORECASE)
    if found is None:
        return "", rest
    return found[1].strip(), (rest[: found.start()] + " " + rest[found.end() :]).strip()


def _take_flag(option: Option, rest: str) -> tuple[bool, str]:
    """Cut `--fresh` out of the words."""
    words = rest.split(" ")
    kept = [word for word in words if word != option.flag]
    return len(kept) < len(words), " ".join(kept)


def _take_positional(option: Option, rest: str, *, last: bool) -> tuple[str, str]:
    if option.kind in ("text", "schedule", "ports", "targets", "command"):
        return rest, ""
    word, _, after = rest.partition(" ")
    return word, after


def _take_zone(when: str) -> tuple[str, str]:
    """A time zone at the end of a schedule: `every Monday at 09:00 Europe/Madrid`."""
    words = when.split()
    if len(words) > 1 and (
        ("/" in words[-1] and words[-1][0].isalpha()) or words[-1] in ("UTC", "GMT", "CET", "EST")
    ):
        return str(_value(Option(name="timezone", kind="timezone"), words[-1])), " ".join(words[:-1])
    return "", when


def _refuse_missing(command: Command, values: Mapping[str, object]) -> None:
    for option in command.options:
        if option.required and option.name not in values:
            raise BadInput(
                "option-missing", command=command.name, option=option.name, command_key=command.key
            )


def _value(option: Option, text: str) -> object:
    if option.kind in AS_TYPED:
        return text
    from bot.commands.values import read_value

    return read_value(option, text)
