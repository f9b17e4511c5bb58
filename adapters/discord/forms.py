"""Forms (modals): one per command that needs a long text, and one to add a watch. Pure."""

from __future__ import annotations

from typing import Any

from adapters.discord import limits
from adapters.discord.buttons import form_id
from adapters.discord.markup import shortened
from bot.commands.catalog import BY_PATH
from bot.commands.definition import Command, Option
from bot.i18n import has, say

Json = dict[str, Any]

LABEL, TEXT_INPUT = 18, 4
SHORT, LONG = 1, 2
# An input takes 4,000 characters at most; headers of a message are often longer.
TEXT_PARTS = 3


def make_form(language: str, path: tuple[str, ...]) -> Json:
    """The form of a command."""
    command = BY_PATH[path]
    key = f"discord.form.title-{'-'.join(path)}"
    title = say(language, key) if has(language, key) else command.name
    return {
        "custom_id": form_id(path),
        "title": shortened(title, limits.MODAL_TITLE),
        "components": [one for option in command.form_options for one in _inputs(language, command, option)],
    }


def _inputs(language: str, command: Command, option: Option) -> list[Json]:
    long = option.name == command.form
    label = say(language, f"{command.key}.option-{option.name}")
    made = []
    for part in range(TEXT_PARTS if long else 1):
        shown = say(language, "discord.form.continued", label=label, part=part + 1) if part else label
        made.append(
            {
                "type": LABEL,
                "label": shortened(shown, limits.MODAL_LABEL),
                "component": {
                    "type": TEXT_INPUT,
                    "custom_id": f"{option.name}.{part}",
                    "style": LONG if long else SHORT,
                    "required": option.required and not part,
                    "max_length": limits.MODAL_TEXT if long else 300,
                },
            }
        )
    return made
