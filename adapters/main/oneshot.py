"""One command of the catalogue, run from the command line and printed."""

from __future__ import annotations

import errno
import sys

from adapters.main.arguments import as_typed, texts_of
from bot.commands.definition import Command
from bot.errors import BadInput, MailportError
from bot.model.request import Language, Person, Place, Request
from bot.model.value import replace
from bot.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from typing import Any

    from adapters.main.arguments import Given
    from bot.cards.model import Reply
    from bot.settings import Settings

TERMINAL = Place(platform="terminal", workspace="local", channel="terminal", private=True)
OPERATOR = Person(id="local", name="local", admin=True)
MAX_INPUT = 1_000_000
# A file that these send along is printed alone: `mailport watch export > watches.csv`.
_FILES = (("watch", "export"), ("report", "run"))
# Handlers of these never wait for anything, so no event loop (70 ms of imports) is needed for them.
_LOOPLESS = (("ask",), ("explain",), ("help",), ("why",))


def run_once(command: Command, given: Given, settings: Settings) -> int:
    """Run a command, print its card or its document; returns the exit status."""
    as_json = given.has("--json")
    typed = as_typed(command, given)
    request = Request(
        id="cli",
        place=TERMINAL,
        person=OPERATOR,
        text=typed or "",
        command=None if typed else command.path,
        arguments={} if typed else _texts(command, given),
        language=wished_language(given),
        confirmed=given.has("--yes"),
        lean=True,
    )
    if command.path in _LOOPLESS:
        reply = _finish_without_loop(_answer(request, settings))
    else:
        reply = _run_in_loop(request, settings, quiet=as_json)
    if _is_question(reply):
        reply = _asked(command, request, reply, settings, quiet=as_json)
    _write_files(reply, given)
    _print(reply, as_json=as_json, file_alone=command.path in _FILES)
    return reply.status


def _is_question(reply: Reply) -> bool:
    """Whether it waits for somebody to confirm."""
    return any(button.confirmed for button in reply.card.buttons)


def _asked(command: Command, request: Request, reply: Reply, settings: Settings, *, quiet: bool) -> Reply:
    """Ask on the terminal; a script has to say `--yes`.

    Raises:
        BadInput: `confirm-needed`, `confirm-declined`.
    """
    if not sys.stdin.isatty():
        raise BadInput("confirm-needed", command=f"mailport {command.name}")
    print(f"{reply.card.summary} [y/N]", end=" ", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in ("y", "yes", "s", "si", "sí"):
        raise BadInput("confirm-declined")
    return _run_in_loop(replace(request, confirmed=True), settings, quiet=quiet)


def wished_language(given: Given) -> Language | None:
    """The language of `--lang`."""
    wish = given.options.get("--lang")
    return "es" if wish == "es" else "en" if wish == "en" else None


def _texts(command: Command, given: Given) -> dict[str, str]:
    """The arguments as texts by option name; a text may come from standard input or a file."""
    texts = texts_of(command, given)
    if any(option.name == "text" for option in command.options):
        text = _from_outside(command, texts.get("text"))
        texts = {**texts, "text": text} if text else texts
    return texts


def _from_outside(command: Command, text: str | None) -> str | None:
    """Texts that may come from standard input (`-`) or from a file."""
    if command.path in (("explain",), ("trace",), ("watch", "import")) and text in ("-", None, ""):
        return _standard_input(command)
    if command.path in (("trace",), ("watch", "import")) and text and len(text) < 4096:
        return _file(text, command)
    return text


def _standard_input(command: Command) -> str:
    if sys.stdin.isatty():
        raise BadInput("option-missing", command=command.name, option="text", command_key=command.key)
    text = sys.stdin.buffer.read(MAX_INPUT).decode("utf-8", "replace")
    if not text.strip():
        raise BadInput("input-empty", command=f"mailport {command.name}")
    return text


def _file(name: str, command: Command) -> str:
    """The text of a file of that name; when there is none, what cannot be a name is the text itself.

    Raises:
        BadInput: `file-absent`, `file-unreadable`.
    """
    try:
        with open(name, "rb") as stream:  # noqa: PTH123  # pathlib costs 8 ms of every start
            return stream.read(MAX_INPUT).decode("utf-8", "replace")
    except OSError as problem:
        if problem.errno in (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG) and _is_text(name, command):
            return name
        raise unreadable(name, problem) from None


def unreadable(path: str, problem: OSError) -> BadInput:
    """Why a file that somebody named cannot be read."""
    if problem.errno == errno.ENOENT:
        return BadInput("file-absent", path=path)
    return BadInput("file-unreadable", path=path, why=problem.strerror or str(problem))


def _is_text(words: str, command: Command) -> bool:
    """Whether words that name no file are what is to be read: headers or targets, typed right here."""
    if "\n" in words:
        return True
    if command.path == ("trace",):
        return ":" in words and " " in words
    return "/" not in words and not words.lower().endswith((".csv", ".json", ".txt"))


async def _answer(request: Request, settings: Settings) -> Reply:
    from adapters.main.compose import make_tools
    from bot.dispatch import answer

    return await answer(request, make_tools(settings))


def _finish_without_loop(work: Coroutine[Any, Any, Reply]) -> Reply:
    try:
        work.send(None)
    except StopIteration as finished:
        reply: Reply = finished.value
        return reply
    raise RuntimeError("this command waits for something and needs an event loop")


def _run_in_loop(request: Request, settings: Settings, *, quiet: bool) -> Reply:
    import asyncio

    return asyncio.run(_answer_in_loop(request, settings, quiet=quiet))


async def _answer_in_loop(request: Request, settings: Settings, *, quiet: bool) -> Reply:
    from adapters.main.compose import close_tools, make_tools
    from bot.dispatch import answer
    from bot.ports import silence

    tools = make_tools(settings)
    try:
        if quiet or not sys.stderr.isatty():
            return await answer(request, tools, progress=silence)
        from adapters.terminal.progress import shown_progress

        with shown_progress() as progress:
            return await answer(request, tools, progress=progress)
    finally:
        await close_tools(tools)


def _write_files(reply: Reply, given: Given) -> None:
    """Charts go to the file that `--png` names."""
    name = given.options.get("--png")
    if not name:
        return
    from pathlib import Path

    from adapters.picture import chart_png
    from bot.cards.model import Chart

    charts = [block for block in reply.card.blocks if isinstance(block, Chart)]
    if charts:
        try:
            Path(name).write_bytes(chart_png(charts[0]))
        except OSError as problem:
            raise MailportError("file-unwritable", path=name, why=problem.strerror or str(problem)) from None


def _print(reply: Reply, *, as_json: bool, file_alone: bool = False) -> None:
    failed = reply.document is not None and reply.document.get("schema") == "mailport.error/1"
    if as_json and reply.document is not None:
        import json

        print(json.dumps(reply.document, ensure_ascii=False))
        if failed:
            print(reply.card.summary, file=sys.stderr)
        return
    if file_alone and _print_files(reply):
        return
    from adapters.terminal.show import show_card

    show_card(reply.card, sys.stderr if failed else sys.stdout, reply.document)


def _print_files(reply: Reply) -> bool:
    """Print the files that a card brings along and nothing else; False when it brings none."""
    from bot.cards.model import Attachment

    files = [block for block in reply.card.blocks if isinstance(block, Attachment)]
    for file in files:
        sys.stdout.buffer.write(file.content)
    sys.stdout.buffer.flush()
    return bool(files)
