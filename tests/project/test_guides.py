"""The guides name commands as they are: every line of their examples is understood."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.commands.parse import parse_request
from bot.model.request import Person, Place, Request
from bot.watches.schedule import parse_schedule

DOCS = Path(__file__).parents[2] / "docs"
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_ROW = re.compile(r"^\| (`[^|]+`) \| (`[^|]+`) \|$", re.MULTILINE)
EXAMPLES = [
    (name, line)
    for name in ("watching.md", "reports.md")
    for language, block in _FENCE.findall((DOCS / name).read_text("utf-8"))
    if not language  # those with one are for a shell
    for line in block.splitlines()
]


@pytest.mark.parametrize(("name", "line"), EXAMPLES)
def test_examples_are_commands(name: str, line: str) -> None:
    place = Place(platform="slack", workspace="slack:T1", channel="C1")
    parsed = parse_request(Request(id="r", place=place, person=Person(id="U1"), text=line))
    assert line.startswith(parsed.command.name), name
    if "when" in parsed.values:
        parse_schedule(str(parsed.values["when"]))


def test_rules_in_words_are_the_cron_beside_them() -> None:
    rows = _ROW.findall((DOCS / "reports.md").read_text("utf-8"))
    assert len(rows) == 6
    for words, crons in rows:
        said, meant = (re.findall(r"`([^`]+)`", cell) for cell in (words, crons))
        assert [parse_schedule(one) for one in said] == (meant * len(said) if len(meant) == 1 else meant)
