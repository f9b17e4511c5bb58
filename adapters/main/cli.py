"""Console script `mailport`.

Imports stay lazy on purpose: `ask` and `explain` answer in a blink because neither asyncio nor a
network or database library is loaded for them.
"""

from __future__ import annotations

import gc
import os
import sys

from adapters.main.arguments import OWN_COMMANDS, OWN_FLAGS, find_path, flags_of, read
from adapters.main.environment import load_settings
from adapters.main.streams import mend_streams, tell_unwritable
from bot.commands.catalog import BY_PATH, GROUPS
from bot.errors import BadInput, MailportError
from bot.i18n import LANGUAGES, say
from bot.model.value import replace
from bot.settings import Settings

INTERRUPTED = 130
_STEADY = gc.get_threshold()
_HELP = ("-h", "--help")


def run() -> int:
    """Run the command line with this process's arguments; returns the exit status."""
    # One command makes little garbage and ends soon: looking for it was an eighth of what `ask` costs.
    gc.set_threshold(100_000)
    mend_streams()
    try:
        status = main(sys.argv[1:])
        sys.stdout.flush()
        gc.freeze()  # nor does the end of the process look for any
        return status
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has gone (`mailport ... | head`): nothing to complain about.
        sys.stdout = None  # so that Python's exit does not try once more
        sys.stderr.close()
        return 0
    except OSError as problem:
        return tell_unwritable(problem)


def main(words: list[str]) -> int:
    """Run one command line; returns the exit status."""
    # Known before the settings are: what is wrong with them is told in it.
    language = os.environ.get("MAILPORT_LANG", "")
    language = language if language in LANGUAGES else "en"
    try:
        words, wished = _wished_language(words)
        language = wished or language
        settings = load_settings()
        language = wished or settings.language
        if wished:
            settings = replace(
                settings, language=wished, sources={**settings.sources, "MAILPORT_LANG": "--lang"}
            )
        return _run(words, settings)
    except MailportError as problem:
        # Of serve and worker it is the form of the log, on standard error.
        as_json = "--json" in words and words[0] not in ("serve", "worker")
        return _failed(problem, language, as_json=as_json)


def _failed(problem: MailportError, language: str, *, as_json: bool) -> int:
    """One line on standard error; with `--json` its document on standard output as well."""
    from bot.cards.failure import failure_card

    command_key = problem.details.pop("command_key", None)
    if command_key is not None:
        # As typed here: with the program's name, and without "#", which begins a comment in a shell.
        example = say(language, f"{command_key}.example").replace("#", "")
        problem.details["example"] = f"mailport {example}"
    said = failure_card(problem, language).summary
    if as_json:
        import json

        document = {"schema": "mailport.error/1", "error": problem.key, "message": said}
        print(json.dumps(document, ensure_ascii=False))
    print(said, file=sys.stderr)
    return problem.exit_status


def _wished_language(words: list[str]) -> tuple[list[str], str]:
    """The words, and the language of `--lang`; in front of the command it is taken out.

    Raises:
        BadInput: `language-bad`.
    """
    for number, word in enumerate(words):
        if word == "--":
            break
        if word != "--lang" and not word.startswith("--lang="):
            continue
        together = word.partition("=")[2]
        following = words[number + 1 : number + 2]
        value = together or (following[0] if following else "")
        if not value:
            break  # said with the other options of the command
        if value not in LANGUAGES:
            raise BadInput("language-bad", text=value[:40])
        if number > 0:
            return words, value
        rest = words[1 if together else 2 :]
        end = rest.index("--") if "--" in rest else len(rest)
        return [*rest[:end], "--lang", value, *rest[end:]], value
    return words, ""


def _run(words: list[str], settings: Settings) -> int:
    path, rest = find_path(words)
    before_text = rest[: rest.index("--")] if "--" in rest else rest
    if path and any(word in _HELP for word in before_text):
        return _print_help(list(path), settings)
    if path == ("help",) and "--json" not in rest:
        return _print_help([word for word in rest if not word.startswith("-")][:2], settings)
    if not path:
        return _no_command(rest, settings)
    if path in BY_PATH:
        return _run_command(path, rest, settings)
    if path[0] in OWN_COMMANDS:
        from adapters.main.own_commands import run_own

        gc.set_threshold(*_STEADY)  # most of them stay
        return run_own(path[0], read(f"mailport {path[0]}", OWN_FLAGS[path[0]], rest), settings)
    from adapters.main.usage import subcommand_unknown, unknown_command

    if path[0] not in GROUPS:
        raise unknown_command(words)
    if rest and not rest[0].startswith("-"):
        raise subcommand_unknown(path[0], rest[0])
    known = ", ".join(command[1] for command in BY_PATH if command[0] == path[0])
    raise BadInput("subcommand-missing", group=f"mailport {path[0]}", known=known)


def _print_help(words: list[str], settings: Settings) -> int:
    from adapters.main.usage import help_on

    # `mailport watch nonsense --help` still shows what there is.
    print(help_on(words, settings.language))
    return 0


def _no_command(rest: list[str], settings: Settings) -> int:
    if rest and rest[0] in ("--version", "-V"):
        from importlib.metadata import version

        print(f"mailport {version('mailport')}")
        return 0
    if rest and rest[0] not in (*_HELP, "--lang"):
        raise BadInput("usage", message=rest[0][:60], program="mailport")
    return _print_help([], settings)


def _run_command(path: tuple[str, ...], rest: list[str], settings: Settings) -> int:
    command = BY_PATH[path]
    given = read(f"mailport {command.name}", flags_of(command), rest)
    if path == ("check",) and any(given.has(name) for name in ("--from-file", "--jsonl", "--concurrency")):
        from adapters.main.bulk import check_many

        return check_many(given, settings)
    from adapters.main.oneshot import run_once

    return run_once(command, given, settings)


if __name__ == "__main__":
    raise SystemExit(run())
