"""docs/slack.md says what the program says."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from adapters.conversation import pause
from adapters.slack import manifest, outbound, web
from bot.commands.catalog import BY_PATH
from bot.commands.parse import find_command
from bot.i18n import say
from bot.settings import SETTINGS, Settings

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "docs/slack.md").read_text("utf-8")
WORDS = re.findall(r"`([^`\n]+)`", GUIDE)


def begins(key: str, **values: str) -> str:
    """A sentence of the program up to its first details."""
    return say("en", key, **values).partition("{")[0].rstrip(" (")


def test_each_scope_is_named_with_its_reason_and_no_other() -> None:
    rows = re.findall(r"^\| `([a-z.:_]+)` \| (.+) \|$", GUIDE, re.MULTILINE)
    assert dict(rows) == dict(manifest.BOT_SCOPES)


def test_the_manifests_are_the_generated_ones() -> None:
    for path, text in manifest.manifests().items():
        assert path in WORDS
        assert (ROOT / path).read_text("utf-8") == text
    generated = json.loads((ROOT / "deploy/slack-manifest.json").read_text("utf-8"))
    assert [one["command"] for one in generated["features"]["slash_commands"]] == ["/mailport"]
    assert manifest.PLACEHOLDER in WORDS


def test_settings_exist_and_all_of_slacks_are_told() -> None:
    known = {one.name for one in SETTINGS}
    named = {name for words in WORDS for name in re.findall(r"\b(?:MAILPORT|SLACK)_[A-Z_]+\b", words)}
    assert named <= known
    assert {one.name for one in SETTINGS if one.group == "slack"} <= named
    assert f"{Settings().http_host}:{Settings().http_port}" in WORDS


def test_addresses_exist() -> None:
    assert {web.EVENTS, web.INSTALL, web.REDIRECT} <= set(WORDS)
    assert f"{manifest.PLACEHOLDER}{web.INSTALL}" in WORDS


@pytest.mark.parametrize(
    "line",
    [
        say("en", "serve.off-slack"),
        say("en", "slack.status-token", setting="SLACK_BOT_TOKEN", why="invalid_auth").partition(":")[0],
        begins("slack.status-unreachable"),
        say("en", "slack.status-no-way-in").partition(":")[0],
        say("en", "slack.status-disabled").partition(":")[0],
        say("en", "slack.status-crowded").partition(":")[0],
        begins("error.slack-channel-gone"),
        begins("doctor.seen-slack-scopes"),
        say("en", "slack.form.late").partition(".")[0],
    ],
)
def test_lines_are_what_the_program_says(line: str) -> None:
    assert any(words.startswith(line) for words in WORDS), line


def test_commands_are_understood() -> None:
    typed = [words for words in WORDS if words.startswith(("/mailport ", "@Mailport ", "!mailport "))]
    assert len(typed) >= 6
    for words in typed:
        command, _ = find_command(words.split(" ", 1)[1])
        assert command.path in BY_PATH
        assert command.path != ("ask",) or "which port" in words


def test_figures_are_the_programs() -> None:
    assert f"at most every {pause.LONGEST_S:.0f} s" in GUIDE
    assert outbound.SLOW_PER_SECOND <= 1.0
