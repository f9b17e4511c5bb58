"""The command catalogue -> Discord's command group, with typed options and both languages. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from adapters.discord import limits
from adapters.discord.inbox import ATTACHMENT, GROUP, SUBCOMMAND
from adapters.discord.markup import shortened
from bot.commands.catalog import COMMANDS
from bot.commands.definition import Command, Kind, Option
from bot.i18n import has, say

Json = dict[str, Any]

NAME = "mailport"
STRING, INTEGER, BOOLEAN = 3, 4, 5
# Spanish of Spain and of Latin America: one translation serves both.
SPANISH = ("es-ES", "es-419")
# 0: installed in a server, 1: by a person. Contexts: 0 a server, 1 a direct message with us, 2 others'.
INSTALLS, CONTEXTS = (0, 1), (0, 1, 2)
LANGUAGE_CHOICES = (("English", "en"), ("Español", "es"))
# Free texts that have a list all the same.
NAMED = frozenset({"program", "time", "vantage"})
_COMPLETED: frozenset[Kind] = frozenset(
    {"target", "targets", "ports", "watch", "id", "timezone", "command", "interval", "duration", "schedule"}
)


def make_tree(*, everywhere: bool = True) -> list[Json]:
    """All commands of the application: one group with the catalogue's words.

    Args:
        everywhere: Not for one server alone, which has neither installations nor contexts.
    """
    shown = [command for command in COMMANDS if command.chat]
    options: list[Json] = []
    for command in shown:
        if len(command.path) == 1:
            options.append(_subcommand(command))
            continue
        group = next((one for one in options if one["name"] == command.path[0]), None)
        if group is None:
            group = _described(command.path[0], f"discord.group.{command.path[0]}")
            group |= {"type": GROUP, "options": []}
            options.append(group)
        group["options"].append(_subcommand(command))
    where = {"integration_types": list(INSTALLS), "contexts": list(CONTEXTS)} if everywhere else {}
    return [{**_described(NAME, "discord.command"), "type": 1, "options": options, **where}]


def tree_hash(tree: Sequence[Json]) -> str:
    """Changes when the commands change; then, and only then, they are registered anew."""
    return hashlib.sha256(json.dumps(tree, sort_keys=True).encode()).hexdigest()


def _described(name: str, key: str) -> Json:
    """Name and description, with what they are in Spanish."""
    described: Json = {
        "name": name,
        "description": shortened(_line("en", key), limits.COMMAND_DESCRIPTION),
        "description_localizations": {
            locale: shortened(_line("es", key), limits.COMMAND_DESCRIPTION) for locale in SPANISH
        },
    }
    spanish = f"discord.name.{name}"
    if has("es", spanish) and say("es", spanish) != name:
        described["name_localizations"] = dict.fromkeys(SPANISH, say("es", spanish))
    return described


def _line(language: str, key: str) -> str:
    return say(language, key).replace("`", "").replace("**", "")


def _subcommand(command: Command) -> Json:
    options = [_option(command, one) for one in command.options if one.kind != "file"]
    if command.form == "text":
        options.append(_file_option())
    # Discord wants those first that must be given.
    options.sort(key=lambda one: not one["required"])
    described = _described(command.path[-1], f"{command.key}.summary")
    return {**described, "type": SUBCOMMAND, "options": options}


def _option(command: Command, option: Option) -> Json:
    made = _described(option.name, f"{command.key}.option-{option.name}")
    made |= {"type": STRING, "required": _must_be_given(command, option)}
    match option.kind:
        case "number":
            made |= {"type": INTEGER, "min_value": 1, "max_value": 100_000}
        case "flag":
            made["type"] = BOOLEAN
        case "choice":
            made["choices"] = [{"name": one, "value": one} for one in option.choices]
        case "language":
            made["choices"] = [{"name": name, "value": value} for name, value in LANGUAGE_CHOICES]
        case kind if kind in _COMPLETED or option.name in NAMED:
            made["autocomplete"] = True
        case _:
            pass
    return made


def _must_be_given(command: Command, option: Option) -> bool:
    """What a form asks for can be left out; `explain` takes its text on the line."""
    return option.required and (option.name != command.form or command.path == ("explain",))


def _file_option() -> Json:
    return {**_described("file", "discord.option-file"), "type": ATTACHMENT, "required": False}


def size_of(command: Json) -> int:
    """Characters of a command as Discord counts them: names, descriptions and values, longest language."""
    longest = _longest(command, "name") + _longest(command, "description")
    longest += sum(
        len(one["name"]) + (len(one["value"]) if isinstance(one["value"], str) else 0)
        for one in command.get("choices", ())
    )
    return longest + sum(size_of(one) for one in command.get("options", ()))


def _longest(command: Json, name: str) -> int:
    translated = (command.get(f"{name}_localizations") or {}).values()
    return max(len(one) for one in (command.get(name, ""), *translated))
