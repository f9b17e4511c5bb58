"""`help` and `why`: what there is, and why something is refused. All of it follows from the catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from bot.cards.model import (
    Block,
    Bullets,
    Button,
    Card,
    Facts,
    Heading,
    Note,
    Paragraph,
    Reply,
    Span,
    Text,
    rich,
)
from bot.commands.catalog import COMMANDS, GROUPS, command_of, english_group
from bot.commands.definition import Call, Command
from bot.commands.permission import may
from bot.errors import NotFound
from bot.i18n import say, template

# What a newcomer needs first, in this order.
_FIRST = (("ask",), ("port",), ("check",), ("explain",))


async def help_(call: Call) -> Reply:
    """All commands, or one in detail."""
    wanted = call.get("command", str)
    if wanted is None:
        return _reply(_overview_card(call))
    words = wanted.lower().split()
    command = command_of(words)
    if command is not None and len(words) == len(command.path):
        return _reply(_command_card(command, call.language))
    if len(words) == 1 and english_group(words[0]) in GROUPS:
        return _reply(_group_card(english_group(words[0]), call.language))
    raise NotFound("command-unknown", word=wanted[:40])


def _reply(card: Card) -> Reply:
    return Reply(card=card, document=_document())


@cache
def _document() -> Mapping[str, object]:
    """All commands as `mailport.help/1`, always in English; most of what a help cost before it was kept."""
    return {"schema": "mailport.help/1", "commands": [_row_of_document(one) for one in COMMANDS]}


def _row_of_document(command: Command) -> dict[str, object]:
    return {
        "command": command.name,
        "summary": say("en", f"{command.key}.summary"),
        "example": say("en", f"{command.key}.example"),
        "options": [{"name": option.name, "required": option.required} for option in command.options],
    }


def _overview_card(call: Call) -> Card:
    language = call.language
    shown = [command for command in COMMANDS if command.chat]
    if call.request.place.platform == "web":  # nobody is trusted there: what changes things is no offer
        shown = [command for command in shown if not command.changes and command.path != ("audit",)]
    first = [command for command in shown if command.path in _FIRST]
    rest = [command for command in shown if command.path not in _FIRST]
    blocks: list[Block] = [
        Paragraph(rich(template(language, "help.intro"))),
        Facts(tuple(_row(command, language) for command in first)),
        Heading(say(language, "help.more")),
        Facts(tuple(_row(command, language) for command in rest)),
        Note(rich(template(language, f"help.where-{call.request.place.platform}"))),
    ]
    buttons = tuple(
        Button(label=say(language, f"help.try-{number}"), command=say(language, f"help.try-{number}"))
        for number in (1, 2, 3)
    )
    return Card(
        title=say(language, "help.title"),
        blocks=tuple(blocks),
        buttons=buttons,
        summary=say(language, "help.summary"),
        language=language,
    )


def _row(command: Command, language: str) -> tuple[str, Text]:
    return command.name, (Span(template(language, f"{command.key}.summary")),)


def _group_card(group: str, language: str) -> Card:
    rows = tuple(_row(command, language) for command in COMMANDS if command.path[0] == group)
    return Card(
        title=group, blocks=(Facts(rows),), summary=", ".join(name for name, _ in rows), language=language
    )


@cache
def _command_card(command: Command, language: str) -> Card:
    summary = template(language, f"{command.key}.summary")
    options = tuple(
        (Span(option.name, "code"), Span(f"  {template(language, f'{command.key}.option-{option.name}')}"))
        + (() if option.required else (Span(f" ({say(language, 'help.optional')})"),))
        for option in command.options
        if option.kind != "file"
    )
    blocks: list[Block] = [Paragraph((Span(summary),))]
    if options:
        blocks.append(Bullets(options))
    example = template(language, f"{command.key}.example")
    blocks.append(Note((Span(say(language, "help.example") + " "), Span(example, "code"))))
    return Card(title=command.name, blocks=tuple(blocks), summary=summary, language=language)


async def why(call: Call) -> Reply:
    """Say whether this person may run a command here, by which rule, and who could change it."""
    language = call.language
    wanted = (call.get("command", str) or "").lower().replace("can't i", "").replace("cant i", "").strip()
    path = tuple(wanted.split()[:2])
    commands = (
        [command for command in COMMANDS if command.path[: len(path)] == path] if path else list(COMMANDS)
    )
    if not commands:
        raise NotFound("command-unknown", word=wanted[:40])
    refused = [command.name for command in commands if not may(command, call.request)]
    key = "help.why-may" if not refused else f"help.why-not-{call.request.place.platform}"
    values = {"command": wanted or "…", "refused": ", ".join(refused), "person": call.request.person.id}
    text = rich(template(language, key), values)
    return Reply(card=Card(title="", blocks=(Paragraph(text),), summary="", private=True, language=language))
