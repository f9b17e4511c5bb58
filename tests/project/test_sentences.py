"""Both languages say the same things: same keys, same placeholders, nothing missing, nothing unused."""

from __future__ import annotations

import re

import pytest

from bot.commands.catalog import COMMANDS
from bot.commands.definition import Command, load_handler
from bot.i18n import sentences

_SLOT = re.compile(r"\{([a-z_0-9]+)\}")


def test_both_languages_have_the_same_keys() -> None:
    assert sentences("en").keys() == sentences("es").keys()


@pytest.mark.parametrize("key", sorted(sentences("en")))
def test_both_languages_have_the_same_placeholders(key: str) -> None:
    assert set(_SLOT.findall(sentences("en")[key])) == set(_SLOT.findall(sentences("es")[key]))


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_command_has_its_sentences_and_its_handler(command: Command) -> None:
    for language in ("en", "es"):
        keys = [f"{command.key}.summary", f"{command.key}.example"]
        keys += [f"{command.key}.option-{option.name}" for option in command.options]
        assert all(sentences(language).get(key) for key in keys)
    assert callable(load_handler(command))


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_example_is_understood(command: Command) -> None:
    from bot.commands.parse import parse_request
    from bot.model.request import Person, Place, Request

    place = Place(platform="slack", workspace="slack:T1", channel="C1")
    for language in ("en", "es"):
        example = sentences(language)[f"{command.key}.example"]
        assert (
            parse_request(Request(id="r", place=place, person=Person(id="U"), text=example)).command
            is command
        )
