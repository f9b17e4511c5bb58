"""What Tab offers in `mailport chat`: commands, their options, what is watched, what was looked at before."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Sequence

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

from bot.commands.catalog import BY_PATH, COMMANDS, GROUPS
from bot.commands.definition import Command, Option
from bot.i18n import say

_TARGET_KINDS = ("target", "targets", "watch")
MAX_SHOWN = 30

Words = Callable[[], Awaitable[Sequence[str]]]


class CommandCompleter(Completer):
    """Completes the word under the cursor.

    Args:
        targets: What is watched here and what was looked at, asked for when a target is completed.
    """

    def __init__(self, language: str, targets: Words) -> None:
        self._language = language
        self._targets = targets

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        """Nothing: everything is completed by the asynchronous way."""
        return ()

    async def get_completions_async(
        self, document: Document, complete_event: CompleteEvent
    ) -> AsyncGenerator[Completion, None]:
        """See `Completer.get_completions_async`."""
        before = document.text_before_cursor.lstrip()
        words = before.split()
        typed = "" if not before or before[-1].isspace() else words.pop()
        fitting = [
            (word, meaning)
            for word, meaning in await self._offers(words)
            if word.lower().startswith(typed.lower()) and word != typed
        ]
        for word, meaning in fitting[:MAX_SHOWN]:
            yield Completion(word, start_position=-len(typed), display_meta=meaning)

    async def _offers(self, words: list[str]) -> list[tuple[str, str]]:
        """Words that may come next, each with what it means."""
        if not words:
            return self._first_words()
        if len(words) == 1 and words[0] in GROUPS:
            return [(one.path[1], self._summary(one)) for one in COMMANDS if one.path[0] == words[0]]
        command = BY_PATH.get(tuple(words[:2])) or BY_PATH.get((words[0],))
        if command is None:
            return []
        return await self._arguments(command, words[len(command.path) :])

    def _first_words(self) -> list[tuple[str, str]]:
        offers = {one.path[0]: self._summary(one) for one in COMMANDS if one.chat}
        offers |= {group: "…" for group in GROUPS if group in offers}
        return [*offers.items(), ("exit", "")]

    async def _arguments(self, command: Command, words: list[str]) -> list[tuple[str, str]]:
        offers: list[tuple[str, str]] = []
        positional = [
            one for one in command.options if one.keyword is None and one.kind not in ("flag", "file")
        ]
        last = words[-1].lower() if words else ""
        for option in command.options:
            if option.keyword is not None and option.keyword == last:
                return await self._values(option)
            offers += self._introduced(command, option, words)
        if len(words) < len(positional):
            offers = [*await self._values(positional[len(words)]), *offers]
        return offers

    def _introduced(self, command: Command, option: Option, words: list[str]) -> list[tuple[str, str]]:
        """The word that introduces an option, once and not before the first argument."""
        word = option.keyword or (option.flag if option.kind == "flag" else None)
        if word is None or word in words or not words:
            return []
        return [(word, say(self._language, f"{command.key}.option-{option.name}"))]

    async def _values(self, option: Option) -> list[tuple[str, str]]:
        if option.choices:
            return [(one, "") for one in option.choices]
        if option.kind == "language":
            return [("en", "English"), ("es", "español")]
        if option.kind == "command":
            return [(one.name, self._summary(one)) for one in COMMANDS]
        if option.kind in _TARGET_KINDS or option.name == "target":
            return [(one, "") for one in await self._targets()]
        return []

    def _summary(self, command: Command) -> str:
        return say(self._language, f"{command.key}.summary")
