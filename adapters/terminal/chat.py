"""`mailport chat`: the same conversation as in a channel, in the terminal.

On a terminal it has history and completion (prompt_toolkit); otherwise it reads lines from standard
input, which is what scripts and tests use. Buttons of a card are numbered: typing the number presses it.
Ctrl-C stops what is under way or clears the line; Ctrl-D, `exit` and the end of input leave.
"""

from __future__ import annotations

import asyncio
import signal
import sys
import uuid
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from adapters.terminal.lines import lines_of
from adapters.terminal.show import show_card
from bot.cards.model import Button, Card
from bot.cards.plaintext import harmless
from bot.dispatch import answer
from bot.errors import MailportError
from bot.i18n import say
from bot.model.request import Language, Person, Place, Request
from bot.ports import Progress, Tools, silence

_PLACE = Place(platform="terminal", workspace="local", channel="terminal", private=True)
_PERSON = Person(id="local", name="local", admin=True)
_GOODBYE = frozenset({"exit", "quit", "bye", "salir", "adiós", "adios", ":q"})
MAX_REMEMBERED = 200


class Conversation:
    """One conversation and what it remembers."""

    def __init__(self, tools: Tools, wish: Language | None) -> None:
        self._tools = tools
        self._wish = wish
        self._language = wish or tools.settings.language
        self._buttons: tuple[Button, ...] = ()
        self._looked_at: dict[str, None] = {}

    async def talk(self, history_file: Path | None) -> None:
        """Talk until the asker leaves."""
        print(say(self._language, "chat.welcome"), flush=True)
        async for line in self._lines(history_file):
            text = line.strip()
            if text.lower() in _GOODBYE:
                break
            if text:
                await self._stoppable(text)
        print(say(self._language, "chat.goodbye"), flush=True)

    async def _stoppable(self, text: str) -> None:
        """Answer one line; on a terminal Ctrl-C stops the answer, not the conversation."""
        turn = asyncio.ensure_future(self._turn(text))
        with _interrupts(turn):
            try:
                await turn
            except asyncio.CancelledError:
                if not turn.cancelled() or not sys.stdin.isatty():
                    raise
                print(say(self._language, "chat.stopped"), flush=True)

    async def _turn(self, text: str) -> None:
        confirmed = False
        if text.isascii() and text.isdigit() and 1 <= int(text[:4]) <= len(self._buttons):
            pressed = self._buttons[int(text[:4]) - 1]
            text, confirmed = pressed.command, pressed.confirmed
            print(f"> {harmless(text)}", flush=True)
        request = Request(
            id=uuid.uuid4().hex[:12],
            place=_PLACE,
            person=_PERSON,
            text=text,
            language=self._wish,
            confirmed=confirmed,
        )
        card = await self._card(request)
        show_card(card, sys.stdout)
        for number, button in enumerate(card.buttons, 1):
            print(f"  [{number}] {_named(button)}")
        print(flush=True)
        self._buttons = card.buttons
        self._remember(text)

    async def _card(self, request: Request) -> Card:
        if not sys.stderr.isatty():
            return await self._answer(request, silence)
        from adapters.terminal.progress import shown_progress

        with shown_progress() as progress:
            return await self._answer(request, progress)

    async def _answer(self, request: Request, progress: Progress) -> Card:
        return (await answer(request, self._tools, progress=progress)).card

    def _remember(self, text: str) -> None:
        """Targets that were named, for completion."""
        for word in text.split()[1:4]:
            if "." in word and len(word) < 254 and len(self._looked_at) < MAX_REMEMBERED:
                self._looked_at[word] = None

    async def _targets(self) -> Sequence[str]:
        try:
            stores = await self._tools.stores()
            watched = [str(one.target) for one in await stores.watches.of_workspace(_PLACE.workspace)]
        except MailportError:
            watched = []  # completion is a convenience: the command itself will say what is wrong
        return sorted({*watched, *self._looked_at})

    async def _lines(self, history_file: Path | None) -> AsyncIterator[str]:
        if not sys.stdin.isatty():
            async for line in lines_of(sys.stdin.fileno()):
                yield line
            return
        from prompt_toolkit import PromptSession
        from prompt_toolkit.history import FileHistory, InMemoryHistory

        from adapters.terminal.complete import CommandCompleter

        history = FileHistory(str(history_file)) if history_file else InMemoryHistory()
        completer = CommandCompleter(self._language, self._targets)
        session: PromptSession[str] = PromptSession(
            history=history, completer=completer, complete_while_typing=False, reserve_space_for_menu=6
        )
        while True:
            try:
                yield await session.prompt_async("mailport> ")
            except KeyboardInterrupt:
                continue  # Ctrl-C clears the line, as in a shell
            except EOFError:
                return


async def chat(tools: Tools, history_file: Path | None, wish: Language | None = None) -> None:
    """Talk until the asker leaves (`exit`, end of input, Ctrl-D).

    Args:
        wish: Answer in this language, whatever the question's.
    """
    await Conversation(tools, wish).talk(history_file)


def _named(button: Button) -> str:
    """A button's label, and the words it stands for where they differ."""
    label, words = harmless(button.label), harmless(button.command)
    return label if words in (label, f"ask {label}") else f"{label}  ({words})"


@contextmanager
def _interrupts(turn: asyncio.Future[None]) -> Iterator[None]:
    """While it lasts, Ctrl-C on a terminal cancels the turn."""
    if not sys.stdin.isatty():
        yield
        return
    loop = asyncio.get_running_loop()
    before = signal.getsignal(signal.SIGINT)
    loop.add_signal_handler(signal.SIGINT, turn.cancel)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGINT)
        signal.signal(signal.SIGINT, before)
