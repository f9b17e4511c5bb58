"""`mailport chat`: the same conversation as in a channel, in the terminal.

On a terminal it has history and completion (prompt_toolkit); otherwise it reads lines from standard
input, which is what scripts and tests use. Buttons of a card are numbered: typing the number presses it.
"""

from __future__ import annotations

import sys
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

from adapters.terminal.show import show_card
from bot.cards.model import Button, Card
from bot.commands.catalog import COMMANDS
from bot.dispatch import answer
from bot.i18n import say
from bot.model.request import Person, Place, Request
from bot.ports import Progress, Tools, silence

_PLACE = Place(platform="terminal", workspace="local", channel="terminal", private=True)
_PERSON = Person(id="local", name="local", admin=True)
_GOODBYE = frozenset({"exit", "quit", "bye", "salir", "adiós", "adios"})


async def chat(tools: Tools, history_file: Path | None) -> None:
    """Talk until the asker leaves (`exit`, end of input, Ctrl-D)."""
    language = tools.settings.language
    print(say(language, "chat.welcome"))
    buttons: tuple[Button, ...] = ()
    async for line in _lines(language, history_file):
        text = line.strip()
        if text.lower() in _GOODBYE:
            break
        if text:
            buttons = await _turn(text, buttons, tools)
    print(say(language, "chat.goodbye"))


async def _turn(text: str, buttons: tuple[Button, ...], tools: Tools) -> tuple[Button, ...]:
    """Answer one line; returns the buttons that the next line may press by number."""
    confirmed = False
    if text.isdigit() and 1 <= int(text) <= len(buttons):
        pressed = buttons[int(text) - 1]
        text, confirmed = pressed.command, pressed.confirmed
    request = Request(id=uuid.uuid4().hex[:12], place=_PLACE, person=_PERSON, text=text, confirmed=confirmed)
    if sys.stderr.isatty():
        from adapters.terminal.progress import shown_progress

        with shown_progress() as progress:
            card = await _card(request, tools, progress)
    else:
        card = await _card(request, tools, silence)
    show_card(card, sys.stdout)
    for number, button in enumerate(card.buttons, 1):
        print(f"  [{number}] {button.label}  ({button.command})")
    print(flush=True)
    return card.buttons


async def _card(request: Request, tools: Tools, progress: Progress) -> Card:
    return (await answer(request, tools, progress=progress)).card


async def _lines(language: str, history_file: Path | None) -> AsyncIterator[str]:
    if not sys.stdin.isatty():
        async for line in _piped_lines():
            yield line
        return
    from prompt_toolkit import PromptSession
    from prompt_toolkit.completion import WordCompleter
    from prompt_toolkit.history import FileHistory, InMemoryHistory

    words = WordCompleter([command.name for command in COMMANDS], sentence=True)
    history = FileHistory(str(history_file)) if history_file else InMemoryHistory()
    session: PromptSession[str] = PromptSession(history=history, completer=words)
    while True:
        try:
            yield await session.prompt_async("mailport> ")
        except KeyboardInterrupt:
            continue  # Ctrl-C clears the line, as in a shell
        except EOFError:
            return


async def _piped_lines() -> AsyncIterator[str]:
    """Lines of standard input, without blocking the loop."""
    import asyncio

    while True:
        line = await asyncio.to_thread(sys.stdin.readline)
        if not line:
            return
        yield line
