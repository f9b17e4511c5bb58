"""A ready configuration as a part of the card of settings, and as JSON."""

from __future__ import annotations

from typing import Any

from bot.advice.snippets.account import USER
from bot.advice.snippets.programs import POPULAR, PROGRAMS, Snippet
from bot.cards.model import Block, Button, Card, Code, Heading, Note, Paragraph, Span, rich
from bot.i18n import say, template
from bot.model.value import replace

MAX_COMMAND = 80


def with_snippet(card: Card, snippet: Snippet, language: str) -> Card:
    """The card with the configuration beneath the settings that it is made from."""
    name = snippet.program.name
    blocks: list[Block] = [Heading(say(language, "snippet.heading", program=name))]
    if snippet.missing:
        missing = ", ".join(say(language, f"settings-card.{one}") for one in snippet.missing)
        blocks.append(
            Paragraph(rich(template(language, "snippet.missing"), {"what": missing, "program": name}))
        )
    for file in snippet.files:
        blocks.append(Paragraph((Span(file.name, "code"),)))
        blocks.append(Code(file.text.rstrip("\n"), language=file.language, name=_file_name(file.name)))
    if snippet.files:
        blocks.append(Note(rich(template(language, f"snippet.secret-{snippet.program.kept_in}"))))
    if snippet.left_out:
        blocks.append(Note(rich(template(language, "snippet.left-out"), {"placeholder": USER})))
    # Settings, then the configuration, then what else there is to say.
    at = 1 if card.blocks else 0
    return replace(card, blocks=(*card.blocks[:at], *blocks, *card.blocks[at:]))


def _file_name(name: str) -> str:
    """A plain file name, for platforms that send long code as a file."""
    last = name.rstrip("/").rpartition("/")[2].lstrip(".~")
    return last if "." in last else f"{last or 'mailport'}.txt"


def with_programs(card: Card, target: str, language: str) -> Card:
    """The card with a button for each popular program, and the list of all."""
    known = ", ".join(program.id for program in PROGRAMS)
    hint = Note(rich(template(language, "snippet.more"), {"target": target, "known": known}))
    return replace(card, blocks=(*card.blocks, hint), buttons=(*card.buttons, *_program_buttons(target)))


def _program_buttons(target: str) -> tuple[Button, ...]:
    """A button for each popular program."""
    names = {program.id: program.name for program in PROGRAMS}
    commands = [(names[id_], f"port {target} for {id_}") for id_ in POPULAR]
    return tuple(
        Button(label=name, command=command)
        for name, command in commands
        if len(command.encode()) <= MAX_COMMAND
    )


def snippet_document(snippet: Snippet) -> dict[str, Any]:
    """The configuration as JSON."""
    return {
        "program": snippet.program.id,
        "name": snippet.program.name,
        "files": [{"name": file.name, "text": file.text} for file in snippet.files],
        "missing": list(snippet.missing),
    }
