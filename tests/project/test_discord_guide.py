"""docs/discord.md says what the program says."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from adapters.discord import install
from adapters.discord.declare import make_tree
from bot.commands.catalog import BY_PATH
from bot.commands.parse import find_command
from bot.i18n import say
from bot.settings import SETTINGS

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "docs/discord.md").read_text("utf-8")
WORDS = re.findall(r"`([^`\n]+)`", GUIDE)


def begins(key: str, **values: str) -> str:
    """A sentence of the program up to its first details."""
    return say("en", key, **values).partition("{")[0].rstrip(" (")


def test_the_addresses_are_the_generated_ones() -> None:
    assert install.server_address() in WORDS
    assert install.person_address() in WORDS
    generated = json.loads((ROOT / "deploy/discord-install.json").read_text("utf-8"))
    assert generated["server"] == install.server_address()


def test_each_permission_is_named_with_its_reason_and_no_other() -> None:
    table = dict(re.findall(r"\(`(\w+)`\) \| ([^|]+) \|", GUIDE))
    assert table == dict(install.PERMISSIONS)


def test_settings_exist() -> None:
    known = {one.name for one in SETTINGS}
    named = {name for words in WORDS for name in re.findall(r"\b(?:MAILPORT_\w+|DISCORD_TOKEN)\b", words)}
    assert named
    assert named <= known
    assert {one.name for one in SETTINGS if one.group == "discord"} <= named


@pytest.mark.parametrize(
    "line",
    [
        say("en", "serve.off-discord"),
        begins("discord.status-token"),
        begins("discord.status-unreachable"),
        begins("discord.status-intents"),
        begins("discord.status-commands"),
        begins("error.discord-channel-gone"),
        say("en", "discord.may-not-write").partition(",")[0],
    ],
)
def test_lines_are_what_the_program_says(line: str) -> None:
    assert any(words.startswith(line) for words in WORDS), line


@pytest.mark.parametrize(
    "line", ["Discord: connected", "Discord: commands registered", "Discord: in no server yet. Add it: %s"]
)
def test_lines_of_the_log(line: str) -> None:
    sources = "".join(path.read_text("utf-8") for path in (ROOT / "adapters/discord").glob("*.py"))
    assert f'_LOG.info("{line}"' in sources
    assert line.replace("%s", "…") in WORDS


def test_commands_are_in_the_tree() -> None:
    commands = [words.split()[1:] for words in WORDS if words.startswith("/mailport ")]
    assert len(commands) >= 4
    for words in commands:
        path = tuple(words[:2]) if tuple(words[:2]) in BY_PATH else tuple(words[:1])
        node = make_tree()[0]
        for name in path:
            node = next(one for one in node["options"] if one["name"] == name)
        for option in re.findall(r"(\w+):", " ".join(words)):
            assert any(one["name"] == option for one in node["options"]), (path, option)


def test_words_for_mentions_are_understood() -> None:
    mentioned = [words.removeprefix("@Mailport ") for words in WORDS if words.startswith("@Mailport ")]
    assert mentioned
    assert all(find_command(words)[0].path == ("check",) for words in mentioned)
